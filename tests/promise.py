"""What `javob promise explain` says, asked again of the store itself; notices
after a stop, a wrong clock and kills. Run by tests/promise.t.

usage: promise.py explain|held|kill SITE
"""
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time

JAVOB = os.environ["JAVOB"]
SITE = sys.argv[2]
CONF = os.path.join(SITE, "javob.conf")


def javob(*words, clock, octets=b""):
    return subprocess.run(
        [JAVOB, "-c", CONF, *words], input=octets, check=True,
        capture_output=True, env=dict(os.environ, JAVOB_CLOCK=clock)
    ).stdout.decode()


def deliver(number, clock):
    javob("deliver", "--mailbox", "support", clock=clock, octets=(
        "Authentication-Results: mx.shop.example; dmarc=pass "
        f"header.from=c{number}.example\nFrom: ann@c{number}.example\n"
        f"To: support@shop.example\nSubject: Kettle {number}\n"
        f"Message-ID: <m{number}@c{number}.example>\n\nIt leaks.\n").encode())


def letters(name, clock):
    lines = javob("queue", "list", "--all", "--json", clock=clock)
    return [one for one in map(json.loads, lines.splitlines())
            if one["letter"] == name]


def explain():
    """Each figure by the SQL that stands below it."""
    said = javob("promise", "explain", "1001", clock="2026-11-23T10:30:00Z")
    print(said)
    found = re.findall(
        r": (\d+) cases, .*\n  (SELECT(?:.*\n)+?.*;)", said)
    assert len(found) == 3, found
    store = sqlite3.connect(f"file:{SITE}/state/javob.db?mode=ro", uri=True) \
        if os.path.exists(f"{SITE}/state/javob.db") else None
    if store is None:
        name = [f for f in os.listdir(f"{SITE}/state") if f.endswith(
            (".sqlite", ".db", ".sqlite3"))][0]
        store = sqlite3.connect(f"file:{SITE}/state/{name}?mode=ro", uri=True)
    for count, sql in found:
        asked = store.execute(sql).fetchone()[0]
        assert asked == int(count) > 0, (sql, asked, count)
    level, share = re.search(
        r"level: \.(\d+), to keep (\d+)", said).groups()
    assert (level, share) == ("800", "80"), said


def held():
    """A stop of three days: more than 20 are held, once, and somebody hears."""
    for n in range(30):
        deliver(n, "2026-11-23T05:00:00Z")
    javob("process", clock="2026-11-23T05:00:00Z")
    for _ in range(3):
        javob("process", clock="2026-11-26T08:00:00Z")
    # Back, and forth again: each once.
    javob("process", clock="2026-11-23T06:00:00Z")
    javob("process", clock="2026-11-26T08:01:00Z")
    found = letters("delay", "2026-11-26T08:01:00Z")
    print([(one["ticket"], one["state"]) for one in found])
    assert len(found) == 30
    assert len({one["ticket"] for one in found}) == 30
    assert {one["state"] for one in found} == {"held"}
    told = [one for one in letters("notify", "2026-11-26T08:01:00Z")
            if one["created"] > "2026-11-26"]
    assert len(told) == 1, told
    javob("queue", "release", str(found[0]["id"]),
          clock="2026-11-26T08:02:00Z")
    assert letters("delay", "2026-11-26T08:02:00Z")[0]["state"] == "queued"


def kill():
    """SIGKILL at any moment of the timers: none twice, none lost."""
    rand = random.Random(6)
    for n in range(15):
        deliver(n, "2026-11-23T05:00:00Z")
    javob("process", clock="2026-11-23T05:00:00Z")
    for _ in range(25):
        child = subprocess.Popen(
            [JAVOB, "-c", CONF, "process"], stdout=subprocess.DEVNULL,
            env=dict(os.environ, JAVOB_CLOCK="2026-11-23T12:20:00Z"))
        time.sleep(rand.random() * .08)
        child.send_signal(signal.SIGKILL)
        child.wait()
    javob("process", clock="2026-11-23T12:20:00Z")
    found = letters("delay", "2026-11-23T12:20:00Z")
    print(len(found))
    assert sorted(one["ticket"] for one in found) == list(range(1001, 1016))


{"explain": explain, "held": held, "kill": kill}[sys.argv[1]]()
