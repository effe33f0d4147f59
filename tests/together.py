"""Two agents at the same moment on the same ticket; run by together.t.

TOGETHER, the number of moments, comes from the environment. Every text holds a
word of its own: what was accepted must be there once, what was refused
nowhere, and the events of a ticket must tell one history of its state."""
import collections
import os
import random
import subprocess
import threading
import time
import urllib.parse

from desk import (Lmtp, Site, Tap, free_ports, letter, proven, scene,
                  wait_for)

TOGETHER = int(os.environ.get("TOGETHER", "40"))
MOMENTS = 5  # a pair of tickets sees
SEED = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
AGENTS = ["olga@test.invalid", "petr@test.invalid"]

tap = Tap()
rng = random.Random(SEED)
Deed = collections.namedtuple("Deed", "agent verb number word status said")


def word():
    return "w%016x" % rng.getrandbits(64)


class Moment:
    """Two commands, started together."""

    def __init__(self, plans):
        self.done = [None, None]
        self.barrier = threading.Barrier(2)
        threads = [threading.Thread(target=self.run, args=(i, *plan))
                   for i, plan in enumerate(plans)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def run(self, i, agent, verb, number, arguments, text, delay):
        args = [os.path.join(site.bin, "javob"), "-c", site.conf, "ticket",
                verb, str(number), *arguments, "--as", agent]
        self.barrier.wait()
        time.sleep(delay)
        p = subprocess.run(args, capture_output=True, timeout=120,
                           stdin=subprocess.DEVNULL,
                           env={**os.environ, "HOME": site.dir}, **site.user)
        self.done[i] = Deed(agent, verb, number, text, p.returncode,
                            (p.stdout + p.stderr).decode("utf-8", "replace"))


def plan(agent, pair, last):
    """What an agent does now: verb, ticket, arguments, its word. Tickets are
    merged in the last of their moments, or hardly anything would be done."""
    one, other = pair if rng.random() < 0.7 else pair[::-1]
    verb = rng.choice(["reply"] * 4 + ["note"] * 2 + ["close", "close",
                      "wait", "open", "open", "take", "release", "assign"]
                     + ["merge"] * (8 if last else 0))
    text, arguments = None, []
    if verb in ("reply", "note"):
        text = word()
        arguments = ["This is the answer, %s, and no other." % text]
    elif verb == "assign":
        arguments = [rng.choice(AGENTS)]
    elif verb == "merge":
        arguments = [str(other)]
    return agent, verb, one, arguments, text, rng.uniform(0, 0.012)


def history(events, final):
    """What is wrong with the states that a ticket's events tell of."""
    state, wrong, joined = "new", [], False
    for e in events:
        change = dict(urllib.parse.parse_qsl(e["change"] or "",
                                             keep_blank_values=True))
        if e["event"] == "answered":
            state = "waiting"
        elif e["event"] == "reopened" and not change:  # a customer's mail
            state = "open"
        elif e["event"] == "mail" and state == "waiting":
            state = "open"
        elif "state" in change and "now" in change:
            # What was merged into it may have opened it.
            if change["state"] != state and not (
                    joined and change["state"] == "open"):
                wrong.append("%s: was %s, says %s" % (
                    e["event"], state, change["state"]))
            state = change["now"]
        joined = e["event"] == "merged" and "see" in change
    if joined:
        state = final
    if state != final and not any(e["event"] == "merged" for e in events):
        wrong.append("ends as %s, is %s" % (state, final))
    return wrong


site = None


class Daemon:
    """Ends the daemon even when the test breaks off."""

    @staticmethod
    def stop():
        if site is not None:
            site.stop()


with scene(tap, Daemon):
    tap.note("seed %d, %d moments" % (SEED, TOGETHER))
    site = Site(smtp=free_ports(1)[0], agents=", ".join(AGENTS))
    site.start()
    pairs = max(1, TOGETHER // MOMENTS)
    lmtp = Lmtp(site.lmtp)

    def write(i, text, msgid, **fields):
        sender = "u%d@customer.invalid" % i
        return lmtp.send(sender, ["support@desk.invalid"], proven(
            "customer.invalid", letter(
                "User <%s>" % sender, "support@desk.invalid",
                "Matter %d" % i, text, message_id=msgid, **fields)))

    for i in range(2 * pairs):
        write(i, "The device does not start.", "m%d@customer.invalid" % i)
    wait_for(lambda: len(site.tickets()) == 2 * pairs, 120, 0.2)
    numbers = {t["subject"]: t["number"] for t in site.tickets()}
    tap.equal(len(numbers), 2 * pairs, "tickets are there to be worked on")

    deeds, mails = [], []
    started = time.monotonic()
    for n in range(TOGETHER):
        i = (n // MOMENTS) % pairs * 2
        pair = (numbers["Matter %d" % i], numbers["Matter %d" % (i + 1)])
        if rng.random() < 0.3:
            mails.append((pair, word()))
            write(i, "One more thing: %s." % mails[-1][1],
                  "m%d-%d@customer.invalid" % (i, n),
                  in_reply_to="m%d@customer.invalid" % i)
        last = n % MOMENTS == MOMENTS - 1
        deeds += Moment([plan(AGENTS[0], pair, last),
                         plan(AGENTS[1], pair, last)]).done
    lmtp.close()
    tap.note("%d moments in %.1f s: %s" % (
        TOGETHER, time.monotonic() - started, ", ".join(
            "%s %d of %d" % (v, sum(d.status == 0 for d in deeds
                                    if d.verb == v),
                             sum(d.verb == v for d in deeds))
            for v in sorted({d.verb for d in deeds}))))
    wait_for(lambda: site.spool_waiting() == 0, 30)

    odd = [d for d in deeds if d.status not in (0, 1)]
    tap.ok(not odd, "each deed is done or refused, none fails", *odd[:5])
    mute = [d for d in deeds if d.status == 1 and not d.said.strip()]
    tap.ok(not mute, "what is refused says why", *mute[:5])

    shown = {n: site.show(n) for n in numbers.values()}
    answers, notes, taken = (collections.Counter() for _ in range(3))
    for t in shown.values():
        for m in t["messages"]:
            for w in (m["text"] or "").split():
                w = w.strip(",.:")
                if w.startswith("w") and len(w) == 17:
                    if m["direction"] == "out" and m["kind"] == "reply":
                        answers[w] += 1
                    elif m["direction"] == "in":
                        (notes if m["visibility"] == "internal"
                         else taken)[w] += 1
    wrong = [d for d in deeds if d.verb == "reply"
             and (answers[d.word], notes[d.word])
             != ((1, 1) if d.status == 0 else (0, 0))]
    tap.ok(not wrong, "an answer that was accepted goes out once, another one "
           "not at all", *wrong[:5])
    wrong = [d for d in deeds if d.verb == "note"
             and (answers[d.word], notes[d.word])
             != ((0, 1) if d.status == 0 else (0, 0))]
    tap.ok(not wrong, "a note is there once, and only inside", *wrong[:5])
    wrong = [m for m in mails if taken[m[1]] != 1]
    tap.ok(not wrong, "a customer's words are there once", *wrong[:5])

    wrong = []
    for number, t in shown.items():
        untrue = history(t["events"], t["state"])
        if untrue:
            wrong += ["%d: %s" % (number, w) for w in untrue] + [
                "  %s by %s: %s %s" % (e["event"], e["actor"], e["detail"],
                                       e["change"]) for e in t["events"]]
        into = t["merged_into"]
        if into is not None and any(m for m in t["messages"]):
            wrong.append("%d is part of %d and has kept words" % (
                number, into))
        if into is not None and shown[into]["merged_into"] == number:
            wrong.append("%d and %d are part of each other" % (number, into))
    tap.ok(not wrong, "each ticket has one history, and ends as it tells",
           *wrong[:40])
    done = collections.Counter(
        (d.number, d.verb) for d in deeds if d.status == 0)
    told = collections.Counter()
    names = {"reply": "answered", "note": "note", "close": "closed",
             "open": "reopened", "wait": "waiting", "take": "assigned",
             "release": "assigned", "assign": "assigned", "merge": "merged"}
    for number, t in shown.items():
        for e in t["events"]:
            if e["actor"] in AGENTS:
                told[e["event"]] += 1
    for event in sorted(set(names.values()) - {"merged"}):
        want = sum(d.status == 0 for d in deeds
                   if names.get(d.verb) == event)
        tap.equal(told[event], want,
                  "as many events %s as deeds that did it" % event)
    code, out, err = site.run("check", check=False)
    tap.ok("sound" in out, "the store is sound", out, err)
    tap.equal(site.stop(), 0, "javobd ends in order")
