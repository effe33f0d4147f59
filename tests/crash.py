"""Random SIGKILLs while mail comes in by LMTP; run by crash.t.

The client is what an MTA is: whatever is not answered 250 is sent again.
KILLS and MAILS come from the environment."""
import collections
import os
import random
import signal
import threading
import time

from desk import (Lmtp, Site, Sink, Tap, descendants, letter, proven, scene,
                  state_of, wait_for)

KILLS = int(os.environ.get("KILLS", "10"))
MAILS = int(os.environ.get("MAILS", "100"))
CLIENTS = 4
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))

tap = Tap()
rng = random.Random(SEED)
sink = Sink(light=True)


def name_of(pid):
    try:
        with open("/proc/%d/comm" % pid, encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return "?"


class Intake:
    """CLIENTS threads that send MAILS mails, each until it is accepted."""

    def __init__(self, site):
        self.site = site
        self.left = collections.deque(range(MAILS))
        self.accepted = 0
        self.tries = 0
        self.lock = threading.Lock()
        self.stop = False
        self.gate = threading.Semaphore(0)
        self.threads = [threading.Thread(target=self.run, daemon=True)
                        for _ in range(CLIENTS)]

    def mail(self, i):
        sender = "u%d@customer.invalid" % i
        return sender, proven("customer.invalid", letter(
            "User <%s>" % sender, "support@desk.invalid", "Matter %d" % i,
            "The device does not start.\n" * (1 + i % 50),
            message_id="m%d@customer.invalid" % i))

    def run(self):
        client = None
        while not self.stop:
            self.gate.acquire()
            with self.lock:
                if not self.left:
                    return
                i = self.left.popleft()
            sender, octets = self.mail(i)
            while not self.stop:
                try:
                    self.tries += 1
                    if client is None:
                        client = Lmtp(self.site.lmtp, 20)
                    replies = client.send(sender, ["support@desk.invalid"],
                                          octets)
                    if replies[0].startswith("250"):
                        break
                except Exception:  # cut, refused, 4xx: an MTA tries again
                    pass
                if client is not None:
                    client.close()
                client = None
                time.sleep(0.05)
            with self.lock:
                self.accepted += 1


def sunk():
    """Copies of each acknowledgement: {(question's id): {our id: copies}}."""
    found = collections.defaultdict(collections.Counter)
    with open(os.path.join(sink.dir, "log"), encoding="utf-8") as f:
        for line in f:
            _, rcpt, parent, own = line.split()
            if rcpt.endswith("@customer.invalid"):
                found[parent][own] += 1
    return found


with scene(tap, sink):
    site = Site(smtp=sink.port)
    site.start()
    tap.note("seed %d, %d kills, %d mails" % (SEED, KILLS, MAILS))
    intake = Intake(site)
    for t in intake.threads:
        t.start()
    killed = collections.Counter()
    started = time.monotonic()
    end = started + 60 + KILLS * 2 + MAILS / 20
    for k in range(KILLS):
        # So many mails between two kills, at a moment that nobody chose.
        want = MAILS * (k + 1) // (KILLS + 1)
        already = MAILS * k // (KILLS + 1)
        for _ in range(want - already):
            intake.gate.release()
        wait_for(lambda: intake.accepted >= already, 30)
        time.sleep(rng.random() * 0.06)
        below = [p for p in descendants(site.daemon.pid)
                 if state_of(p) not in (None, "Z")]
        if below:
            victim = rng.choice(below)
            killed[name_of(victim)] += 1
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        else:
            wait_for(lambda: descendants(site.daemon.pid), 10)
    for _ in range(MAILS + CLIENTS):
        intake.gate.release()
    all_in = wait_for(lambda: intake.accepted >= MAILS,
                      max(30, end - time.monotonic()), 0.1)
    tap.ok(all_in, "every mail is accepted in the end",
           "%d of %d" % (intake.accepted, MAILS), site.log_tail())
    wait_for(lambda: len(sunk()) >= MAILS,
             max(60, end - time.monotonic()), 0.25)
    tap.note("%d kills (%s), %d tries, %.1f s" % (
        sum(killed.values()),
        ", ".join("%s %d" % kv for kv in sorted(killed.items())),
        intake.tries, time.monotonic() - started))
    time.sleep(1.0)  # a second copy would come now
    acks = sunk()
    tickets = site.tickets()
    subjects = collections.Counter(t["subject"] for t in tickets)
    lost = [i for i in range(MAILS) if not subjects["Matter %d" % i]]
    tap.equal(len(lost), 0, "no mail is lost")
    tap.equal(len(tickets) - len(subjects), 0, "no mail has two tickets")
    missing = [i for i in range(MAILS)
               if "m%d@customer.invalid" % i not in acks]
    tap.ok(not missing, "no acknowledgement is missing",
           "missing: %s" % missing[:20], site.log_tail())
    tap.equal(sum(1 for ids in acks.values() if len(ids) > 1), 0,
              "no mail is acknowledged twice: copies have one Message-ID")
    extra = sum(sum(ids.values()) for ids in acks.values()) - len(acks)
    tap.ok(extra <= sum(killed.values()),
           "at most one extra copy for each kill",
           "%d extra copies" % extra)
    tap.note("%d extra copies of %d acknowledgements" % (extra, len(acks)))
    tap.equal(site.spool_waiting(), 0, "the spool is empty")
    quarantined = site.run("quarantine", "list")
    if quarantined.strip():
        tap.note("quarantined: " + quarantined)
    tap.equal(site.stop(), 0, "SIGTERM ends the daemon with 0")
    tap.equal(site.sanitizer_words(), [], "no sanitizer has complained")
