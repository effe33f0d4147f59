"""The mails of attacks/manifest.jsonl through a real daemon; run by attacks.t.

Each case has a site, a daemon and a sink of its own, since limits count what
went before. What must and must not happen is code, in the table CASES; a file
of the manifest without an entry there is a failure.

usage: attacks.py [DIR]      (DIR with manifest.jsonl; default tests/attacks)
"""
import email.utils
import glob
import json
import os
import re
import sys
import time

from desk import (TESTS, Site, Sink, Tap, descendants, letter, lmtp_send,
                  proven, scene, wait_for)
from lint_header import lint, without_token

SUPPORT = "support@support.example"
BORDER = "mx.support.example"
AGENT = "staff-a@staff.example"
CLIENT = "client-a@buyer.example"

tap = Tap()
folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(TESTS, "attacks")


class Scene:
    """One case: a site, T1 if asked for, and the attack."""

    def __init__(self, case, number):
        self.case = case
        self.sink = Sink("sink%d" % number)
        self.site = Site("site%d" % number, smtp=self.sink.port,
                         authserv_id=BORDER, address=SUPPORT, agents=AGENT)
        self.t1 = None
        self.before = 0
        self.sent = 0

    def say(self, sender, rcpt, octets):
        self.sent += 1
        return lmtp_send(self.site.lmtp, sender, [rcpt], octets)

    def settled(self):
        """All mail is in the store and nothing waits to be sent."""
        if self.site.spool_waiting():
            return False
        return not [q for q in self.site.queue()
                    if q["state"] in ("queued", "trying")]

    def settle(self):
        wait_for(self.settled, 20, 0.1)
        time.sleep(0.2)
        wait_for(self.settled, 20, 0.1)

    def set_up(self):
        self.site.start()
        if "T1" in self.case["setup"]:
            self.say(CLIENT, SUPPORT, proven("buyer.example", letter(
                "Client A <%s>" % CLIENT, SUPPORT, "The order",
                "Where is it?", message_id="t1@buyer.example"), BORDER))
            if not wait_for(lambda: self.to(CLIENT) and self.to(AGENT), 20):
                raise RuntimeError("T1 is not acknowledged:\n"
                                   + self.site.log_tail())
            self.t1 = self.site.tickets()[0]["number"]
        if any("internal note" in s for s in self.case["setup"]):
            self.answer("/note\nINTERNAL-WORD-3 is what we call him.",
                        "n@staff.example")
        self.settle()
        self.before = len(self.sink.mails())
        self.state = self.t1 and self.site.show(self.t1)["state"]
        self.tickets = len(self.site.tickets())

    def answer(self, text, msgid):
        """The agent writes to his keyed address."""
        to = self.agent_address()
        self.say(AGENT, to, proven("staff.example", letter(
            "Staff A <%s>" % AGENT, to, "Re: The order", text,
            message_id=msgid), BORDER))

    def to(self, address, new=False):
        return [m for m in self.sink.mails()[self.before if new else 0:]
                if address in [r.lower() for r in m.rcpts]]

    def agent_address(self):
        return email.utils.parseaddr(str(self.to(AGENT)[0]["Reply-To"]))[1]

    def fill(self, octets, serial):
        def one(found):
            kind, _, what = found[1].decode().partition(":")
            acks = [m for m in self.sink.mails()
                    if m["Auto-Submitted"] == "auto-replied"]
            if kind == "SERIAL":
                return b"%d" % serial
            if kind == "ACKID" and what == "LATEST":
                return (str(acks[-1]["Message-ID"]).encode() if acks
                        else b"<none@desk.example>")
            ack = self.to(CLIENT)[0]
            return {
                "ACKID": lambda: str(ack["Message-ID"]),
                "TKTNO": lambda: str(self.t1),
                "TOKADDR": lambda: email.utils.parseaddr(
                    str(ack["Reply-To"] or ack["From"]))[1],
                "AGENTADDR": self.agent_address,
            }[kind]().encode()
        return re.sub(rb"@@([A-Z]+(?::[A-Z0-9]+)?)@@", one, octets)

    def attack(self):
        with open(os.path.join(folder, self.case["file"]), "rb") as f:
            octets = f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        self.replies = []
        for serial in range(1, self.case.get("repeat", 1) + 1):
            rcpt = self.fill(self.case["envelope"]["rcpt"][0].encode(),
                             serial).decode()
            self.replies += self.say(self.case["envelope"]["from"], rcpt,
                                     self.fill(octets, serial))
            if "repeat" in self.case:
                self.settle()
        self.settle()

    def new_mails(self):
        return self.sink.mails()[self.before:]

    def new_tickets(self):
        return len(self.site.tickets()) - self.tickets

    def kept(self):
        """The mail is a message of some ticket."""
        ours = [m for t in self.site.tickets()
                for m in self.site.show(t["number"])["messages"]
                if m["direction"] == "in"]
        return len(ours) >= self.sent

    def outside(self):
        """New mails to anybody who is no agent."""
        return [m for m in self.new_mails() if AGENT not in m.rcpts]

    def sent_words(self):
        return b"\n".join(m.octets + b"\n" + m.text.encode()
                          + b"\n" + str(m["Subject"]).encode()
                          + str(m["To"]).encode() for m in self.new_mails())

    def stop(self):
        self.site.stop()
        self.sink.stop()


# --- what must hold ----------------------------------------------------------

def no_ack(s):
    return not [m for m in s.outside()
                if m["Auto-Submitted"] == "auto-replied"]


def joins(s):
    return s.new_tickets() == 0 and s.kept()


def no_change(s):
    return s.site.show(s.t1)["state"] == s.state


def no_mail_outside(s):
    return not s.outside()


def one_ack(s):
    return len(s.outside()) == 1


def fails_are_shown(s):
    return re.search(r"(?i)undeliver|bounce|came back|fail", json.dumps(
        [e for e in s.site.show(s.t1)["events"]]))


def few_acks(s):
    return len([m for m in s.outside()
                if "desk@desk.example" in m.rcpts]) <= 3


def not_a_ticket_per_copy(s):
    return s.new_tickets() < 20


def agents_see_unverified(s):
    seen = [m for m in s.to(AGENT, new=True)
            if re.search("(?i)not (verified|proven)|unverified", m.text)]
    return seen and not [
        m for t in s.site.tickets()
        for m in s.site.show(t["number"])["messages"]
        if m["message_id"] == "h006.held@buyer.example"
        and m["authenticated"]]


def never_to_colleague(s):
    s.answer("ANSWER after the attack.", "later@staff.example")
    went = wait_for(lambda: [m for m in s.to(CLIENT, new=True)
                             if "ANSWER after" in m.text], 20)
    s.settle()
    return went and b"colleague@bad.example" not in b"".join(
        m.octets + repr(m.rcpts).encode() for m in s.outside())


def no_advertising(s):
    return not re.search(rb"(?i)promo", b"".join(
        m.octets + m.text.encode() + str(m["Subject"]).encode()
        + str(m["To"]).encode() for m in s.outside()))


def well_formed(s):
    return one_ack(s) and lint(s.outside()[0], {SUPPORT}) == []


def no_bcc(s):
    return s.outside() and not [
        m for m in s.new_mails() if m["Bcc"] is not None or any(
            without_token(r) not in (AGENT, "customer9@customer.example")
            for r in m.rcpts)]


def nothing_evaluated(s):
    words = s.sent_words()
    return b"666" not in words and b"state-dir" not in words and \
        s.site.dir.encode() not in words


def answer_arrives(s):
    return [m for m in s.to(CLIENT, new=True)
            if "ANSWER-FOR-CUSTOMER" in m.text]


def no_note_outside(s):
    octets = b"".join(m.octets + m.text.encode() for m in s.outside())
    return b"INTERNAL-WORD-3" not in octets and AGENT.encode() not in octets


def next_is_quick(s):
    started = time.monotonic()
    s.say("next@customer.example", SUPPORT, proven("customer.example", letter(
        "Next <next@customer.example>", SUPPORT, "Next", "x",
        message_id="next@customer.example"), BORDER))
    came = wait_for(lambda: s.to("next@customer.example", new=True), 10)
    return came and time.monotonic() - started <= 5


def memory_is_bounded(s):
    total = 0
    for pid in [s.site.daemon.pid] + descendants(s.site.daemon.pid):
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="utf-8") as f:
                total += int(re.search(r"Pss: *(\d+)", f.read())[1])
        except (OSError, TypeError):
            pass
    return 0 < total <= 256 * 1024


def no_crash(s):
    return s.site.daemon.poll() is None


def nothing_in_tmp(s):
    return not glob.glob("/tmp/dev-pwned*")


def new_ticket(s):
    return s.new_tickets() == 1 and s.kept()


CASES = {
    "dev-01-bounce.eml": (
        ("no ack", no_ack),
        ("no new ticket", lambda s: s.new_tickets() == 0),
        ("the ticket shows that mail to this address fails",
         fails_are_shown),
        ("no mail to the sender", no_mail_outside)),
    "dev-02-vacation.eml": (
        ("it joins T1", joins), ("no ack", no_ack),
        ("no change of T1's state", no_change)),
    "dev-03-vacation-unmarked.eml": (
        ("it joins T1", joins), ("no ack", no_ack),
        ("no new ticket", lambda s: s.new_tickets() == 0)),
    "dev-04-list.eml": (
        ("it is kept", lambda s: s.kept()), ("no ack", no_ack),
        ("no mail to the list or the poster", no_mail_outside)),
    "dev-05-two-desks.eml": (
        ("at most 3 acks", few_acks),
        ("not one ticket per copy", not_a_ticket_per_copy),
        ("every copy is kept", lambda s: s.kept())),
    "dev-06-forged-requester.eml": (
        ("it is kept", lambda s: s.kept()),
        ("agents see an unverified sender", agents_see_unverified),
        ("no change of T1's state", no_change),
        ("no mail to the client",
         lambda s: not s.to(CLIENT, new=True))),
    "dev-07-forged-agent.eml": (
        ("it is kept", lambda s: s.kept()),
        ("no mail to the customer of T1",
         lambda s: not s.to(CLIENT, new=True))),
    "dev-08-cc-grab.eml": (
        ("it is kept", lambda s: s.kept()),
        ("no mail to the colleague, not even after the agent's next answer",
         never_to_colleague)),
    "dev-09-relay.eml": (
        ("at most one ack", lambda s: len(s.outside()) <= 1),
        ("no word of the advertising goes out", no_advertising)),
    "dev-10-header-injection.eml": (
        ("one well-formed ack", well_formed),
        ("nobody else gets mail, no Bcc", no_bcc)),
    "dev-11-template.eml": (
        ("one ack", one_ack), ("nothing is evaluated", nothing_evaluated)),
    "dev-12-note-leak.eml": (
        ("the customer gets the answer", answer_arrives),
        ("neither note nor agent's address reach him", no_note_outside)),
    "dev-13-group-nest.eml": (
        ("it is kept", lambda s: s.kept()),
        ("the next mail is handled within 5 s", next_is_quick),
        ("the service stays below 256 MiB", memory_is_bounded),
        ("the daemon lives", no_crash)),
    "dev-14-traversal.eml": (
        ("it is kept", lambda s: s.kept()),
        ("no file outside", nothing_in_tmp)),
    "dev-15-human.eml": (
        ("a new ticket", new_ticket), ("exactly one ack", one_ack)),
}


def run(case, number):
    checks = CASES.get(case["file"])
    if not tap.ok(checks, case["file"] + " has checks"):
        return
    for path in glob.glob("/tmp/dev-pwned*"):
        os.unlink(path)
    s = Scene(case, number)
    try:
        s.set_up()
        s.attack()
        tap.ok(all(r.startswith("250") for r in s.replies),
               "%s: accepted" % case["file"], s.replies)
        for title, good in checks:
            tap.ok(good(s), "%s: %s" % (case["file"], title),
                   "%s" % case["attack"],
                   "tickets: %s" % s.site.tickets(),
                   "sent: %s" % [(m["Auto-Submitted"], m.rcpts,
                                  str(m["Subject"])) for m in s.new_mails()],
                   s.site.log_tail(12))
        faults = [f for m in s.sink.mails() for f in lint(m, {SUPPORT})]
        tap.equal(faults, [], "%s: all that was sent keeps the rules for "
                  "headers" % case["file"])
        tap.equal(s.site.sanitizer_words(), [],
                  "%s: no sanitizer has complained" % case["file"])
    except Exception as e:
        tap.ok(False, "%s: runs to its end" % case["file"], repr(e),
               s.site.log_tail())
    finally:
        s.stop()


with scene(tap):
    with open(os.path.join(folder, "manifest.jsonl"), encoding="utf-8") as f:
        cases = [json.loads(line) for line in f if line.strip()]
    only = os.environ.get("ONLY", "")
    for n, one_case in enumerate(c for c in cases if only in c["file"]):
        run(one_case, n)
