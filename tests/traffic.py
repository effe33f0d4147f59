"""Two days of a desk through the real daemon; run by traffic.t.

bench/make_corpus.py makes the mail: new matters, answers to acknowledgements,
vacation notes, delivery reports. It does not know our numbers and Message-IDs:
what it names instead is replaced here by what javob has really said, and each
kind of answer keeps one proof only: `tag` the number in the subject, `ackref`
our Message-ID, `own` the customer's own first one. All people are proven by
the border's word (authserv-id), as a number in a subject asks for.

COUNT mails (300), in their order; SEED."""
import collections
import json
import os
import re
import sqlite3
import subprocess
import sys

from desk import AUTHSERV_ID, Lmtp, Site, Sink, Tap, TESTS, scene, wait_for

COUNT = int(os.environ.get("COUNT", "300"))
SEED = os.environ.get("SEED", "1")
DESK = "support@desk.invalid"
tap = Tap()
sink = Sink(light=True)


def corpus():
    where = os.path.join(os.environ["T"], "corpus")
    subprocess.run(
        [sys.executable, os.path.join(TESTS, "bench", "make_corpus.py"), where,
         "--count", str(COUNT), "--seed", SEED, "--crlf", "--unique",
         "--authserv-id", AUTHSERV_ID, "--attachments", "0.02"],
        check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(where, "manifest.jsonl"), encoding="utf-8") as f:
        for line in f:
            row = json.loads(line)
            with open(os.path.join(where, row["file"]), "rb") as mail:
                row["octets"] = mail.read()
            row["message_id"] = row["message_id"].strip("<>")
            yield row


class Acks:
    """What javob has sent, by the Message-ID that it answers."""

    def __init__(self):
        self.log = open(os.path.join(sink.dir, "log"), encoding="utf-8")
        self.rest = ""
        self.answers = collections.defaultdict(list)
        self.to = collections.Counter()

    def read(self):
        self.rest += self.log.read()
        *lines, self.rest = self.rest.split("\n")
        for line in lines:
            _, to, parent, own = line.split()
            self.to[to] += 1
            if to != "agent@test.invalid":
                self.answers[parent].append(own)

    def of(self, msgid):
        """Our Message-ID, as soon as it is there."""
        def look():
            self.read()
            return self.answers.get(msgid)
        found = wait_for(look, 60)
        if not found:
            raise RuntimeError("no acknowledgement of %s" % msgid)
        return found[0]


def store(site):
    return sqlite3.connect("file:%s/state/javob.db?mode=ro" % site.dir,
                           uri=True, timeout=10)


def number_of(db, msgid):
    return db.execute("SELECT t.number FROM message m JOIN ticket t "
                      "ON t.id = m.ticket WHERE m.message_id = ?",
                      (msgid,)).fetchone()[0]


def without(octets, *names):
    for name in names:
        octets = re.sub(rb"(?im)^%s:.*\r\n([ \t].*\r\n)*" % name, b"", octets,
                        count=1)
    return octets


def real(db, acks, root, row):
    """The mail as somebody wrote it who got our acknowledgement."""
    ack = acks.of(root["message_id"])
    number = number_of(db, root["message_id"])
    octets = row["octets"].replace(
        row["tag"].encode(), b"[#%d]" % number).replace(
        row["ack_id"].encode(), b"<%s>" % ack.encode())
    how = row.get("how")
    if how == "tag":
        return without(octets, b"In-Reply-To", b"References")
    if how == "ackref":
        return octets.replace(b"References: <%s>\r\n " %
                              root["message_id"].encode(), b"References: ")
    return octets


def feed(site, rows, acks):
    """Sends them in their order; what an answer names must be there first."""
    client = Lmtp(site.lmtp)
    db = store(site)
    roots = {}
    for row in rows:
        octets = row["octets"]
        if row["kind"] == "new":
            roots[row["n"]] = row
        else:
            octets = real(db, acks, roots[row["root"]], row)
        sender = "" if row["kind"] == "dsn" else row["from"]
        replies = client.send(sender, [DESK], octets)
        if not replies[0].startswith("250"):
            raise RuntimeError("mail %d: %s" % (row["n"], replies[0]))
    client.close()
    return roots


def settled(site):
    with store(site) as db:
        return site.spool_waiting() == 0 and db.execute(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'trying')"
        ).fetchone()[0] == 0


def judge(site, rows, roots, acks):
    db = store(site)
    where = dict(db.execute(
        "SELECT message_id, ticket FROM message WHERE direction = 'in'"))
    tickets = db.execute("SELECT count(*) FROM ticket").fetchone()[0]
    reasons = dict(db.execute("SELECT message_id, reason FROM message"))
    bounced = {(ticket, detail.split(":")[0]) for ticket, detail in db.execute(
        "SELECT ticket, detail FROM event WHERE event = 'bounced'")}
    count = collections.Counter()
    wrong = collections.defaultdict(list)

    def note(kind, good, row):
        count[kind] += 1
        if not good:
            wrong[kind].append("%s %s: ticket %s, its matter's is %s" % (
                row["file"], reasons.get(row["message_id"]),
                where.get(row["message_id"]),
                where.get(roots[row.get("root", row["n"])]["message_id"])))

    for row in rows:
        mine = where.get(row["message_id"])
        root = roots[row.get("root", row["n"])]
        answers = acks.answers.get(row["message_id"], [])
        if row["kind"] == "new":
            note("new", len(answers) == 1, row)
            continue
        note(row.get("how", row["kind"]),
             mine is not None and mine == where[root["message_id"]], row)
        note("unanswered", answers == [], row)
        if row["kind"] == "dsn":
            note("marked", (mine, row["from"]) in bounced, row)

    def say(kind, title):
        tap.ok(count[kind] > 0 and not wrong[kind], "%s: %d of %d" % (
            title, count[kind] - len(wrong[kind]), count[kind]),
            *wrong[kind][:20])

    say("new", "every human who begins a matter is answered once")
    say("tag", "AC-09: the number in a proven customer's subject joins")
    say("ackref", "AC-09: an answer to our acknowledgement joins")
    say("own", "AC-09: an answer to the customer's own first mail joins")
    say("autoreply", "AC-02: a vacation note joins its ticket")
    say("dsn", "AC-20: a delivery report is on the ticket whose "
        "acknowledgement came back")
    say("marked", "AC-20: and its address is marked")
    say("unanswered", "AC-01: no answer, vacation note or report is answered")
    tap.equal(tickets, count["new"], "there are as many tickets as matters")
    customers = {row["from"] for row in rows}
    strange = [to for to in acks.to
               if to not in customers and to != "agent@test.invalid"]
    tap.equal(strange, [], "nobody else is written to")
    once = [to for to in customers if acks.to[to] > 1]
    tap.equal(once, [], "and no customer gets two automatic mails")


with scene(tap, sink):
    mails = list(corpus())
    site = Site(smtp=sink.port)
    site.start()
    try:
        said = Acks()
        first = feed(site, mails, said)
        tap.ok(wait_for(lambda: settled(site), 120, 0.2),
               "all mail is worked off", site.log_tail())
    finally:
        site.stop()
    said.read()
    judge(site, mails, first, said)
