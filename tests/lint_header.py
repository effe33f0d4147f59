"""lint_header.py - rules for the header of every mail that javob sends.

lint(mail, own) gives a list of faults of a desk.Mail; own: our addresses,
as they are without a token.

By hand: python3 lint_header.py OWN-ADDRESS FILE.eml...  (FILE.json beside)
"""
import email.utils
import re
import sys

ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding")
AT_MOST_ONCE = ("Reply-To", "In-Reply-To", "References", "Auto-Submitted",
                "X-Auto-Response-Suppress", "X-Loop", "Sender", "Cc")
NEVER = ("Bcc", "Received", "Return-Path", "User-Agent", "X-Mailer",
         "X-Originating-IP", "Disposition-Notification-To",
         "Return-Receipt-To", "Resent-From", "Authentication-Results",
         "DKIM-Signature", "Delivered-To", "Apparently-To")
MSGID = r"<[^<>@\s]+@[^<>@\s]+>"


def without_token(address):
    return re.sub(r"\+[^@]*@", "@", address.lower())


def lint_octets(octets):
    head, _, body = octets.partition(b"\r\n\r\n")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", octets):
        yield "a bare CR or LF"
    if b"\0" in octets:
        yield "a NUL"
    if re.search(rb"[\x80-\xff]", head):
        yield "the header is not ASCII"
    if re.search(rb"[\x80-\xff]", body):
        yield "the body is not 7-bit"
    for line in octets.split(b"\r\n"):
        if len(line) > 998:
            yield "a line of %d octets" % len(line)
    for line in head.split(b"\r\n"):
        if len(line) > 78 and re.search(rb"\S\s+\S.*\s", line[1:]):
            yield "a header line of %d octets: %r" % (len(line), line)
        if not re.match(rb"[ \t]+\S|[!-9;-~]+: ?", line):
            yield "no header line: %r" % line


def lint_fields(m):
    count = {}
    for name in m.keys():
        count[name.lower()] = count.get(name.lower(), 0) + 1
    for name in ONCE:
        # A multipart needs no transfer encoding of its own.
        if name == "Content-Transfer-Encoding" and m.is_multipart():
            continue
        if count.get(name.lower(), 0) != 1:
            yield "%s %d times" % (name, count.get(name.lower(), 0))
    for name in AT_MOST_ONCE:
        if count.get(name.lower(), 0) > 1:
            yield "%s twice" % name
    for name in NEVER:
        if name.lower() in count:
            yield "%s must not be there" % name
    for name, many in (("Message-ID", False), ("In-Reply-To", False),
                       ("References", True)):
        value = str(m[name] or "").strip()
        if value and not re.fullmatch(
                MSGID + (r"(\s+%s)*" % MSGID if many else ""), value):
            yield "%s is malformed: %r" % (name, value)
    try:
        if email.utils.parsedate_to_datetime(str(m["Date"])) is None:
            yield "Date is malformed"
    except (TypeError, ValueError):
        yield "Date is malformed: %r" % m["Date"]


def lint_people(mail, own):
    m = mail.message
    sender = email.utils.getaddresses([str(m["From"])])
    to = email.utils.getaddresses([str(m["To"])])
    if len(sender) != 1 or without_token(sender[0][1]) not in own:
        yield "From is not one of our addresses: %s" % m["From"]
    if len(to) != 1:
        yield "To names %d people" % len(to)
    cc = email.utils.getaddresses([str(m["Cc"])]) if m["Cc"] else []
    named = [address.lower() for _, address in to + cc]
    if sorted(named) != sorted(r.lower() for r in mail.rcpts):
        yield "To and Cc are %s, the envelope says %s" % (named, mail.rcpts)
    for address in named:
        if without_token(address) in own:
            yield "we write to ourselves: %s" % address
    if cc and m["Auto-Submitted"]:
        yield "automatic mail in copy"
    if mail.sender and without_token(mail.sender) not in own:
        yield "the envelope sender %s is not ours" % mail.sender
    if m["Reply-To"] and without_token(email.utils.parseaddr(
            str(m["Reply-To"]))[1]) not in own:
        yield "Reply-To is not ours: %s" % m["Reply-To"]


def lint_automatic(mail):
    """Marks of automatic mail; kind: ack, notice or reply, by the field."""
    m = mail.message
    mark = str(m["Auto-Submitted"] or "")
    if mark not in ("", "auto-replied", "auto-generated"):
        yield "Auto-Submitted: %s" % mark
    if mark:
        if "All" not in str(m["X-Auto-Response-Suppress"] or ""):
            yield "automatic, without X-Auto-Response-Suppress: All"
        if not m["X-Loop"]:
            yield "automatic, without X-Loop"
        if mail.sender and "+" not in mail.sender:
            yield "automatic, with the envelope sender <%s>" % mail.sender
    if mark == "auto-replied" and not m["In-Reply-To"]:
        yield "an answer without In-Reply-To"
    if mark == "auto-replied" and str(m["In-Reply-To"]) not in str(
            m["References"]):
        yield "References lack the mail that is answered"


def lint(mail, own):
    own = {a.lower() for a in own}
    return (list(lint_octets(mail.octets)) + list(lint_fields(mail.message))
            + list(lint_people(mail, own)) + list(lint_automatic(mail)))


if __name__ == "__main__":
    from desk import Mail
    bad = 0
    for path in sys.argv[2:]:
        for fault in lint(Mail(path), {sys.argv[1]}):
            print("%s: %s" % (path, fault))
            bad = 1
    sys.exit(bad)
