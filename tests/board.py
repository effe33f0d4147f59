"""A board in a real Dovecot, from both sides; run by board.t.

TICKETS, ROUNDS, KILLS and CUTS come from the environment. Agents are IMAP
clients that move and flag; the other side is the command line and customers'
mail. Between them and Dovecot stands a proxy that cuts connections."""
import collections
import contextlib
import imaplib
import os
import random
import re
import select
import signal
import socket
import threading
import time

from desk import (Lmtp, Site, Tap, Testbed, descendants, free_ports, letter,
                  proven, scene, state_of, wait_for)

TICKETS = int(os.environ.get("TICKETS", "24"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
KILLS = int(os.environ.get("KILLS", "4"))
CUTS = int(os.environ.get("CUTS", "4"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
COLUMNS = {"new": "New", "open": "Open", "waiting": "Waiting",
           "closed": "Closed"}
AGENT = "olga@test.invalid"

tap = Tap()
rng = random.Random(SEED)
testbed = Testbed("--no-postfix", "--users", "1")


class Proxy:
    """A road to Dovecot that can be cut. Every second connection sees a server
    that cannot MOVE, every third one without CONDSTORE."""

    def __init__(self, to):
        self.to = to
        self.pairs = []
        self.count = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            client, _ = self.server.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.to), 5)
            except OSError:
                client.close()
                continue
            self.pairs.append((client, far))
            self.count += 1
            hidden = ([b" MOVE"] if self.count % 2 else []) + (
                [b" CONDSTORE"] if self.count % 3 else [])
            threading.Thread(target=self.carry, args=(client, far, hidden),
                             daemon=True).start()

    @staticmethod
    def carry(client, far, hidden):
        with contextlib.suppress(OSError, ValueError):
            while True:
                for s in select.select([client, far], [], [])[0]:
                    octets = s.recv(65536)
                    if not octets:
                        raise OSError("closed")
                    for word in hidden if b"CAPABILITY" in octets else ():
                        octets = octets.replace(word, b"")
                    (far if s is client else client).sendall(octets)
        for s in (client, far):
            with contextlib.suppress(OSError):
                s.close()

    def cut(self):
        """All of them, in the middle of whatever they carry."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for s in pair:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
        return len(pairs)

    def stop(self):
        self.server.close()


class Client:
    """An agent's mail program on the board's account."""

    def __init__(self):
        self.imap = imaplib.IMAP4("127.0.0.1", testbed.port("IMAP"))
        self.imap.login("user0001", "secret")

    def cards(self, folder):
        """{ticket number: [(uid, flags)]}"""
        found = collections.defaultdict(list)
        ok, _ = self.imap.select('"Desk/%s"' % folder)
        if ok != "OK":
            return found
        _, data = self.imap.uid(
            "FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        for part in data:
            if not isinstance(part, tuple):
                continue
            head = part[0].decode()
            number = re.search(rb"\[#(\d+)\]", part[1])
            if number:
                found[int(number[1])].append(
                    (re.search(r"UID (\d+)", head)[1],
                     re.search(r"FLAGS \(([^)]*)\)", head)[1]))
        return found

    def all(self):
        """{ticket number: [(folder, uid, flagged)]}"""
        found = collections.defaultdict(list)
        for folder in COLUMNS.values():
            for number, cards in self.cards(folder).items():
                for uid, flags in cards:
                    found[number].append((folder, uid, "\\Flagged" in flags))
        return found

    def move(self, uid, start, to, old=False):
        self.imap.select('"Desk/%s"' % start)
        if old:  # as programs without MOVE do
            self.imap.uid("COPY", uid, '"Desk/%s"' % to)
            self.imap.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
            self.imap.expunge()
        else:
            self.imap.uid("MOVE", uid, '"Desk/%s"' % to)

    def flag(self, uid, folder, on):
        self.imap.select('"Desk/%s"' % folder)
        self.imap.uid("STORE", uid, "+FLAGS" if on else "-FLAGS",
                      r"(\Flagged)")

    def text(self, uid, folder):
        self.imap.select('"Desk/%s"' % folder)
        return self.imap.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1].decode()

    def stop(self):
        with contextlib.suppress(Exception):
            self.imap.logout()


def write(i, subject, text, msgid, to="support@desk.invalid"):
    sender = "u%d@customer.invalid" % i
    client = Lmtp(site.lmtp)
    replies = client.send(sender, [to], proven("customer.invalid", letter(
        "User %d <%s>" % (i, sender), to, subject, text,
        message_id=msgid)))
    client.close()
    return replies[0].startswith("250")


def tickets():
    return {t["number"]: t for t in site.tickets()}


def differs():
    """What of the folders is not as the store says."""
    wrong = []
    found = client.all()
    wanted = tickets()
    for number, t in wanted.items():
        want = (COLUMNS[t["state"]], t["agent"] == AGENT)
        got = [(folder, flagged) for folder, _, flagged in found[number]]
        if got != [want]:
            wrong.append("%d: is %s, should be %s" % (number, got, want))
    for number in set(found) - set(wanted):
        wrong.append("%d: no such ticket" % number)
    return wrong


def quiet(still=0.8, seconds=60):
    """Until nothing has moved in the folders for so long: an agent acts on
    the messages that he sees, not on such as are just being made anew."""
    seen = [None, time.monotonic()]

    def is_still():
        now = {n: sorted(cards) for n, cards in client.all().items()}
        if now != seen[0] or differs():
            seen[:] = [now, time.monotonic()]
        return time.monotonic() - seen[1] >= still
    return wait_for(is_still, seconds, 0.1)


def agree(title, seconds=60):
    wrong = ["?"]

    def same():
        wrong[:] = differs()
        return not wrong
    good = wait_for(same, seconds, 0.1)
    return tap.ok(good, title, *(wrong + [site.log_tail(15)]))


proxy = Proxy(testbed.port("IMAP"))
site = None


class Daemon:
    """Ends the daemon even when the test breaks off."""

    @staticmethod
    def stop():
        if site is not None:
            site.stop()


with scene(tap, Daemon, testbed, proxy):
    tap.note("seed %d, %d tickets, %d rounds, %d kills, %d cuts"
             % (SEED, TICKETS, ROUNDS, KILLS, CUTS))
    with open(os.path.join(os.environ["T"], "board.pass"), "w",
              encoding="utf-8") as f:
        f.write("secret\n")
    smtp = free_ports(1)[0]  # letters wait in the outbox
    site = Site(smtp=smtp, agents=AGENT, rest="""\
[board desk]
imap = imap://user0001@127.0.0.1:%d/Desk
imap-tls = none
imap-sweep = 10s
agent = %s
password-file = %s/board.pass""" % (proxy.port, AGENT, os.environ["T"]))
    site.start()
    client = Client()

    # --- one ticket, read as an agent does -----------------------------------
    started = time.monotonic()
    write(0, "Where is my order?", "Parcel 7 has not come.",
          "q0@customer.invalid")
    number = wait_for(lambda: min(tickets(), default=None))
    found = wait_for(lambda: client.cards("New").get(number), 20)
    tap.ok(found, "a new ticket stands in New", site.log_tail())
    tap.note("from LMTP to the folder: %.0f ms"
             % ((time.monotonic() - started) * 1e3))
    text = client.text(found[0][0], "New")
    for what in ("Subject: [#%d] Where is my order?" % number,
                 "Parcel 7 has not come.", "u0@customer.invalid"):
        tap.ok(what in text, "its message shows: " + what, text)
    back = re.search(r"Reply-To:[^<]*<(support\+[a-z0-9]+@desk.invalid)>", text)
    tap.ok(back, "a reply to it is keyed", text)

    def state():
        return tickets()[number]["state"]

    def place():
        return {k: v for f in COLUMNS.values()
                for k, v in [(f, client.cards(f).get(number))] if v}

    def events():
        return [(e["event"], e["actor"]) for e in site.show(number)["events"]]

    quiet()
    found = client.cards("New")[number]
    started = time.monotonic()
    client.move(found[0][0], "New", "Closed")
    tap.ok(wait_for(lambda: state() == "closed", 15, 0.005),
           "moved to Closed it is closed", site.log_tail())
    tap.note("from the agent's move to the ticket's state: %.0f ms"
             % ((time.monotonic() - started) * 1e3))
    tap.ok(("closed", "user0001") in events(),
           "and the event names the IMAP user", events())
    quiet()
    uid = client.cards("Closed")[number][0][0]
    client.move(uid, "Closed", "Open", old=True)
    tap.ok(wait_for(lambda: state() == "open", 15),
           "copied to Open and removed, as old programs move: it is open",
           site.log_tail())
    quiet()
    client.move(client.cards("Open")[number][0][0], "Open", "Waiting")
    tap.ok(wait_for(lambda: state() == "waiting", 15),
           "moved to Waiting it waits", site.log_tail())
    quiet()
    client.flag(client.cards("Waiting")[number][0][0], "Waiting", True)
    tap.ok(wait_for(lambda: tickets()[number]["agent"] == AGENT, 15),
           "flagged it is the agent's", site.log_tail())
    quiet()
    client.flag(client.cards("Waiting")[number][0][0], "Waiting", False)
    tap.ok(wait_for(lambda: not tickets()[number]["agent"], 15),
           "without the flag it is nobody's", site.log_tail())
    quiet()
    client.move(client.cards("Waiting")[number][0][0], "Waiting", "New")
    tap.ok(wait_for(lambda: list(place()) == ["Waiting"], 15),
           "moved to New, which says nothing, it is put back", place(),
           site.log_tail())
    tap.equal(state(), "waiting", "and the ticket is as it was")
    quiet()
    uid = client.cards("Waiting")[number][0][0]
    client.imap.select("Desk/Waiting")
    client.imap.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
    client.imap.expunge()
    agree("deleted in the folder, it comes back", 20)
    site.run("ticket", "close", str(number))
    agree("closed by command, it stands in Closed", 20)
    write(0, "Re: [#%d] Where is my order?" % number, "Still not here.",
          "q0b@customer.invalid")
    tap.ok(wait_for(lambda: state() == "open", 15), "the customer writes again")
    agree("and it stands in Open", 20)
    text = client.text(client.cards("Open")[number][0][0], "Open")
    tap.ok("Still not here." in text and "Parcel 7" in text,
           "with his new words and the old ones", text)
    before = len(site.show(number)["events"])
    time.sleep(1.5)
    tap.equal(len(site.show(number)["events"]), before,
              "nothing of our own doing is taken for an agent's")
    code, out, err = site.run("health", "--json", check=False)
    tap.ok('"boards":[{"board":"desk","connected":true' in out,
           "javob health tells of the board", out, err)

    # --- many tickets, both sides, kills and cuts ----------------------------
    started = time.monotonic()
    lmtp = Lmtp(site.lmtp)
    for i in range(1, TICKETS):
        sender = "u%d@customer.invalid" % i
        lmtp.send(sender, ["support@desk.invalid"],
                  proven("customer.invalid", letter(
                      "User %d <%s>" % (i, sender), "support@desk.invalid",
                      "Matter %d" % i, "The device does not start.\n" * 3,
                      message_id="m%d@customer.invalid" % i)))
    lmtp.close()
    wait_for(lambda: len(tickets()) == TICKETS, 120, 0.2)
    agree("%d new tickets stand in New" % TICKETS, 300)
    tap.note("%d tickets opened and shown in %.1f s"
             % (TICKETS, time.monotonic() - started))

    done = collections.Counter()

    def kill_one():
        below = [p for p in descendants(site.daemon.pid)
                 if state_of(p) not in (None, "Z")]
        boards = []
        for p in below:
            with contextlib.suppress(OSError):
                with open("/proc/%d/comm" % p, encoding="utf-8") as f:
                    if f.read().strip() == "board":
                        boards.append(p)
        if boards:
            with contextlib.suppress(ProcessLookupError):
                os.kill(boards[0], signal.SIGKILL)
                done["kill"] += 1

    def trouble():
        while done["kill"] < KILLS or done["cut"] < CUTS:
            time.sleep(rng.uniform(0.1, 0.6))
            if done["kill"] < KILLS:
                kill_one()
            time.sleep(rng.uniform(0.1, 0.5))
            if done["cut"] < CUTS:
                proxy.cut()
                done["cut"] += 1

    def by_agent():
        """A move or flag of some tickets, as they stand in the account."""
        standing = {f: list(client.cards(f).items())
                    for f in COLUMNS.values()}
        folder = rng.choice([f for f in standing if standing[f]])
        cards = standing[folder]
        for _, cards in rng.sample(cards, min(8, len(cards))):
            uid, flags = cards[0]
            if rng.random() < 0.3:
                client.flag(uid, folder, "\\Flagged" not in flags)
                done["flag"] += 1
                continue
            to = rng.choice([c for c in COLUMNS.values()
                             if c not in (folder, "New")])
            client.move(uid, folder, to, rng.random() < 0.3)
            done["move"] += 1

    def by_command():
        for number in rng.sample(sorted(known), min(4, len(known))):
            verb = rng.choice(["close", "open", "wait", "reopen"])
            site.run("ticket", verb, str(number), check=False)
            done["command"] += 1

    def by_customer(r):
        for i in rng.sample(range(1, TICKETS), min(4, TICKETS - 1)):
            done["mail"] += 1
            wait_for(lambda i=i: write(
                i, "Re: [#%d] Matter" % by_subject["Matter %d" % i],
                "More on it, round %d." % r,
                "m%d-%d-%d@customer.invalid" % (i, r, done["mail"])), 20, 0.3)

    known = set(tickets())
    by_subject = {t["subject"]: t["number"] for t in tickets().values()}
    started = time.monotonic()
    troubles = threading.Thread(target=trouble)
    troubles.start()
    for r in range(ROUNDS):
        for _ in range(max(1, TICKETS // 16)):
            by_agent()
            by_command()
        by_customer(r)
    troubles.join()
    tap.note("%s in %.1f s" % (", ".join(
        "%s %d" % kv for kv in sorted(done.items())),
        time.monotonic() - started))
    started = time.monotonic()
    agree("after all of it folders and store agree, each ticket once", 300)
    tap.note("quiet after another %.1f s" % (time.monotonic() - started))

    # Every ticket through every state, by agents alone, killed and cut all the
    # time: what they did is what is so.
    for folder in ("Open", "Waiting", "Closed"):
        quiet(2, 120)
        started = time.monotonic()
        killed = done["kill"], done["cut"]
        KILLS, CUTS = KILLS + 1 + KILLS // 10, CUTS + 1 + CUTS // 10
        troubles = threading.Thread(target=trouble)
        troubles.start()
        for other in COLUMNS.values():
            if other == folder:
                continue
            uids = [c[0] for cards in client.cards(other).values()
                    for c in cards]
            if uids:
                client.move(",".join(uids), other, folder)
        troubles.join()
        want = folder.lower()
        good = wait_for(lambda want=want: all(
            t["state"] == want for t in tickets().values()), 120, 0.2)
        tap.ok(good, "all moved to %s: all tickets are %s" % (folder, want),
               collections.Counter(t["state"] for t in tickets().values()),
               site.log_tail())
        tap.note("%d tickets, %d kills, %d cuts in %.1f s" % (
            TICKETS, done["kill"] - killed[0], done["cut"] - killed[1],
            time.monotonic() - started))
        agree("and the folders say so", 60)
    if KILLS:
        tap.ok(done["kill"] > 0, "the board role was killed in between")
    os.kill(site.daemon.pid, signal.SIGTERM)
    wait_for(lambda: site.daemon.poll() is not None, 20)
    tap.equal(site.stop(), 0, "javobd ends in order")
    tap.equal(site.sanitizer_words(), [], "no sanitizer complains")
    agree("and nothing is left half done", 5)
    client.stop()
