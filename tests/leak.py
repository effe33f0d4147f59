"""THREATS 7: generated agents' mails, as many programs write them, that carry
notes, colleagues' names, private header fields, signatures and quoted internals
along. Every such word is marked; of what has left for customers not one octet,
raw or decoded, may hold the mark. What the agent says himself must arrive, or
he must hear that it was held. Run by leak.t.
"""
import base64
import email
import email.policy
import html
import json
import os
import quopri
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import Tap  # noqa: E402

MAILS = 300
TICKETS = 30
MARK = "zqleak"  # in every word that must stay inside
SEED = 20261123
AGENTS = ["ann@shop.example", "bob@shop.example"]
CONF = """\
[gateway]
state-dir = state
default-language = en
authserv-id = mx.shop.example
[mailbox support]
address = support@shop.example
name = Shop support
queue = general
[queue general]
agents = %s
[smtp]
server = smtp://127.0.0.1:9
""" % ", ".join(AGENTS)


class Site:
    def __init__(self, folder):
        os.makedirs(folder)
        self.conf = os.path.join(folder, "javob.conf")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(CONF)
        os.chmod(self.conf, 0o600)
        self.clock = 1795410000
        self.javob("init", folder)

    def javob(self, *words, octets=b""):
        done = subprocess.run(
            [os.environ["JAVOB"], "-c", self.conf, *words], input=octets,
            capture_output=True, timeout=300, check=False,
            env=dict(os.environ, JAVOB_CLOCK=str(self.clock)))
        if done.returncode != 0:
            raise RuntimeError("javob %s: exit %d: %s" % (
                " ".join(words), done.returncode, done.stderr.decode()))
        return done.stdout

    def deliver(self, octets):
        self.javob("deliver", "--mailbox", "support",
                   octets=octets.replace(b"\r\n", b"\n"))

    def letters(self):
        text = self.javob("queue", "list", "--all", "--json").decode()
        return [json.loads(line) for line in text.splitlines()]

    def octets(self, letter):
        return self.javob("queue", "show", str(letter["id"]), "--raw")


# --- what must stay inside ---------------------------------------------------

class Secrets:
    """Words with the mark, each its own."""

    def __init__(self, rng):
        self.rng = rng
        self.count = 0

    def word(self):
        self.count += 1
        return "%s%d%s" % (MARK, self.count,
                           self.rng.choice(["", "s", "ing", "ova"]))

    def note(self):
        words = ["The", "customer", "is", "rated", self.word(), "by",
                 self.word(), "and", "owes", "us", self.word(), "since",
                 "March"]
        return " ".join(words)


# --- how programs write ------------------------------------------------------

NAMES = [("On 23 Nov 2026, at 10:00, %s wrote:", "en"),
         ("On Mon, 23 Nov 2026 at 10:00, %s wrote:", "en"),
         ("23.11.2026 10:00, %s пишет:", "ru"),
         ("Am 23.11.26 um 10:00 schrieb %s:", "de"),
         ("Le 23/11/2026 à 10:00, %s a écrit :", "fr"),
         ("El 23/11/2026 a las 10:00, %s escribió:", "es"),
         ("пн, 23 нояб. 2026 г. в 10:00, %s:", "ru")]
BLOCKS = [("From", "Sent", "To", "Subject"), ("Von", "Gesendet", "An",
                                              "Betreff"),
          ("От", "Отправлено", "Кому", "Тема"),
          ("Kimden", "Gönderildi", "Kime", "Konu"),
          ("De", "Envoyé", "À", "Objet"), ("De", "Enviado", "Para", "Asunto")]
WHO = "Shop support <support@shop.example>"


def quoted(text):
    return "".join(("> " + line).rstrip() + "\n" for line in text.splitlines())


def block(rng, secrets):
    f = rng.choice(BLOCKS)
    return "%s: %s\n%s: 23 November 2026 10:00\n%s: %s <ann@shop.example>\n" \
           "%s: [#1001] Kettle %s\n" % (f[0], WHO, f[1], f[2], secrets.word(),
                                        f[3], secrets.word())


def lines_as_html(text):
    return html.escape(text).replace("\n", "<br>\n")


def signature_text(s):
    return "-- \n%s, room %s\n+998 90 %s\n" % (s.word(), s.word(), s.word())


class Form:
    """The parts of one mail: text, HTML or both, attachments."""

    def __init__(self, text=None, markup=None, parts=()):
        self.text, self.markup, self.parts = text, markup, list(parts)


def plain_top(rng, s, own, inner):
    return Form(own + "\n\n" + rng.choice(["", signature_text(s) + "\n"])
                + rng.choice(NAMES)[0] % WHO + "\n" + quoted(inner))


def plain_below(rng, s, own, inner):
    return Form(rng.choice(NAMES)[0] % WHO + "\n" + quoted(inner) + "\n" + own
                + "\n\n" + rng.choice(["", signature_text(s)]))


def plain_block(rng, s, own, inner):
    rule = rng.choice(["", "________________________________\n",
                       "-----Original Message-----\n"])
    return Form(own + "\n\n" + rule + block(rng, s) + "\n" + inner)


def gmail(rng, s, own, inner):
    picture = "<img src=\"cid:%s@x\" alt=\"%s\">" % (s.word(), s.word())
    return Form(own + "\n\n" + signature_text(s) + "\n" + NAMES[1][0] % WHO
                + "\n\n" + quoted(inner),
                "<div dir=\"ltr\" class=\"%s\">%s</div><br>"
                "<span class=\"gmail_signature_prefix\">-- </span><br>"
                "<div class=\"gmail_signature\" data-smartmail=\"%s\">%s</div>"
                "<div class=\"gmail_quote\"><div class=\"gmail_attr\">%s<br>"
                "</div><blockquote class=\"gmail_quote\">%s%s</blockquote>"
                "</div>" % (s.word(), lines_as_html(own), s.word(), s.word(),
                            html.escape(NAMES[1][0] % WHO), picture,
                            lines_as_html(inner)))


def outlook(rng, s, own, inner):
    head = lines_as_html(block(rng, s))
    return Form(own + "\n\n" + block(rng, s) + "\n" + inner,
                "<html><head><title>%s</title><style>.%s{}</style></head><body>"
                "<!-- %s --><div class=WordSection1><p class=MsoNormal>%s<o:p>"
                "</o:p></p><div><div style='border:none;border-top:solid "
                "#E1E1E1 1.0pt'><p class=MsoNormal><b>%s</b></p></div></div>"
                "<p class=MsoNormal>%s</p></div></body></html>" % (
                    s.word(), s.word(), s.word(), lines_as_html(own), head,
                    lines_as_html(inner)))


def outlook_web(rng, s, own, inner):
    return Form(None,
                "<html><body dir=\"ltr\"><div id=\"%s\">%s</div>"
                "<div id=\"Signature\"><div>%s</div></div>"
                "<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\">"
                "%s</div><div>%s</div></body></html>" % (
                    s.word(), lines_as_html(own), s.word(),
                    lines_as_html(block(rng, s)), lines_as_html(inner)))


def apple(rng, s, own, inner):
    return Form(own + "\n\n" + quoted(NAMES[0][0] % WHO + "\n\n" + inner),
                "<html><body>%s<br><div id=\"AppleMailSignature\">%s</div>"
                "<div><br><blockquote type=\"cite\"><div>%s</div><br><div>%s"
                "</div></blockquote></div></body></html>" % (
                    lines_as_html(own), s.word(),
                    html.escape(NAMES[0][0] % WHO), lines_as_html(inner)))


def thunderbird(rng, s, own, inner):
    words = "<p>%s</p>" % lines_as_html(own)
    quote = "<div class=\"moz-cite-prefix\">%s</div><blockquote type=\"cite\"" \
            " cite=\"mid:%s@x\">%s</blockquote>" % (
                html.escape(NAMES[3][0] % WHO), s.word(), lines_as_html(inner))
    sign = "<div class=\"moz-signature\">-- <br>%s</div>" % s.word()
    below = rng.random() < 0.5
    text = NAMES[3][0] % WHO + "\n" + quoted(inner)
    return Form(text + "\n" + own + "\n" if below
                else own + "\n\n" + text,
                (quote + words if below else words + quote) + sign)


def k9(rng, s, own, inner):
    return Form(None,
                "<!DOCTYPE html><html><body><div dir=\"auto\">%s</div><br>"
                "<div class=\"k9mail-signature\">-- <br>%s</div>"
                "<div class=\"gmail_quote\"><div>%s</div><blockquote "
                "class=\"gmail_quote\"><pre class=\"k9mail\">%s</pre>"
                "</blockquote></div></body></html>" % (
                    lines_as_html(own), s.word(),
                    html.escape(NAMES[0][0] % WHO), html.escape(inner)))


def hidden(rng, s, own, inner):
    return Form(None,
                "<body onload=\"%s()\" class=\"%s\"><script>%s</script>"
                "<div style=\"display:none\">%s</div><p hidden>%s</p>"
                "<p title=\"%s\" data-x=\"%s\" id=\"%s\">%s</p>"
                "<img src=\"https://%s.example/p.gif\" alt=\"%s\">"
                "<blockquote>%s</blockquote></body>" % (
                    s.word(), s.word(), s.word(), s.word(), s.word(), s.word(),
                    s.word(), s.word(), lines_as_html(own), s.word(), s.word(),
                    lines_as_html(inner)))


FORMS = [plain_top, plain_below, plain_block, gmail, outlook, outlook_web,
         apple, thunderbird, k9, hidden]


def encoded(rng, text):
    octets = text.encode()
    how = rng.choice(["base64", "quoted-printable", "8bit"])
    if how == "base64":
        octets = base64.encodebytes(octets)
    elif how == "quoted-printable":
        octets = quopri.encodestring(octets)
    return b"Content-Transfer-Encoding: %s\n\n%s\n" % (how.encode(), octets)


def part(rng, subtype, text):
    return b"Content-Type: text/%s; charset=utf-8\n" % subtype.encode() \
        + encoded(rng, text)


def joined(rng, subtype, parts):
    boundary = b"b%d" % rng.randrange(10**9)
    return b"Content-Type: multipart/%s; boundary=\"%s\"\n\n" % (
        subtype.encode(), boundary) + b"".join(
            b"--%s\n%s\n" % (boundary, p) for p in parts) \
        + b"--%s--\n" % boundary


def private_parts(rng, s, pictures):
    """Parts that programs add by themselves."""
    made = []
    if rng.random() < 0.3:
        made.append(b"Content-Type: application/pkcs7-signature; "
                    b"name=\"smime.p7s\"\nContent-Disposition: attachment\n"
                    + encoded(rng, "certificate of %s" % s.word()))
    if rng.random() < 0.3:
        made.append(b"Content-Type: application/pgp-keys; name=\"key.asc\"\n"
                    b"Content-Disposition: attachment\n"
                    + encoded(rng, "key of %s" % s.word()))
    if pictures and rng.random() < 0.3:
        made.append(b"Content-Type: image/png; name=\"%s.png\"\n"
                    b"Content-ID: <%s@x>\nContent-Disposition: inline\n" % (
                        s.word().encode(), s.word().encode())
                    + encoded(rng, "picture of %s" % s.word()))
    return made


def body(rng, form, s):
    words = []
    if form.text is not None:
        words.append(part(rng, "plain", form.text))
    if form.markup is not None:
        words.append(part(rng, "html", form.markup))
    octets = words[0] if len(words) == 1 else joined(rng, "alternative", words)
    parts = list(form.parts)
    parts += private_parts(rng, s, form.markup is not None)
    return joined(rng, "mixed", [octets] + parts) if parts else octets


def header(agent, s, letter, n, more=""):
    """The fields of an agent's mail; letter: the notification it answers."""
    return ("Authentication-Results: mx.shop.example; dmarc=pass "
            "header.from=shop.example\n"
            "Received: from %s.internal ([10.1.2.3]) by %s.internal\n"
            "From: %s <%s>\nTo: %s\nCc: %s <bob@shop.example>\n"
            "Bcc: %s@shop.example\nSubject: Re: [#%d] %s\n"
            "Message-ID: <agent-%d.%s@shop.example>\n"
            "In-Reply-To: %s\nUser-Agent: %s\nX-Originating-IP: [10.9.8.7]\n"
            "Organization: %s\nThread-Topic: %s\nX-Javob-Note: %s\n"
            "Disposition-Notification-To: %s@shop.example\n"
            "Return-Receipt-To: %s@shop.example\n"
            "Date: Mon, 23 Nov 2026 10:29:00 +0500\nMIME-Version: 1.0\n%s" % (
                s.word(), s.word(), "Ann Lee", agent, letter["reply_to"],
                s.word(), s.word(), letter["ticket"], s.word(), n, s.word(),
                letter["message_id"], s.word(), s.word(), s.word(), s.word(),
                s.word(), s.word(), more)).encode()


# --- the run -----------------------------------------------------------------

def plain_of(message):
    found = message.get_body(("plain",))
    return found.get_content() if found else ""


def open_tickets(site):
    for n in range(TICKETS):
        site.deliver((
            "Authentication-Results: mx.shop.example; dmarc=pass "
            "header.from=buyer.example\nFrom: Customer %d <c%d@buyer.example>\n"
            "To: support@shop.example\nSubject: Kettle %d\n"
            "Message-ID: <first-%d@buyer.example>\n"
            "Date: Mon, 23 Nov 2026 09:59:00 +0500\n\n"
            "The kettle number %d leaks.\n" % (n, n, n, n, n)).encode())
    site.javob("process")
    found = {}
    for letter in site.letters():
        if letter["letter"] != "notify" or letter["to"] != AGENTS[0]:
            continue
        octets = site.octets(letter)
        message = email.message_from_bytes(octets, policy=email.policy.default)
        found[letter["ticket"]] = {
            "ticket": letter["ticket"], "octets": octets,
            "text": plain_of(message), "reply_to": str(message["Reply-To"]),
            "message_id": str(message["Message-ID"])}
    return list(found.values())


def add_notes(site, rng, s, tickets):
    """One note a ticket, by the agent himself."""
    for n, letter in enumerate(tickets):
        letter["note"] = s.note()
        site.deliver(header(AGENTS[0], s, letter, 10000 + n)
                     + part(rng, "plain", "/note\n" + letter["note"] + "\n"))
    site.javob("process")


def foul(rng, s, n, letter, own):
    """Mails that must not go out at all."""
    note = letter["note"].split()
    inner = letter["text"]
    kind = n % 6
    if kind == 0:    # he copies from the note
        at = rng.randrange(len(note) - 8)
        words = own + "\n" + " ".join(note[at:at + 9]).upper()
        return "copied", rng.choice([plain_top, gmail, outlook])(
            rng, s, words, inner), ""
    if kind == 1:    # he forwards the notification as a file
        return "attached", Form(own, None, [
            b"Content-Type: message/rfc822\n\n" + letter["octets"].replace(
                b"\r\n", b"\n") + s.word().encode()]), ""
    if kind == 2:    # or in the text
        return "forwarded", Form(
            own + "\n\n---------- Forwarded message ---------\n"
            + block(rng, s) + "\n" + inner + "\n" + letter["note"]), ""
    if kind == 3:    # his program answers for him
        return "vacation", plain_top(rng, s, own, inner), \
            "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n"
    if kind == 4:    # a file with the note in it
        return "file", Form(own, None, [
            b"Content-Type: text/plain; name=\"n.txt\"\n"
            b"Content-Disposition: attachment\n"
            + encoded(rng, letter["note"])]), ""
    return "note", Form("/note\n" + own + " " + s.word()), ""


def spelled(n):
    """A number as a word: texts that differ in digits alone look automatic."""
    return "".join("ba ke li mo nu pa re si to vu".split()[int(d)]
                   for d in "%03d" % n)


def generate(site, rng, s, tickets):
    """{own words: (must arrive, what)}."""
    sent = {}
    for n in range(MAILS):
        letter = rng.choice(tickets)
        own = "Answer %s." % " ".join(spelled(n * k % 1000)
                                      for k in (1, 3, 7, 9, 11, 13, 17))
        if n % 5 == 4:
            what, form, more = foul(rng, s, n // 5, letter, own)
            sent[own] = (False, what)
        else:
            make = FORMS[n % len(FORMS)] if n % 5 else FORMS[n // 5 % 10]
            inner = letter["text"] + "\nColleague: %s\nNote: %s\n" % (
                s.word(), letter["note"])
            if rng.random() < 0.5:
                own += "\n\nA second paragraph with \u00fc and \u0436."
            form, more = make(rng, s, own, inner), ""
            sent[own.split("\n")[0]] = (True, make.__name__)
        site.deliver(header(AGENTS[0], s, letter, n, more)
                     + body(rng, form, s))
    site.javob("process")
    return sent


def decoded(octets):
    """The octets, and each leaf and field in every way one can read it."""
    yield octets
    message = email.message_from_bytes(octets, policy=email.policy.default)
    for p in message.walk():
        for name, value in p.items():
            yield ("%s: %s" % (name, value)).encode("utf-8", "replace")
        if p.is_multipart():
            continue
        payload = p.get_payload(decode=True) or b""
        yield payload
        text = payload.decode("utf-8", "replace")
        yield html.unescape(text).encode()
        yield re.sub(r"<[^>]*>|\s", "", html.unescape(text)).encode()
        yield re.sub(rb"\s", b"", payload)


def main():
    tap = Tap()
    rng = random.Random(SEED)
    s = Secrets(rng)
    site = Site(os.path.join(os.environ["T"], "leak"))
    tickets = open_tickets(site)
    tap.equal(len(tickets), TICKETS, "the agent hears of each ticket")
    add_notes(site, rng, s, tickets)
    sent = generate(site, rng, s, tickets)
    outside, arrived, leaks, texts = 0, "", [], []
    for letter in site.letters():
        if letter["to"] in AGENTS:
            continue
        outside += 1
        octets = site.octets(letter)
        for view in decoded(octets):
            at = view.lower().find(MARK.encode())
            if at >= 0:
                leaks.append("letter %d (%s): %r" % (
                    letter["id"], letter["letter"], view[max(0, at - 60):
                                                         at + 30]))
                break
        texts.append(plain_of(email.message_from_bytes(
            octets, policy=email.policy.default)))
    arrived = "\n".join(texts)
    tap.ok(not leaks, "THREATS 7: none of %d marked words is in any of %d "
           "letters to customers, raw or decoded" % (s.count, outside), *leaks)
    missing = ["%s: %s" % (what, own) for own, (must, what) in sent.items()
               if must and own not in arrived]
    tap.ok(not missing, "each of %d proper answers arrives" % sum(
        must for must, _ in sent.values()), *missing)
    escaped = ["%s: %s" % (what, own) for own, (must, what) in sent.items()
               if not must and own in arrived]
    tap.ok(not escaped, "none of %d mails that are no answers does" % sum(
        not must for must, _ in sent.values()), *escaped)
    tap.done()


main()
