"""A header lint over everything that is sent (T3); run by headers.t."""
import email
import email.policy
import email.utils

from desk import (Mail, Site, Sink, Tap, letter, lmtp_send, proven, scene,
                  wait_for)
from lint_header import lint

OWN = {"support@desk.invalid"}
LONG = "Очень длинная тема письма о заказе, который всё ещё не пришёл " * 4

QUESTIONS = (  # title, From, Subject, text, proven
    ("plain English", "Ann <ann@customer.invalid>", "Order", "Where?", True),
    ("Cyrillic subject and name",
     "=?utf-8?b?0JjQstCw0L0=?= <ivan@customer.invalid>",
     "=?utf-8?b?0JfQsNC60LDQtw==?=", "Где?", True),
    ("a subject of 250 letters", "<long@customer.invalid>", LONG, "?", True),
    ("no subject", "<none@customer.invalid>", "", "Help", True),
    ("nobody is proven", "Eve <eve@elsewhere.invalid>", "PROMO", "Buy", False),
    ("line breaks in the encoded subject", "<crlf@customer.invalid>",
     "=?utf-8?q?Hi=0D=0ABcc:_other@target.invalid?=", "x", True),
    ("a long local part", "<%s@customer.invalid>" % ("a" * 64), "Hm", "x",
     True),
    ("quotes in the name", '"Q \\"the\\" <x@y.invalid>" <q@customer.invalid>',
     "Hm, again", "x", True),
    ("200 references", "<refs@customer.invalid>", "Re: refs", "x", True),
)

tap = Tap()
sink = Sink()
with scene(tap, sink):
    site = Site(smtp=sink.port)
    site.start()
    for n, (title, sender, subject, text, is_proven) in enumerate(QUESTIONS):
        more = {"references": "\r\n ".join(
            "<r%d@customer.invalid>" % i for i in range(200))
                } if title.startswith("200") else {}
        octets = letter(sender, "support@desk.invalid", subject, text,
                        message_id="h%d@customer.invalid" % n, **more)
        address = email.utils.parseaddr(sender)[1]
        lmtp_send(site.lmtp, address, ["support@desk.invalid"],
                  proven("customer.invalid", octets) if is_proven else octets)
    want = 2 * len(QUESTIONS)
    got = wait_for(lambda: len(sink.mails()) >= want and sink.mails(), 30)
    if not tap.ok(got, "each question has an acknowledgement and a "
                  "notification", len(sink.mails()), site.log_tail()):
        got = sink.mails()
    # An answer of the agent.
    notes = [m for m in got if "agent@test.invalid" in m.rcpts]
    if notes:
        back = email.utils.parseaddr(str(notes[0]["Reply-To"]))[1]
        lmtp_send(site.lmtp, "agent@test.invalid", [back], proven(
            "test.invalid", letter(
                "Agent <agent@test.invalid>", back, "Re: Order",
                "It is here.\n\n> Where?\n", message_id="a@test.invalid",
                in_reply_to=str(notes[0]["Message-ID"]).strip("<>"))))
        tap.ok(wait_for(lambda: [m for m in sink.mails()
                                 if "It is here." in m.text
                                 and "agent@test.invalid" not in m.rcpts], 20),
               "the agent's answer goes out", site.log_tail())
    for mail in sink.mails():
        tap.equal(lint(mail, OWN), [], "%s to %s keeps every rule" % (
            mail["Auto-Submitted"] or "a person's answer", mail.rcpts[0]))

    # A lint that cannot complain is none.
    if got:
        for title, old, new in (
                ("a second recipient", b"\r\nTo: ", b"\r\nTo: x@y.invalid, "),
                ("a Bcc", b"\r\nTo: ", b"\r\nBcc: x@y.invalid\r\nTo: "),
                ("no Message-ID", b"\r\nMessage-ID: ", b"\r\nX-Other: "),
                ("a bare LF", b"\r\n\r\n", b"\r\n\r\nbare\n"),
                ("8-bit text", b"\r\n\r\n", b"\r\n\r\n\xc3\xbc"),
                ("no X-Loop", b"\r\nX-Loop: ", b"\r\nX-Poop: ")):
            broken = Mail.__new__(Mail)
            broken.__dict__.update(got[0].__dict__)
            broken.octets = got[0].octets.replace(old, new, 1)
            broken.message = email.message_from_bytes(
                broken.octets, policy=email.policy.default)
            tap.ok(lint(broken, OWN), "planted and found: " + title)
    tap.equal(site.stop(), 0, "SIGTERM ends the daemon with 0")
    tap.equal(site.sanitizer_words(), [], "no sanitizer has complained")
