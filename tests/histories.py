#!/usr/bin/env python3
"""histories.py KIND: ticket histories of our own, and what became of the
promises that `javob eta-replay` makes on them.

  histories.py check JAVOB    runs every kind, prints TAP
  histories.py csv KIND       writes one as CSV (id, opened, resolved, queue)

Each kind is a desk of another sort; the seed is fixed. What is asked of the
engine is the same for all: the share it aims at is kept within a band, most
tickets get a date, and no date passes in silence.
"""
import math, random, subprocess, sys

DAY, HOUR = 86400, 3600
START = 1767225600  # 2026-01-01
NEVER = math.inf


def arrivals(rnd, days, per_day, shape=lambda t: 1.0):
    """A Poisson process by thinning; shape(t) is at most 4."""
    t, out = 0.0, []
    while True:
        t += rnd.expovariate(4 * per_day / DAY)
        if t >= days * DAY:
            return out
        if rnd.random() < shape(t) / 4:
            out.append(t)


def office(t):
    """More by day, little at weekends."""
    day, hour = int(t // DAY) % 7, t % DAY / HOUR
    return (0.2 if day >= 5 else 1) * (2.4 if 8 <= hour < 18 else 0.2)


def steady(rnd):
    return [(t, t + rnd.lognormvariate(math.log(20 * HOUR), 1.0), "a")
            for t in arrivals(rnd, 120, 25)]


def seasonal(rnd):
    """Worked on in office hours only, and slower in one month of three."""
    out = []
    for t in arrivals(rnd, 180, 20, office):
        slow = 2.0 if int(t // (30 * DAY)) % 3 == 1 else 1.0
        left = slow * rnd.lognormvariate(math.log(3 * HOUR), 0.8)
        end = t
        while left > 0:  # walk through office hours
            day, hour = int(end // DAY), end % DAY / HOUR
            if day % 7 >= 5 or hour >= 18:
                end = (day + 1) * DAY
            elif hour < 9:
                end = day * DAY + 9 * HOUR
            else:
                step = min(left, day * DAY + 18 * HOUR - end)
                left -= step
                end += max(step, 1e-3)
        out.append((t, end, "a"))
    return out


def regime(rnd):
    """Half as fast from one day to the next, and back two months later."""
    return [(t, t + rnd.lognormvariate(math.log(
        (40 if 80 <= t / DAY < 140 else 16) * HOUR), 0.9), "a")
        for t in arrivals(rnd, 220, 25)]


def burst(rnd):
    """Two days with ten times the mail, worked off in order by few hands."""
    free, out = [0.0] * 5, []
    for t in arrivals(rnd, 150, 20,
                      lambda t: 4 if 60 <= t / DAY < 62 else 0.8):
        hand = min(range(5), key=lambda i: free[i])
        free[hand] = max(free[hand], t) + rnd.expovariate(1 / (4.5 * HOUR))
        out.append((t, free[hand], "a"))
    return out


def thin(rnd):
    """Two tickets a day in three queues."""
    return [(t, t + rnd.lognormvariate(math.log(30 * HOUR), 1.0),
             rnd.choice("abc")) for t in arrivals(rnd, 400, 2)]


def heavy(rnd):
    """A Pareto tail: some take a hundred times the median."""
    return [(t, t + 4 * HOUR * (rnd.paretovariate(0.9)), "a")
            for t in arrivals(rnd, 200, 15)]


def unresolved(rnd):
    """One in ten is never settled, nor ever closed."""
    return [(t, NEVER if rnd.random() < .1 else
             t + rnd.lognormvariate(math.log(12 * HOUR), 1.0), "a")
            for t in arrivals(rnd, 200, 15)]


def mixed(rnd):
    """One queue of minutes and one of weeks."""
    return [(t, t + rnd.lognormvariate(math.log(m), 0.7), q)
            for t in arrivals(rnd, 200, 16)
            for q, m in [rnd.choice([("quick", HOUR), ("slow", 9 * DAY)])]]


# kind: (function, how far the kept share may be from p, least usable share)
KINDS = {
    "steady": (steady, .04, .95),
    "seasonal": (seasonal, .06, .95),
    "regime": (regime, .06, .95),
    "burst": (burst, .07, .90),
    "thin": (thin, .07, .85),
    "heavy": (heavy, .05, .90),
    "unresolved": (unresolved, .05, .85),
    "mixed": (mixed, .06, .90),
}


def history(kind):
    rows = KINDS[kind][0](random.Random("javob " + kind))
    rows.sort()
    return [(START + int(o), r if r == NEVER else START + max(int(r), int(o) + 1), q)
            for o, r, q in rows]


def replay(javob, rows, p, tick=HOUR):
    """Promises of first instance, notices, and how many saw a date pass."""
    child = subprocess.Popen([javob, "eta-replay"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    events = [(o, 1, i) for i, (o, r, q) in enumerate(rows)]
    events += [(r, 0, i) for i, (o, r, q) in enumerate(rows) if r < NEVER]
    events.sort()
    end = rows[-1][0]

    def ask(line):
        child.stdin.write(line + "\n")
        child.stdin.flush()
        return child.stdout.readline().split()

    assert ask(f"eta 1 p={p} sla=432000 tick={tick} later=1") == ["ready"]
    first, standing, done = {}, {}, set()
    notices = surprised = 0
    at = events[0][0] // tick * tick + tick
    for t, what, i in events:
        if t > end:
            break
        while at <= t:
            answer = ask(f"tick {at}")
            while answer[0] == "notice":
                n, new = int(answer[1]), int(answer[2])
                assert n in standing and n not in done and new > at
                surprised += standing[n] <= at
                standing[n] = new
                notices += 1
                answer = child.stdout.readline().split()
            assert answer == ["end"]
            at += tick
        if what == 1:
            answer = ask(f"open {t} {i} {rows[i][2]} - -")
            if answer[0] == "promise":
                first[i] = standing[i] = int(answer[2])
                assert first[i] > t
            else:
                assert answer == ["none", str(i)]
        else:
            child.stdin.write(f"resolve {t} {i}\n")
            done.add(i)
            surprised += i in standing and t > standing[i]
    child.stdin.close()
    assert child.wait() == 0
    known = [i for i in first if rows[i][1] <= end or first[i] <= end]
    kept = [rows[i][1] <= first[i] for i in known]
    return {"kept": sum(kept) / len(kept), "usable": len(first) / len(rows),
            "notices": notices / len(first), "surprised": surprised}


def check(javob):
    print(f"1..{len(KINDS) * 2}")
    number = bad = 0
    for kind, (function, band, least) in KINDS.items():
        rows = history(kind)
        for p in (.8, .9):
            number += 1
            f = replay(javob, rows, p)
            ok = (abs(f["kept"] - p) <= band and f["surprised"] == 0
                  and (f["usable"] >= least or p > .8))
            bad += not ok
            print(f"{'ok' if ok else 'not ok'} {number} - "
                  f"{kind}: promises are kept as aimed at, p = {p}")
            print("# " + " ".join(
                f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}"
                for k, v in f.items()) + f" of {len(rows)} tickets")
            sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(check(sys.argv[2]))
    print("id,opened,resolved,queue")
    for n, (o, r, q) in enumerate(history(sys.argv[2])):
        print(f"{n},{o},{'' if r == NEVER else r},{q}")
