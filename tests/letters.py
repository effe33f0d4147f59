"""Every letter in every language, for names known, unknown and odd, inside
and outside working hours, with and without proposed answers, with a time and
without: rendered, looked over, read back as MIME. What they say is kept in
letters/LANGUAGE.txt; UPDATE=1 writes these: read them before they stay.
"""
import email
import email.policy
import html.parser
import itertools
import json
import os
import re
import subprocess
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
JAVOB = os.environ["JAVOB"]
UPDATE = os.environ.get("UPDATE", "") not in ("", "0")
ENV = dict(os.environ, JAVOB_CONFIG="/nonexistent/javob.conf",
           JAVOB_CLOCK="2026-11-23T10:00:00Z")
NAMES = {"known": "Karimova Nilufar", "unknown": "",
         "odd": "win {{brand}}\r\nBcc: x@y.example <b> http://evil.example",
         "bidi": "\u202eOlim\u2066"}
SUBJECT = "{{ticket}}\r\nBcc: all@victim.example \u202e<script>\u2028 5512"
BAD = re.compile("[\u202a-\u202e\u2066-\u2069\u2028\u2029\x00\r]")
RTL = ("ar", "fa")


def javob(*words):
    done = subprocess.run([JAVOB, *words], env=ENV, capture_output=True,
                          timeout=60)
    return done.returncode, done.stdout


class Page(html.parser.HTMLParser):
    """Tags that must be closed are; nothing is fetched or run."""
    VOID = {"meta", "br", "hr"}
    FETCH = {"img", "script", "link", "iframe", "object", "embed", "form",
             "video", "audio", "style", "base", "svg"}

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.words, self.lang, self.dir = \
            [], [], [], None, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "html":
            self.lang, self.dir = attrs.get("lang"), attrs.get("dir")
        if tag in self.FETCH or set(attrs) & {"src", "background", "onclick"} \
                or "url(" in attrs.get("style", ""):
            self.faults.append("fetches or runs: <%s>" % tag)
        if tag == "a" and not attrs["href"].startswith(
                ("https://shop.example/", "mailto:")):
            self.faults.append("links to %s" % attrs["href"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append("</%s> closes what is not open" % tag)

    def handle_data(self, data):
        if "title" not in self.open:
            self.words.append(data)


def bare(text):
    """Letters and digits only: the two bodies say the same."""
    return re.sub(r"[\W_]+", "", text)


def mail_faults(octets, language):
    if any(len(line) > 998 for line in octets.split(b"\r\n")):
        yield "a line of more than 998 octets"
    if re.search(rb"[\x80-\xff]|(?<!\r)\n", octets):
        yield "not 7-bit CRLF"
    message = email.message_from_bytes(octets, policy=email.policy.default)
    if message.defects or message["Bcc"] is not None:
        yield "defects %s, Bcc %s" % (message.defects, message["Bcc"])
    if BAD.search(message["Subject"]) or len(message["Subject"]) > 200:
        yield "subject %r" % message["Subject"]
    if message.get_content_type() != "multipart/alternative":
        yield "is %s" % message.get_content_type()
        return
    plain, page = (part.get_content() for part in message.iter_parts())
    plain = plain.replace("\r\n", "\n")
    for part in message.iter_parts():
        if part.defects:
            yield "part defects %s" % part.defects
    yield from text_faults(plain)
    yield from page_faults(plain, page, language)


def text_faults(plain):
    if BAD.search(plain):
        yield "controls in the text"
    if "\n\n\n" in plain or "()" in plain or re.search(r"[ \t]$", plain, re.M):
        yield "a gap in the text"
    if unicodedata.normalize("NFC", plain) != plain:
        yield "text is not NFC"
    if "evil.example" in plain or "win" in plain.split("\n")[0].split():
        yield "the odd name got in"
    if re.search(r"\{\{(?!ticket\}\})", plain):
        yield "braces in the text"


def page_faults(plain, page, language):
    reader = Page()
    reader.feed(page)
    reader.close()
    yield from reader.faults
    if reader.open:
        yield "not closed: %s" % reader.open
    want = "rtl" if language in RTL else "ltr"
    if (reader.lang, reader.dir) != (language, want):
        yield "lang %s dir %s" % (reader.lang, reader.dir)
    if bare("".join(reader.words)) != bare(plain):
        yield "text and HTML differ"


def variants(letter, language):
    """(title, arguments); a plain acknowledgement has only two."""
    names = NAMES if letter != "ack-plain" else ["odd"]
    for name, outside, faq, undated in itertools.product(
            names, ((), ("--outside",)), ((), ("--faq",)),
            ((), ("--undated",))):
        if letter != "ack" and (outside or faq):
            continue
        yield " ".join((name, *outside, *faq, *undated)), [
            "--lang", language, "--customer", NAMES[name],
            "--subject", SUBJECT, *outside, *faq, *undated]


def golden(language, letters):
    """What the letters of a language say, one after the other."""
    for letter in letters:
        _, text = javob("template", "preview", letter, "--lang", language,
                        "--customer", "Karimova Nilufar", "--outside", "--faq")
        yield "== %s\n%s\n" % (letter, text.decode("utf-8"))


def check(count, sentence, faults):
    faults = list(faults)
    print("%s %d - %s" % ("not ok" if faults else "ok", count, sentence))
    for fault in faults[:20]:
        print("# %s" % fault)
    return not faults


def letter_faults(language, letters):
    for letter in letters:
        for title, words in variants(letter, language):
            status, octets = javob("template", "preview", letter, "--mail",
                                   *words)
            if status != 0:
                yield "%s %s: exit %d" % (letter, title, status)
                continue
            for fault in mail_faults(octets, language):
                yield "%s %s: %s" % (letter, title, fault)


def golden_faults(language, letters):
    path = os.path.join(HERE, "letters", language + ".txt")
    text = "".join(golden(language, letters))
    if UPDATE:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    if not os.path.exists(path):
        return ["%s is missing: UPDATE=1 writes it" % path]
    with open(path, encoding="utf-8") as f:
        want = f.read().splitlines()
    return ["now %r, was %r" % pair for pair in itertools.zip_longest(
        text.splitlines(), want) if pair[0] != pair[1]]


def main():
    _, listed = javob("template", "list", "--json")
    letters = {}
    for row in map(json.loads, listed.decode().splitlines()):
        letters.setdefault(row["language"], []).append(row["letter"])
    status, found = javob("template", "lint")
    good = check(1, "the letters keep to the rules of wording",
                 found.decode().splitlines() if status else [])
    count = 1
    for language, names in letters.items():
        good &= check(count + 1, "letters in %s are valid mails, whatever the "
                      "name and the hour" % language,
                      letter_faults(language, names))
        good &= check(count + 2, "letters in %s say what they said" % language,
                      golden_faults(language, names))
        count += 2
    print("1..%d" % count)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
