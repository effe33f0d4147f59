"""A week in which javob meets machines that answer every mail; run by week.t.

The programs are the real ones, `deliver` and `process --send` with a set
clock; letters leave by SMTP into a sink and reach whoever they are for. Each
pair has a site of its own. What must hold: at most two automatic mails a side
and day, and every mail that came is on a ticket."""
import collections
import email.utils
import heapq
import os
import random
import re
import sqlite3

from desk import Site, Sink, Tap, proven, scene

START = 1795996800  # 2026-11-30 00:00:00 UTC, a Monday
DAY, HOUR = 86400, 3600
DAYS = int(os.environ.get("DAYS", "3"))
MOST = 2  # automatic mails of one side a day
FLOOD = int(os.environ.get("FLOOD", "1000"))
tap = Tap()
rng = random.Random(int(os.environ.get("SEED", "1")))


def mail(sender, to, subject, text, **fields):
    """Octets of a mail without any sign of a machine."""
    head = [("From", sender), ("To", to), ("Subject", subject)]
    head += [(name.replace("_", "-"), value) for name, value in fields.items()]
    return ("".join("%s: %s\r\n" % h for h in head) + "\r\n"
            + text.replace("\n", "\r\n") + "\r\n").encode()


def address(field):
    return email.utils.parseaddr(str(field))[1]


def is_automatic(letter):
    """A letter of ours that no person has written."""
    return letter["Auto-Submitted"] is not None


class Desk:
    """A site of javob, with a sink in which its letters end."""

    sinks = []

    def __init__(self, world, name, **words):
        self.world, self.name = world, name
        self.address = "support@%s.invalid" % name
        self.sink = Sink(name + "-sink")
        self.sinks.append(self.sink)
        self.site = Site(name, smtp=self.sink.port, address=self.address,
                         **{"agents": "agent@%s.invalid" % name, **words})
        self.taken = 0
        self.came = 0

    def take(self, sender, recipient, octets):
        self.site.run("deliver", "--mailbox", "support", "--sender", sender,
                      "--recipient", recipient, octets=octets,
                      env={"JAVOB_CLOCK": str(self.world.now)})
        self.came += 1

    def work(self):
        """What it has sent."""
        self.site.run("process", "--send",
                      env={"JAVOB_CLOCK": str(self.world.now)})
        mails = self.sink.mails()[self.taken:]
        self.taken += len(mails)
        return mails

    def settle(self):
        """At noon the agents have answered by telephone: no notice of delay is
        due, which each would get for himself."""
        for number, in self.rows("SELECT number FROM ticket WHERE state IN "
                                 "('new', 'open', 'waiting')"):
            self.site.run("ticket", "close", str(number),
                          env={"JAVOB_CLOCK": str(self.world.now)})

    def rows(self, statement, *values):
        with sqlite3.connect("file:%s/state/javob.db?mode=ro" % self.site.dir,
                             uri=True, timeout=10) as db:
            return db.execute(statement, values).fetchall()


class World:
    """Mail under way, in the order of the clock."""

    def __init__(self):
        self.now = START
        self.heap = []
        self.serial = 0
        self.desks = []
        self.machines = []  # of (regular expression, machine)
        self.sent = collections.Counter()  # (side, day)
        self.patience = 100 * DAYS

    def post(self, at, desk, sender, recipient, octets):
        self.serial += 1
        heapq.heappush(self.heap, (at, self.serial, desk, sender, recipient,
                                   octets))

    def count(self, side):
        self.sent[side, (self.now - START) // DAY] += 1

    def letter(self, desk, letter):
        """One of ours has arrived."""
        to = letter.rcpts[0]
        if is_automatic(letter) and self.who(to):
            self.count("%s to %s" % (desk.name, self.who(to)))
        for other in self.desks:
            if to.split("@")[1] == other.address.split("@")[1] and \
                    to.startswith("support"):
                self.post(self.now + 2, other, letter.sender, to,
                          proven(desk.address.split("@")[1], letter.octets))
                return
        for pattern, machine in self.machines:
            if re.fullmatch(pattern, to):
                for delay, sender, recipient, octets in machine(letter):
                    self.count("%s to %s" % (self.who(to), desk.name))
                    self.post(self.now + delay, desk, sender, recipient,
                              octets)
                return

    def who(self, to):
        """The machine's side of a pair; None: no machine reads it."""
        for desk in self.desks:
            if to.split("@")[1] == desk.address.split("@")[1]:
                return None if to.startswith("agent") else desk.name
        for pattern, _ in self.machines:
            if re.fullmatch(pattern, to):
                return pattern
        return None

    def run(self, until):
        while self.heap and self.heap[0][0] < until:
            self.now = self.heap[0][0]
            busy = []
            while self.heap and self.heap[0][0] == self.now:
                _, _, desk, sender, recipient, octets = heapq.heappop(
                    self.heap)
                desk.take(sender, recipient, octets)
                if desk not in busy:
                    busy.append(desk)
            for desk in busy:
                for letter in desk.work():
                    self.letter(desk, letter)
            self.patience -= 1
            if self.patience < 0:
                raise RuntimeError("it does not come to rest: %s" %
                                   self.sent.most_common(5))
        self.now = until


    def days(self, desks):
        for day in range(DAYS):
            self.run(START + day * DAY + 12 * HOUR)
            for desk in desks:
                desk.settle()
        self.run(START + DAYS * DAY)


# --- machines ----------------------------------------------------------------

PLACES = ("Ankara Baku Astana Bukhara Khiva Nukus Osh Termez Urgench Fergana "
          "Navoi Jizzakh").split()


def robot(text, subject, to, quote=False, once_a_day=False, refers=False,
          sender=None, proves=False):
    """Answers each letter without any sign of being a machine. to: the field
    that it answers to, or the envelope."""
    state = {"day": None, "n": 0}

    def answer(letter):
        day = letter_day(letter)
        if once_a_day and state["day"] == day:
            return []
        state["day"] = day
        state["n"] += 1
        n = state["n"]
        to_him = letter.rcpts[0]
        me = (sender or "%s").replace("%d", str(n)).replace(
            "%s", to_him).replace("%h", to_him.split("@")[1])
        target = letter.sender if to == "envelope" else \
            address(letter["Reply-To"] if to == "Reply-To" else letter["From"])
        if not target:
            return []
        body = text(n) if callable(text) else text
        if quote:
            body += "\n\n" + "".join("> %s\n" % line for line in
                                     letter.text.splitlines())
        fields = {"Message_ID": "<r%d.%d@%s>" % (
            n, rng.randrange(1 << 30), me.split("@")[1])}
        if refers:
            fields["In_Reply_To"] = letter["Message-ID"]
        octets = mail(me, target, subject(letter, n), body, **fields)
        if proves:
            octets = proven(me.split("@")[1], octets)
        return [(20, me, target, octets)]
    return answer


def letter_day(letter):
    return email.utils.mktime_tz(email.utils.parsedate_tz(
        letter["Date"])) // DAY


def same(letter, n):
    return "Re: " + str(letter["Subject"])


def fixed(letter, n):
    return "Your message"


def counted(letter, n):
    return "[Ticket#20261130%04d] Received: your request" % n


def other(letter, n):
    """Another one each time, without a word of ours."""
    return "%s %s" % (rng.choice(PLACES), "".join(
        rng.choices("bcdfghklmnprst", k=8)))


def coded(letter, n):
    return "[%s-%s] we have your message" % tuple(
        "".join(rng.choices("ABCDEFGHKLMNPQ", k=3)) for _ in "12")


BACK = ("I have your message and will read it when I am at my desk again.\n"
        "For anything that cannot wait please ring the office.")


def received(n):
    """What another desk's program says of each mail."""
    return ("Thank you for contacting our support team.\n"
            "Your request was filed as number %s-%04d. Please keep the "
            "number in the subject.\n"
            "See https://desk.other.invalid/%08x for its state."
            % (rng.choice(PLACES).upper(), n, rng.randrange(1 << 32)))


ROBOTS = [
    ("quotes, same subject, to Reply-To",
     robot(BACK, same, "Reply-To", quote=True)),
    ("same subject, to From", robot(BACK, same, "From")),
    ("refers, same subject, to From, proven",
     robot(BACK, same, "From", refers=True, proves=True)),
    ("quotes, another subject, to From",
     robot(BACK, other, "From", quote=True)),
    ("another subject, to Reply-To", robot(BACK, other, "Reply-To")),
    ("another subject, to the envelope", robot(BACK, other, "envelope")),
    ("another subject, to From", robot(BACK, other, "From")),
    ("another subject, to From, proven",
     robot(BACK, other, "From", proves=True)),
    ("fixed subject, to From", robot(BACK, fixed, "From")),
    ("once a day, another subject, to From",
     robot(BACK, other, "From", once_a_day=True)),
    ("its address changes each time, same subject",
     robot(BACK, same, "From", sender="robot%d@%h")),
    ("its address changes each time, another subject",
     robot(BACK, other, "From", sender="robot%d@%h")),
    ("another desk, from no-reply",
     robot(received, counted, "From", sender="no-reply@%h")),
    ("another desk, a number in its subject",
     robot(received, counted, "From")),
    ("another desk, our subject behind its number", robot(
        received, lambda letter, n: "[#%d] %s" % (
            47110 + n, letter["Subject"]), "From")),
    ("another desk, letters for a number", robot(received, coded, "From")),
    ("another desk, letters for a number, an address for each",
     robot(received, coded, "From",
           sender="desk+%d@%h")),
]


# --- what must hold ----------------------------------------------------------

def all_kept(desk):
    """How many mails are on tickets."""
    return desk.rows("SELECT count(*) FROM message WHERE direction = 'in'"
                     )[0][0]


def quiet(world, title, word=""):
    worst = [(side, day + 1, n) for (side, day), n in world.sent.most_common()
             if word in side][:3]
    tap.ok(not worst or worst[0][2] <= MOST, "AC-01: %s: at most %d automatic "
           "mails a side and day" % (title, MOST), *worst)


def begin(world, desk, who, day, n=0, proves=True):
    """A person writes, from the address that the machine minds too."""
    matter = rng.choice(PLACES)
    octets = mail("Person <%s>" % who, desk.address,
                  "Order %s has not come to %s" % (
                      rng.choice(PLACES).lower() + matter[:2], matter),
                  "Hello,\n\nI ordered in %s and wait in %s. %s" % (
                      rng.choice(PLACES), matter,
                      " ".join(rng.sample(PLACES, 5)).lower()),
                  Message_ID="<q%d.%d@%s>" % (day, n, who.split("@")[1]))
    if proves:
        octets = proven(who.split("@")[1], octets)
    world.post(START + day * DAY + 9 * HOUR, desk, who, desk.address, octets)


def robots(world):
    """A desk, and each robot with a person's mail a day."""
    desk = Desk(world, "shop")
    for i, (_, machine) in enumerate(ROBOTS):
        world.machines.append((r".*@r%d\.invalid" % i, machine))
        for day in range(DAYS):
            begin(world, desk, "person@r%d.invalid" % i, day,
                  proves=i % 2 == 0)
    world.days([desk])
    for i, (title, _) in enumerate(ROBOTS):
        quiet(world, "a robot: " + title, "@r%d\\." % i)
        answered = desk.rows(
            "SELECT count(*) FROM outbox o JOIN message m ON m.ticket = "
            "o.ticket WHERE o.letter LIKE 'ack%' AND m.subject LIKE 'Order %' "
            "AND m.from_address = ?", "person@r%d.invalid" % i)[0][0]
        tap.equal(answered, DAYS, "AC-01: a robot: %s: the person is "
                  "answered each day all the same" % title)
    tap.equal(all_kept(desk), desk.came,
              "AC-01: robots: all their mail is on tickets")
    return desk


def two_desks(world):
    """Two javobs, each a customer of the other."""
    east, west = Desk(world, "east"), Desk(world, "west")
    world.desks = [east, west]
    for day in range(DAYS):
        for n, (a, b) in enumerate(((east, west), (west, east))):
            begin(world, a, b.address, day, n)
    world.days(world.desks)
    quiet(world, "two javobs")
    for desk in world.desks:
        tap.equal(all_kept(desk), desk.came,
                  "AC-01: two javobs: all mail at %s is on tickets" %
                  desk.name)


AGENTS = [
    ("answers the keyed address, not proven", robot(BACK, same, "Reply-To")),
    ("answers the keyed address, proven",
     robot(BACK, same, "Reply-To", proves=True)),
    ("answers the plain address, proven",
     robot(BACK, other, "From", proves=True)),
    ("answers the plain address, not proven", robot(BACK, other, "From")),
    ("answers the envelope", robot(BACK, other, "envelope")),
]


def agents(world):
    """Machines at agents' addresses, alone and in a pair, and a customer's
    robot on the other side."""
    for i, (title, machine) in enumerate(AGENTS):
        world.machines = [(r"agent@staff%d\.invalid" % i, machine),
                          (r"other@staff%d\.invalid" % i, machine),
                          (r".*@customer\.invalid",
                           robot(BACK, same, "Reply-To"))]
        world.now, world.sent = START, collections.Counter()
        desk = Desk(world, "staff%d" % i,
                    agents="agent@staff%d.invalid, other@staff%d.invalid"
                    % (i, i))
        for day in range(min(DAYS, 2)):
            begin(world, desk, "person@customer.invalid", day)
        world.days([desk])
        # They hear of the customer's mails, of each other's, and of what
        # was done with their own.
        worst = [(side, day, n) for (side, day), n in
                 world.sent.most_common(2)]
        tap.ok(worst[0][2] <= 2 * MOST + 1,
               "AC-01: a machine at two agents' addresses %s: it comes to "
               "rest" % title, *worst)
        tap.equal(all_kept(desk), desk.came,
                  "AC-01: a machine at two agents' addresses %s: all its "
                  "mail is on tickets" % title)


def strangers(world):
    """An hour of strangers from many domains, some of them forged, and what
    an agent hears of it."""
    desk = Desk(world, "flood")
    known = proven("buyer.invalid", mail(
        "Buyer <buyer@buyer.invalid>", desk.address, "A proven matter",
        "My parcel has not come.", Message_ID="<known@buyer.invalid>"))
    for n in range(FLOOD):
        who = rng.choice((
            "user%d@host%d.invalid" % (n, n),           # a domain for each
            "user%d@bank.invalid" % n,                  # one forged domain
            "victim@bank.invalid",                      # one forged address
            "agent@flood.invalid", desk.address))
        world.post(START + 9 * HOUR + n * HOUR // FLOOD // 60 * 60, desk, who,
                   desk.address, mail(
                       who, desk.address, "%s %s" % (
                           rng.choice(PLACES), "".join(
                               rng.choices("bcdfghklmnprst", k=6))),
                       " ".join(rng.sample(PLACES, 6)).lower(),
                       Message_ID="<f%d@strange.invalid>" % n))
    world.post(START + 9 * HOUR + 3000, desk, "buyer@buyer.invalid",
               desk.address, known)
    world.run(START + 10 * HOUR)
    letters = desk.sink.mails()
    acks = [m for m in letters if not m.rcpts[0].startswith("agent@")
            and m.rcpts[0] != "buyer@buyer.invalid"]
    by_domain = collections.Counter(m.rcpts[0].split("@")[1] for m in acks)
    tap.equal(all_kept(desk), FLOOD + 1,
              "AC-23: of %d strangers' mails in an hour none is lost" % FLOOD)
    tap.ok(0 < len(acks) <= 60, "AC-23: at most 60 of them are answered",
           len(acks))
    tap.ok(max(by_domain.values()) <= 30, "AC-23: at most 30 in one domain",
           by_domain.most_common(3))
    tap.equal([m for m in acks if m.rcpts[0] == desk.address], [],
              "AC-23: none at our own address")
    tap.ok(any(m.rcpts[0] == "buyer@buyer.invalid" for m in letters),
           "AC-23: a proven customer is answered among them")
    told = [m for m in letters if m.rcpts[0].startswith("agent@")]
    tap.ok(any("A proven matter" in str(m["Subject"]) for m in told),
           "the agent hears of the proven customer at once")
    tap.ok(60 <= len(told) <= 70, "and of the others by some letters only",
           len(told))
    tap.equal(sum(
        "great numbers" in " ".join(m.text.split()) for m in told), 1,
              "one of them says that there are more")
    world.now = START + 11 * HOUR
    rest = [m for m in desk.work() if m.rcpts[0].startswith("agent@")]
    tap.equal(len(rest), 1, "an hour later one letter lists them")
    waited = desk.rows("SELECT count(*) FROM ticket")[0][0] - sum(
        "New request from" in m.text for m in told)
    forged = desk.rows("SELECT count(*) FROM message WHERE from_address = "
                       "'agent@flood.invalid' AND direction = 'in'")[0][0]
    tap.ok(rest and "%d new requests" % (waited - forged) in rest[0].text,
           "with as many as the agent has not heard of (his own aside)",
           waited, forged, rest[0].text[:800] if rest else "")


class Scene:
    """What is to be stopped at the end."""

    def stop(self):
        for sink in Desk.sinks:
            sink.stop()


with scene(tap, Scene()):
    for part in (two_desks, robots, agents, strangers):
        if os.environ.get("PART", part.__name__) == part.__name__:
            part(World())
