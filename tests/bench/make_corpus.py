#!/usr/bin/env python3
"""Write a reproducible corpus of inbound support mail.

Output directory layout:

  msg/000001.eml ...   one RFC 5322 message per file (LF line ends, or CRLF)
  Maildir/new/...      the same files as hard links, with --maildir
  manifest.jsonl       one JSON object per message, in order of arrival

Kinds of message (shares of the whole, changeable by option):

  new        a customer opens a case
  reply      a customer writes again about an earlier case; three sub-kinds:
               tag    answers the acknowledgement, subject tag kept
               ackref answers the acknowledgement, subject tag lost
               own    follows up on his own first mail, no tag
  autoreply  a vacation notice sent in answer to an acknowledgement
  dsn        a delivery failure report about an acknowledgement

A real acknowledgement does not exist yet when the corpus is written.  So each
case N is given a stand-in subject tag and a stand-in acknowledgement id, both
plain ASCII and never folded:

  [bench.invalid #N]         <ack-N@bench.invalid>

With --authserv-id every message (but a dsn) carries the border's word that the
domain of its From is proven; with --unique each case has a customer of its
own.  Both keep the limits on acknowledgements from holding any back.

The same options and seed give the same bytes (Python 3.9 or newer).
"""

import argparse
import base64
import json
import os
import quopri
import random
import statistics
import time

LANGUAGES = {
    # language: (weight, charsets with weights, words, openings, names)
    "ru": (
        30,
        (("utf-8", 5), ("koi8-r", 2), ("windows-1251", 3)),
        "заказ доставка оплата счёт возврат карта приложение пароль вход ошибка "
        "номер договор сумма перевод банк склад курьер адрес телефон письмо ответ "
        "сегодня вчера завтра снова почему когда нужно можно просим проверить "
        "отправить получить вернуть срочно клиент менеджер система страница сайт "
        "кнопка файл документ подпись тариф услуга месяц день неделя работает "
        "не и в на с по для от до без после через очень уже ещё только".split(),
        ("Здравствуйте!", "Добрый день,", "Уважаемая служба поддержки,"),
        ("Иван Петров", "Мария Соколова", "Олег Кузнецов", "Анна Лебедева"),
    ),
    "uz": (
        18,
        (("utf-8", 1),),
        "buyurtma yetkazib berish to‘lov hisob qaytarish karta ilova parol kirish "
        "xato raqam shartnoma summa o‘tkazma bank ombor manzil telefon xat javob "
        "bugun kecha ertaga yana nima uchun qachon kerak mumkin iltimos tekshirish "
        "yuborish olish shoshilinch mijoz tizim sahifa sayt tugma fayl hujjat tarif "
        "xizmat oy kun hafta ishlamayapti va bilan uchun emas juda faqat".split(),
        ("Assalomu alaykum,", "Hurmatli mutaxassislar,", "Salom!"),
        ("Aziz Karimov", "Dilnoza Yusupova", "Sherzod To‘rayev", "Gulnora Rahimova"),
    ),
    "kk": (
        12,
        (("utf-8", 1),),
        "тапсырыс жеткізу төлем шот қайтару карта қосымша құпиясөз кіру қате нөмір "
        "шарт сома аударым банк қойма мекенжай телефон хат жауап бүгін кеше ертең "
        "тағы неге қашан керек болады өтінеміз тексеру жіберу алу шұғыл тұтынушы "
        "жүйе бет сайт түйме файл құжат тариф қызмет ай күн апта істемейді және "
        "мен үшін емес өте тек".split(),
        ("Сәлеметсіз бе!", "Құрметті қолдау қызметі,", "Қайырлы күн,"),
        ("Айгүл Нұрланова", "Ерлан Сәрсенов", "Динара Әбенова", "Нұрсұлтан Қасымов"),
    ),
    "az": (
        12,
        (("utf-8", 1),),
        "sifariş çatdırılma ödəniş hesab qaytarma kart tətbiq şifrə giriş səhv nömrə "
        "müqavilə məbləğ köçürmə bank anbar ünvan telefon məktub cavab bu gün dünən "
        "sabah yenə niyə nə vaxt lazımdır olar xahiş edirik yoxlamaq göndərmək almaq "
        "təcili müştəri sistem səhifə sayt düymə fayl sənəd tarif xidmət ay gün həftə "
        "işləmir və ilə üçün deyil çox yalnız".split(),
        ("Salam,", "Hörmətli dəstək xidməti,", "Sabahınız xeyir,"),
        ("Elçin Məmmədov", "Günel Əliyeva", "Rəşad Hüseynov", "Nigar Quliyeva"),
    ),
    "tr": (
        14,
        (("utf-8", 4), ("iso-8859-9", 3), ("windows-1254", 3)),
        "sipariş teslimat ödeme fatura iade kart uygulama şifre giriş hata numara "
        "sözleşme tutar havale banka depo adres telefon mektup cevap bugün dün yarın "
        "yine neden ne zaman gerek olur rica ederiz kontrol göndermek almak acil "
        "müşteri sistem sayfa site düğme dosya belge tarife hizmet ay gün hafta "
        "çalışmıyor ve ile için değil çok sadece ığdır üçüncü şöyle".split(),
        ("Merhaba,", "Sayın yetkili,", "İyi günler,"),
        ("Ayşe Yılmaz", "Mehmet Öztürk", "Şule Çelik", "İbrahim Doğan"),
    ),
    "en": (
        14,
        (("us-ascii", 4), ("utf-8", 4), ("iso-8859-1", 1), ("windows-1252", 1)),
        "order delivery payment invoice refund card application password login error "
        "number contract amount transfer bank warehouse address phone letter answer "
        "today yesterday tomorrow again why when need can please check send receive "
        "urgent customer system page site button file document plan service month day "
        "week not working and with for the a of to in very only since after".split(),
        ("Hello,", "Dear support team,", "Good morning,"),
        ("Alice Brown", "Peter Novak", "Susan Clark", "Tom Baker"),
    ),
}

REPLY_PREFIX = {"ru": "Re:", "uz": "Re:", "kk": "Re:", "az": "Re:", "tr": "Ynt:", "en": "RE:"}
VACATION = {
    "ru": "Я в отпуске и отвечу после возвращения.",
    "uz": "Men ta’tildaman, qaytgach javob beraman.",
    "kk": "Мен демалыстамын, оралған соң жауап беремін.",
    "az": "Məzuniyyətdəyəm, qayıdandan sonra cavab verəcəyəm.",
    "tr": "İzindeyim, dönünce cevap vereceğim.",
    "en": "I am away and will answer when I am back.",
}
ATTACHMENTS = (
    ("image/jpeg", "jpg"),
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("image/png", "png"),
)
SUPPORT = "support@desk.invalid"
START = 1767600000  # 2026-01-05 08:00:00 UTC


def weighted(rng, pairs):
    return rng.choices([p[0] for p in pairs], [p[1] for p in pairs])[0]


def encode(text, charset):
    return text.encode(charset, "replace")


def header_text(text, charset):
    """Encode unstructured text as RFC 2047 words, folded, when not ASCII."""
    if text.isascii():
        return text
    words, piece = [], ""
    for ch in text:
        if len(base64.b64encode(encode(piece + ch, charset))) > 48:
            words.append(piece)
            piece = ""
        piece += ch
    words.append(piece)
    return "\n ".join(
        "=?%s?B?%s?=" % (charset, base64.b64encode(encode(w, charset)).decode())
        for w in words
    )


def date_text(stamp, offset_hours):
    t = time.gmtime(stamp + offset_hours * 3600)
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return "%s, %02d %s %d %02d:%02d:%02d %+03d00" % (
        days[t.tm_wday], t.tm_mday, months[t.tm_mon - 1], t.tm_year,
        t.tm_hour, t.tm_min, t.tm_sec, offset_hours)


def write_text(rng, lang, size):
    """Lines of made-up text of about `size` bytes in UTF-8."""
    words, lines, total = LANGUAGES[lang][2], [], 0
    while total < size:
        line = []
        width = rng.randint(50, 72)
        while sum(len(w) + 1 for w in line) < width:
            line.append(rng.choice(words))
        text = " ".join(line)
        text = text[0].upper() + text[1:] + "."
        lines.append(text)
        total += len(text.encode()) + 1
        if rng.random() < 0.2:
            lines.append("")
    return lines


def transfer(rng, data):
    """Pick a content transfer encoding; return (name, encoded bytes)."""
    if all(b < 128 for b in data):
        return "7bit", data
    name = weighted(rng, (("base64", 5), ("quoted-printable", 3), ("8bit", 2)))
    if name == "base64":
        return name, base64.encodebytes(data)
    if name == "quoted-printable":
        return name, quopri.encodestring(data)
    return name, data


def text_part(rng, lines, charset, subtype="plain"):
    data = encode("\n".join(lines) + "\n", charset)
    cte, body = transfer(rng, data)
    head = "Content-Type: text/%s; charset=%s\nContent-Transfer-Encoding: %s\n" % (
        subtype, charset, cte)
    return head.encode(), body


def html_lines(lines):
    out = ["<html><head><style>p{margin:0;font-family:sans-serif}</style></head><body>"]
    for line in lines:
        text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        out.append('<p class="MsoNormal"><span style="font-size:11.0pt">%s</span></p>'
                   % (text or "&nbsp;"))
    out.append("</body></html>")
    return out


def multipart(rng, subtype, parts, extra=""):
    mark = "=_%032x" % rng.getrandbits(128)
    head = 'Content-Type: multipart/%s;%s\n boundary="%s"\n' % (subtype, extra, mark)
    body = b""
    for part_head, part_body in parts:
        body += b"--" + mark.encode() + b"\n" + part_head + b"\n" + part_body
        if not part_body.endswith(b"\n"):
            body += b"\n"
    return head.encode(), body + b"--" + mark.encode() + b"--\n"


def attachment(rng, number):
    ctype, ext = rng.choice(ATTACHMENTS)
    data = rng.randbytes(rng.randint(50_000, 500_000))
    head = ('Content-Type: %s; name="file-%d.%s"\n'
            'Content-Disposition: attachment; filename="file-%d.%s"\n'
            "Content-Transfer-Encoding: base64\n" % (ctype, number, ext, number, ext))
    return head.encode(), base64.encodebytes(data), len(data)


class Corpus:
    def __init__(self, opts):
        self.rng = random.Random(opts.seed)
        self.opts = opts
        self.roots = []
        self.people = []
        langs = [(lang, spec[0]) for lang, spec in LANGUAGES.items()]
        for i in range(opts.customers):
            lang = weighted(self.rng, langs)
            name = self.rng.choice(LANGUAGES[lang][4])
            self.people.append((name, "user%04d@example.%s" % (
                i, self.rng.choice(("com", "net", "org"))), lang))

    def plan(self):
        """The kind of every message, in order of arrival."""
        o, n = self.opts, self.opts.count
        kinds = (["reply"] * round(n * o.replies) + ["autoreply"] * round(n * o.autoreplies)
                 + ["dsn"] * round(n * o.dsn))
        kinds += ["new"] * (n - len(kinds))
        self.rng.shuffle(kinds)
        # An answer needs an earlier case: the first few messages are new.
        lead = min(20, n)
        for i in range(lead):
            if kinds[i] != "new":
                j = next((j for j in range(lead, n) if kinds[j] == "new"), None)
                if j is None:
                    kinds[i] = "new"
                else:
                    kinds[i], kinds[j] = kinds[j], kinds[i]
        return kinds

    def message(self, number, kind):
        rng = self.rng
        root = None if kind == "new" else rng.choice(self.roots[-300:])
        name, addr, lang = root["who"] if root else rng.choice(self.people)
        if self.opts.unique and not root:
            addr = addr.replace("user", "case%d-%06d." % (self.opts.seed, number))
        charset = weighted(rng, LANGUAGES[lang][1])
        mid = "<%d.%016x@%s>" % (number, rng.getrandbits(64), addr.split("@")[1])
        how = None
        stamp = START + number * 97 + rng.randint(0, 60)
        head = ["Return-Path: <%s>" % ("" if kind == "dsn" else addr),
                "Received: from mx.example.net (mx.example.net [192.0.2.%d])\n"
                "\tby mail.bench.invalid with ESMTPS id %08x\n\tfor <%s>; %s"
                % (rng.randint(1, 254), rng.getrandbits(32), SUPPORT, date_text(stamp + 2, 0))]
        if self.opts.authserv_id and kind != "dsn":
            head.insert(1, "Authentication-Results: %s; dmarc=pass header.from=%s"
                        % (self.opts.authserv_id, addr.split("@")[1]))
        row = {"n": number, "kind": kind, "from": addr, "message_id": mid, "lang": lang,
               "charset": charset, "attachment": 0, "html": False}

        if kind == "new":
            subject = " ".join(rng.choices(LANGUAGES[lang][2], k=rng.randint(3, 8)))
            refs = []
        else:
            subject = root["subject"]
            tag = "[bench.invalid #%d]" % root["n"]
            ack = "<ack-%d@bench.invalid>" % root["n"]
            row["root"], row["tag"], row["ack_id"] = root["n"], tag, ack

        if kind == "reply":
            how = weighted(rng, (("tag", 5), ("ackref", 3), ("own", 2)))
            row["how"] = how
            refs = [root["mid"]] if how == "own" else [root["mid"], ack]
            prefix = REPLY_PREFIX[lang] + (" %s" % tag if how == "tag" else "")
            subject_head = prefix + " " + header_text(subject, charset)
        elif kind == "autoreply":
            refs = [root["mid"], ack]
            subject_head = "Automatic reply: %s %s" % (tag, header_text(subject, charset))
        elif kind == "dsn":
            refs, subject_head = [], "Undelivered Mail Returned to Sender"
        else:
            subject_head = header_text(subject, charset)

        sender = ("MAILER-DAEMON@mx.example.net (Mail Delivery System)" if kind == "dsn"
                  else "%s <%s>" % (header_text(name, charset), addr))
        zone = {"ru": 3, "uz": 5, "kk": 5, "az": 4, "tr": 3, "en": 0}[lang]
        head += ["From: " + sender, "To: " + SUPPORT, "Subject: " + subject_head,
                 "Date: " + date_text(stamp, zone), "Message-ID: " + mid]
        if refs:
            head += ["In-Reply-To: " + refs[-1], "References: " + "\n ".join(refs)]
        if kind in ("autoreply", "dsn"):
            head.append("Auto-Submitted: auto-replied")
        head += ["MIME-Version: 1.0"]

        if kind == "dsn":
            part_head, body = self.dsn_body(root, addr)
        elif kind == "autoreply":
            part_head, body = text_part(rng, [VACATION[lang]], charset)
            row["text_bytes"] = len(VACATION[lang].encode())
        else:
            part_head, body = self.text_body(number, kind, root, lang, charset, name, row)
        raw = "\n".join(head).encode() + b"\n" + part_head + b"\n" + body

        if kind == "new":
            self.roots.append({"n": number, "who": (name, addr, lang), "subject": subject,
                               "mid": mid, "lines": self.last_lines})
            del self.roots[:-400]
        row["bytes"] = len(raw)
        return raw, row

    def text_body(self, number, kind, root, lang, charset, name, row):
        rng = self.rng
        size = min(80_000, max(200, rng.lognormvariate(8.82, 0.8)))
        if kind == "reply":  # part of the size is the quoted first mail
            lines = write_text(rng, lang, size * 0.4)
            quoted = root["lines"][: max(3, int(size * 0.6 / 90))]
            lines = lines + ["", "--", name, ""] + ["> " + q for q in quoted]
        else:
            lines = [rng.choice(LANGUAGES[lang][3]), ""] + write_text(rng, lang, size)
            lines += ["", "--", name]
        self.last_lines = lines[:200]
        row["text_bytes"] = len("\n".join(lines).encode())
        part = text_part(rng, lines, charset)
        if rng.random() < self.opts.html:
            row["html"] = True
            part = multipart(rng, "alternative",
                             [part, text_part(rng, html_lines(lines), charset, "html")])
        if rng.random() < self.opts.attachments / (1 - self.opts.autoreplies - self.opts.dsn):
            head, data, row["attachment"] = attachment(rng, number)
            part = multipart(rng, "mixed", [part, (head, data)])
        return part

    def dsn_body(self, root, addr):
        notice = ("This is the mail system at host mx.example.net.\n\n"
                  "The message below could not be delivered.\n\n"
                  "<%s>: host unknown\n" % addr).encode()
        status = ("Reporting-MTA: dns; mx.example.net\n\n"
                  "Final-Recipient: rfc822; %s\nAction: failed\nStatus: 5.1.1\n"
                  "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n" % addr).encode()
        original = ("From: %s\nTo: %s\nSubject: [bench.invalid #%d] received\n"
                    "Message-ID: <ack-%d@bench.invalid>\n"
                    "Auto-Submitted: auto-replied\n" % (SUPPORT, addr, root["n"], root["n"])
                    ).encode()
        return multipart(self.rng, "report", [
            (b"Content-Type: text/plain; charset=us-ascii\n", notice),
            (b"Content-Type: message/delivery-status\n", status),
            (b"Content-Type: text/rfc822-headers\n", original),
        ], " report-type=delivery-status;")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("out", help="directory to write (must not exist)")
    p.add_argument("--count", type=int, default=2000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--customers", type=int, default=400)
    p.add_argument("--replies", type=float, default=0.40)
    p.add_argument("--autoreplies", type=float, default=0.05)
    p.add_argument("--dsn", type=float, default=0.03)
    p.add_argument("--html", type=float, default=0.45, help="share with an HTML part")
    p.add_argument("--attachments", type=float, default=0.10, help="share of all messages")
    p.add_argument("--authserv-id", help="add an authentication result of this server")
    p.add_argument("--unique", action="store_true", help="a customer of its own for each case")
    p.add_argument("--crlf", action="store_true", help="CRLF line ends, as on the wire")
    p.add_argument("--maildir", action="store_true", help="also link into Maildir/new")
    opts = p.parse_args()

    os.makedirs(os.path.join(opts.out, "msg"))
    if opts.maildir:
        for d in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(opts.out, "Maildir", d))
    corpus = Corpus(opts)
    rows = []
    with open(os.path.join(opts.out, "manifest.jsonl"), "w", encoding="utf-8") as manifest:
        for number, kind in enumerate(corpus.plan(), 1):
            raw, row = corpus.message(number, kind)
            if opts.crlf:
                raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            row["file"] = "msg/%06d.eml" % number
            path = os.path.join(opts.out, row["file"])
            with open(path, "wb") as f:
                f.write(raw)
            if opts.maildir:
                os.link(path, os.path.join(
                    opts.out, "Maildir", "new", "%d.M%d.bench" % (START + number, number)))
            manifest.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
            rows.append(row)

    texts = [r["text_bytes"] for r in rows if r["kind"] in ("new", "reply")]
    kinds = {}
    for r in rows:
        key = r["kind"] + ("/" + r["how"] if "how" in r else "")
        kinds[key] = kinds.get(key, 0) + 1
    print("messages %d, total %.1f MB, text median %d B, p95 %d B, attachments %d, html %d"
          % (len(rows), sum(r["bytes"] for r in rows) / 1e6, statistics.median(texts),
             sorted(texts)[int(len(texts) * 0.95)],
             sum(1 for r in rows if r["attachment"]), sum(1 for r in rows if r["html"])))
    print(", ".join("%s %d" % kv for kv in sorted(kinds.items())))


if __name__ == "__main__":
    main()
