"""The measurements of `make bench`; run by run, which has built the programs
in $T/bin. Every figure is a median of this run or of all its mails."""
import contextlib
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

import desk
from desk import (Site, Testbed, descendants, end, letter, lmtp_send, proven,
                  wait_for)

HERE = os.path.dirname(os.path.abspath(__file__))
T = os.environ["T"]
BURST = int(os.environ.get("BURST", "2000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
ALONE = max(BURST // 4, 20)   # mails for one client
STREAM = max(BURST // 8, 20)  # mails one by one
EXISTS = max(BURST // 40, 10)
ANSWERS = max(BURST // 20, 20)
DELIVER = max(BURST // 20, 20)
AGENT = "agent@test.invalid"
DESK = "support@desk.invalid"
TICKS = os.sysconf("SC_CLK_TCK")


# --- mail and programs -------------------------------------------------------

def corpus(name, count, seed):
    """Paths of that many mails, no msg-id of which another corpus has."""
    where = os.path.join(T, name)
    subprocess.run(
        [sys.executable, os.path.join(HERE, "make_corpus.py"), where,
         "--count", str(count), "--seed", str(seed), "--crlf", "--unique",
         "--authserv-id", "mx.test.invalid"],
        check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(where, "manifest.jsonl"), encoding="utf-8") as f:
        return [os.path.join(where, json.loads(line)["file"]) for line in f]


def program(name, files, *args):
    """Runs one of ours; its words and figures as a dictionary."""
    done = subprocess.run(
        [os.path.join(T, "bin", name), *map(str, args)],
        input="".join(f + "\n" for f in files), text=True,
        stdout=subprocess.PIPE, check=True)
    word = done.stdout.split()
    return dict(zip(word[::2], map(float, word[1::2])))


def spoolsync(files, threads):
    return program("spoolsync", files, os.path.join(T, "sync"), threads)


def sqlite(files, batch):
    path = os.path.join(T, "ingest.db")
    got = program("sqlite_ingest", files, path, batch)
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    return got


class Sink:
    """The fast sink; what it has noted, by In-Reply-To."""

    def __init__(self):
        self.log = os.path.join(T, "sink.log")
        port = os.path.join(T, "sink.port")
        self.process = subprocess.Popen(
            [os.path.join(T, "bin", "sink"), self.log, port],
            stdin=subprocess.DEVNULL)
        if not wait_for(lambda: os.path.exists(port)):
            raise RuntimeError("the sink does not start")
        with open(port, encoding="utf-8") as f:
            self.port = int(f.read())

    def lines(self):
        with open(self.log, encoding="utf-8") as f:
            return [line.split() for line in f]

    def last(self):
        return float(self.lines()[-1][0])

    def acks(self):
        """When each customer's msg-id was answered for the first time."""
        found = {}
        for line in self.lines():
            if len(line) == 4 and line[3] != AGENT and line[1] != "-":
                found.setdefault(line[1], float(line[0]))
        return found

    def stop(self):
        end(self.process)


# --- the daemon --------------------------------------------------------------

def cpu_ms(pid):
    """Of the daemon and all below it, the dead included."""
    total = 0
    for one in [pid] + descendants(pid):
        try:
            with open("/proc/%d/stat" % one, encoding="utf-8") as f:
                field = f.read().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        total += sum(map(int, field[11:15]))
    return total * 1000 / TICKS


def pss_mib(pid):
    total = 0
    for one in [pid] + descendants(pid):
        with open("/proc/%d/smaps_rollup" % one, encoding="utf-8") as f:
            total += sum(int(line.split()[1]) for line in f
                         if line.startswith("Pss:"))
    return total / 1024


def pending(site):
    """Letters that are still to be sent."""
    store = sqlite3.connect(
        "file:%s/state/javob.db?mode=ro" % site.dir, uri=True, timeout=10)
    try:
        return store.execute(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'trying')"
        ).fetchone()[0]
    finally:
        store.close()


def wait_empty(site):
    if not wait_for(lambda: site.spool_waiting() == 0 and pending(site) == 0,
                    600, 0.1):
        raise RuntimeError("the queue does not get empty:\n" + site.log_tail())


def load(site, files, connections, gap=0):
    """Sends them; rate and times, and the path of the log."""
    log = os.path.join(T, "load.log")
    got = program("lmtp_load", files, "127.0.0.1", site.lmtp, connections,
                  gap, DESK, log)
    with open(log, encoding="utf-8") as f:
        got["sent"] = {line.split()[0]: float(line.split()[1]) for line in f}
    return got


def percentiles(values):
    values = sorted(values)
    return values[len(values) // 2], values[(len(values) - 1) * 99 // 100]


def ack_times(sent, sink):
    acks = sink.acks()
    took = [(acks[i] - sent[i]) * 1e3 for i in sent if i in acks]
    if not took:
        raise RuntimeError("no acknowledgement has come")
    return took


# --- the table ---------------------------------------------------------------

class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, value, unit, ratio="", aim="", good=None):
        verdict = "" if good is None else "ok" if good else "MISSED"
        self.rows.append((what, value, unit, ratio, aim, verdict))
        sys.stderr.write("bench: %s %s %s %s\n" % (what, value, unit, ratio))

    def show(self):
        head = ("figure", "value", "", "ratio", "aim", "")
        rows = [head] + self.rows
        width = [max(len(row[i]) for row in rows) for i in range(len(head))]
        for row in rows:
            print(("%-*s  %*s %-*s  %*s  %-*s  %s" % (
                width[0], row[0], width[1], row[1], width[2], row[2],
                width[3], row[3], width[4], row[4], row[5])).rstrip())


def against_disk(site, files, n):
    """Rate of n writers, and of n clients between two such runs: on a machine
    that is not ours alone the disk is another one each second."""
    os.sync()
    before = spoolsync(files, n)["rate"]
    used = cpu_ms(site.daemon.pid)
    door = load(site, files, n)
    wait_empty(site)
    door["cpu"] = (cpu_ms(site.daemon.pid) - used) / len(files)
    os.sync()
    return (before + spoolsync(files, n)["rate"]) / 2, door


def intake(table, site, sink, rounds):
    """Doors against disk, and bursts to their end."""
    got = {name: [] for name in ("s1", "l1", "s8", "l8", "r1", "r8", "q1",
                                 "q10", "drain", "held", "cpu")}
    for single, burst in rounds:
        disk, done = against_disk(site, single, 1)
        got["s1"].append(disk)
        got["l1"].append(done["rate"])
        got["q1"].append(sqlite(single, 1)["rate"])
        got["q10"].append(sqlite(burst, 10)["rate"])
        disk, done = against_disk(site, burst, 8)
        got["s8"].append(disk)
        got["l8"].append(done["rate"])
        got["cpu"].append(done["cpu"])
        got["drain"].append(max(sink.last() - done["end"], 0))
        got["held"].append(got["drain"][-1]
                           / (len(burst) / got["q10"][-1]))
        got["r1"].append(got["l1"][-1] / got["s1"][-1])
        got["r8"].append(got["l8"][-1] / got["s8"][-1])
    mid = {name: statistics.median(v) for name, v in got.items()}
    for n in "1", "8":
        table.add("write, fsync, rename, fsync(dir): %s at once" % n,
                  "%.0f" % mid["s" + n], "mails/s")
        table.add("LMTP intake: %s at once" % n, "%.0f" % mid["l" + n],
                  "mails/s", "%.2f" % mid["r" + n], ">= 0.80 of the disk",
                  mid["r" + n] >= 0.8)
    table.add("SQLite, a mail a commit", "%.0f" % mid["q1"], "mails/s")
    table.add("SQLite, ten mails a commit", "%.0f" % mid["q10"], "mails/s")
    table.add("burst of %d: last 250 -> last letter sent" % BURST,
              "%.2f" % mid["drain"], "s", "%.2f" % mid["held"],
              "<= 1.00 of SQLite for as many", mid["held"] <= 1)
    table.add("CPU, arrival to acknowledgement", "%.2f" % mid["cpu"],
              "ms/mail", "", "<= 4", mid["cpu"] <= 4)


def stream(table, site, sink, files):
    sent = load(site, files, 1, 20)["sent"]
    wait_empty(site)
    p50, p99 = percentiles(ack_times(sent, sink))
    table.add("end of DATA -> acknowledgement, p50", "%.1f" % p50, "ms", "",
              "<= 15", p50 <= 15)
    table.add("end of DATA -> acknowledgement, p99", "%.1f" % p99, "ms")


def deliver(table, files):
    site = Site("pipe", smtp=9)
    got = program("cost", files, os.path.join(site.bin, "javob"), "-c",
                  site.conf, "deliver", "--mailbox=support",
                  "--sender=a@example.com")
    if got["failed"] or site.spool_waiting() != len(files):
        raise RuntimeError("javob deliver failed")
    table.add("deliver: CPU", "%.1f" % got["cpu"], "ms", "", "<= 20",
              got["cpu"] <= 20)
    table.add("deliver: wall", "%.1f" % got["wall"], "ms")
    table.add("deliver: peak of memory", "%.1f" % got["peak"], "MiB", "",
              "<= 15", got["peak"] <= 15)


def parse(table, files):
    walk = program("gmime_walk", files)["rate"]
    start = time.monotonic()
    subprocess.run([os.environ["JAVOB"], "inspect", *files], check=True,
                   stdout=subprocess.DEVNULL)
    rate = len(files) / (time.monotonic() - start)
    table.add("GMime alone", "%.0f" % walk, "mails/s")
    table.add("javob inspect", "%.0f" % rate, "mails/s",
              "%.2f" % (rate / walk))


# --- IMAP --------------------------------------------------------------------

class Relay(threading.Thread):
    """Stands between the daemon and Dovecot, and notes when EXISTS passes: two
    clients of one mailbox are not told at the same moment."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.server = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.at = {}
        self.come = threading.Condition()

    def run(self):
        while True:
            client = self.listener.accept()[0]
            server = socket.create_connection(("127.0.0.1", self.server))
            for one in client, server:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for args in (client, server, False), (server, client, True):
                threading.Thread(target=self.copy, args=args,
                                 daemon=True).start()

    def copy(self, source, to, watched):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                if watched:
                    self.note(octets)
                to.sendall(octets)
            to.shutdown(socket.SHUT_WR)

    def note(self, octets):
        now = time.monotonic()
        for line in octets.splitlines():
            word = line.split()
            if len(word) == 3 and word[2] == b"EXISTS":
                with self.come:
                    self.at.setdefault(int(word[1]), now)
                    self.come.notify_all()

    def when(self, number):
        with self.come:
            if not self.come.wait_for(lambda: number in self.at, 30):
                raise RuntimeError("no EXISTS within 30 s")
            return self.at[number]


def msgid_of(octets):
    head = octets.split(b"\r\n\r\n", 1)[0].lower()
    return octets[head.index(b"message-id: <") + 13:].split(b">")[0].decode()


def idle(table, sink, files):
    testbed = Testbed("--no-postfix", "--no-sink")
    password = os.path.join(T, "support.pass")
    with open(password, "w", encoding="utf-8") as f:
        f.write("secret-support\n")
    relay = Relay(testbed.port("IMAP"))
    relay.start()
    site = Site("imap", smtp=sink.port, rest="""\
[mailbox watched]
address = support@test.invalid
queue = general
imap = imap://support@localhost:%d/INBOX
imap-tls = none
password-file = %s""" % (relay.port, password))
    try:
        site.start()
        wait_for(lambda: site.run("health", check=False)[0] == 0, 30)
        came = {}
        for number, path in enumerate(files, 1):
            with open(path, "rb") as f:
                octets = f.read().replace(b"To: support@desk.invalid",
                                          b"To: support@test.invalid")
            lmtp_send(testbed.port("LMTP"), "a@example.com",
                      ["support@test.invalid"], octets)
            came[msgid_of(octets)] = relay.when(number)
            time.sleep(0.05)
        wait_for(lambda: len(site.tickets()) > 0, 30, 1)
        wait_empty(site)
        p50, p99 = percentiles(ack_times(came, sink))
    finally:
        site.stop()
        testbed.stop()
    table.add("IMAP EXISTS -> acknowledgement, p50", "%.1f" % p50, "ms")
    table.add("IMAP EXISTS -> acknowledgement, p99", "%.1f" % p99, "ms")


def answer(note, n):
    """An agent's, in HTML, with the notification below it."""
    quote = "".join(line + "<br>\n" for line in note.text.splitlines())
    return proven("test.invalid", letter(
        "Ann <%s>" % AGENT, note["Reply-To"], "Re: " + note["Subject"],
        "<div>It is on its way, number <b>%d</b>.</div><br>"
        "<div class=\"gmail_quote\"><div>On Mon, 23 Nov 2026 at 10:00, Desk "
        "&lt;%s&gt; wrote:<br></div><blockquote>%s</blockquote></div>\n"
        % (n, DESK, quote), message_id="answer-%d@test.invalid" % n,
        in_reply_to=note["Message-ID"].strip("<> "),
        content_type="text/html; charset=utf-8"))


def answers(table):
    """From the agent's mail at the door to the customer's at the sink, one
    by one."""
    sink = desk.Sink("answers-sink")
    site = Site("answers", smtp=sink.port)
    times = []
    try:
        site.start()
        for n in range(ANSWERS):
            lmtp_send(site.lmtp, "c%d@example.com" % n, [DESK], letter(
                "C <c%d@example.com>" % n, DESK, "Matter %d" % n, "Help.\n",
                message_id="matter-%d@example.com" % n))
        wait_empty(site)
        notes = [m for m in sink.mails() if m.rcpts == [AGENT]]
        for n, note in enumerate(notes):
            to = desk.email.utils.parseaddr(note["Reply-To"])[1]
            octets = answer(note, n)
            known = {m.number for m in sink.mails()}
            start = time.time()
            lmtp_send(site.lmtp, AGENT, [to], octets)
            found = wait_for(lambda: [m for m in sink.mails()
                                      if m.number not in known], 10, 0.002)
            if found:
                times.append((found[0].time - start) * 1000)
            time.sleep(0.05)
    finally:
        site.stop()
        sink.stop()
    if len(times) < ANSWERS:
        raise RuntimeError("%d of %d answers arrived" % (len(times), ANSWERS))
    p50, p99 = percentiles(times)
    table.add("agent's mail at the door -> customer's, p50", "%.1f" % p50,
              "ms", "", "<= 20", p50 <= 20)
    table.add("agent's mail at the door -> customer's, p99", "%.1f" % p99,
              "ms")


def main():
    table = Table()
    seed = iter(range(1, 1000))
    rounds = [(corpus("single%d" % i, ALONE, next(seed)),
               corpus("burst%d" % i, BURST, next(seed)))
              for i in range(ROUNDS)]
    sink = Sink()
    site = Site(smtp=sink.port)
    try:
        site.start()
        intake(table, site, sink, rounds)
        stream(table, site, sink, corpus("stream", STREAM, next(seed)))
        if os.getuid() == 0:
            table.add("memory of the daemon (PSS) after that",
                      "%.1f" % pss_mib(site.daemon.pid), "MiB")
        site.stop()
        deliver(table, rounds[0][0][:DELIVER])
        parse(table, rounds[0][0])
        answers(table)
        if shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin"):
            idle(table, sink, corpus("exists", EXISTS, next(seed)))
        table.add("load of the machine at the end",
                  "%.1f" % os.getloadavg()[0], "")
    finally:
        site.stop()
        sink.stop()
        table.show()


main()
