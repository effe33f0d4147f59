"""The cases below this folder (see README), each in a site of its own with
`javob deliver` and `javob process`; no daemon. Run by tests/spec.t.

usage: run.py SCRATCH-DIR
"""
import base64
import concurrent.futures
import difflib
import email
import getpass
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lint_header import lint  # noqa: E402
JAVOB = os.environ["JAVOB"]
UPDATE = os.environ.get("UPDATE", "") not in ("", "0")
STEPS = ("gate: ", "party: ", "thread: ", "seen: ")


class Broken(Exception):
    """A program failed that has no business to fail."""


def read(path, otherwise=None):
    if otherwise is not None and not os.path.exists(path):
        return otherwise
    with open(path, encoding="utf-8", newline="") as f:
        return f.read()


def pairs(text):
    return dict(line.split("=", 1) for line in text.splitlines() if line)


class Site:
    def __init__(self, case, folder):
        self.folder = folder
        self.conf = os.path.join(folder, "javob.conf")
        self.clock = read(os.path.join(case, "at")).strip()
        own = os.path.join(case, "config")
        os.makedirs(folder)
        shutil.copy(own if os.path.exists(own)
                    else os.path.join(HERE, "config"), self.conf)
        os.chmod(self.conf, 0o600)
        if os.path.isdir(os.path.join(case, "templates")):
            shutil.copytree(os.path.join(case, "templates"),
                            os.path.join(folder, "templates"))
        self.javob("init", folder)

    def javob(self, *words, octets=b"", may_fail=False):
        done = subprocess.run(
            [JAVOB, "-c", self.conf, *words], input=octets,
            capture_output=True, timeout=120,
            env=dict(os.environ, JAVOB_CLOCK=self.clock))
        if done.returncode != 0 and not may_fail:
            raise Broken("javob %s: exit %d\n%s" % (
                " ".join(words), done.returncode,
                (done.stdout + done.stderr).decode("utf-8", "replace")))
        return done.stdout

    def status(self, *words):
        return subprocess.run(
            [JAVOB, "-c", self.conf, *words], input=b"", capture_output=True,
            timeout=120, env=dict(os.environ, JAVOB_CLOCK=self.clock)
            ).returncode

    def lines(self, *words):
        text = self.javob(*words, "--json").decode("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def letters(self):
        return self.lines("queue", "list", "--all")

    def octets(self, letter):
        return self.javob("queue", "show", str(letter["id"]), "--raw")


# --- given -------------------------------------------------------------------

def field(octets, name):
    head = octets.split(b"\r\n\r\n", 1)[0].decode("ascii", "replace")
    head = re.sub(r"\r\n([ \t])", r"\1", head)
    found = re.search(r"(?im)^%s:(.*?)\r?$" % name, head)
    return found.group(1).strip() if found else ""


def address(text):
    return re.sub(r".*<|>.*", "", text)


def fill(site, octets):
    """@@ID:1@@ and the like, from the letters that are there already."""
    letters = site.letters() if b"@@" in octets else []

    def value(match):
        what, number = match.group(1), int(match.group(2))
        if number > len(letters):
            raise Broken("%s: there are %d letters" % (
                match.group(0).decode(), len(letters)))
        letter = letters[number - 1]
        return {
            b"ID": lambda: letter["message_id"],
            b"SENDER": lambda: letter["sender"],
            b"REPLY-TO": lambda: address(field(site.octets(letter),
                                               "Reply-To")),
            b"LOOP": lambda: field(site.octets(letter), "X-Loop"),
            b"REFERENCES": lambda: field(site.octets(letter), "References"),
            b"REF": lambda: re.search(
                rb"(?m)^Ref: (\S+)", site.octets(letter)).group(1).decode(),
            b"LETTER": lambda: site.octets(letter).decode("ascii"),
        }[what]().encode()

    octets = re.sub(rb"@@([A-Z-]+):(\d+)@@", value, octets)
    return octets.replace(b"@@NUL@@", b"\0")


def explain(site, path, octets, words):
    """The explanation; it must give reasons and change nothing."""
    with open(path, "wb") as f:
        f.write(octets)
    said = site.javob("explain", path, *words).decode("utf-8").splitlines()
    if not any(line.startswith(STEPS) for line in said):
        raise Broken("explain gives no reason:\n%s" % "\n".join(said))
    return said


# What must be said of each mail that was not taken before: pattern, and unless
# which other one is there.
DECISIONS = (
    ("its kind", r"gate: kind is ", None),
    ("whether it may be answered",
     r"gate: (may be answered|no automatic answer: .)", None),
    ("who wrote it", r"party: .+ is (proven|not proven): .", None),
    ("its ticket", r"thread: (joins ticket \d+ by .|new ticket.*: .)", None),
    ("its queue", r"route: queue \S+ (by rule|of mailbox) ",
     r"thread: joins"),
    ("the acknowledgement", r"(letter: ack|ack: none: .|import: )", None),
    ("the state", r"ticket: state (stays|is now) ",
     r"(thread: new|relay: |import: )"),
    ("who is told", r"(letter: notify|notify: .|relay: |letter: |import: )",
     None),
)


def undecided(said):
    """Decisions that the explanation gives no reason for."""
    for what, pattern, unless in DECISIONS:
        if not any(re.match(pattern, line) for line in said) and not (
                unless and any(re.match(unless, line) for line in said)):
            yield what


def give(site, path):
    """One mail or command; gives what is wrong with its explanation. A command
    that must be refused begins with "!"."""
    base, kind = os.path.splitext(path)
    env = pairs(fill(site, read(base + ".env", "").encode()).decode())
    if env.get("at", site.clock) != site.clock:
        site.clock = env["at"]
        site.javob("process")  # what time brings comes before the mail
    with open(path, "rb") as f:
        octets = fill(site, f.read())
    if kind == ".cmd":
        for line in octets.decode().splitlines():
            words = line.replace("@@GIVEN@@", os.path.dirname(path)).split()
            if words[0] != "!":
                site.javob(*words)
            elif site.status(*words[1:]) != 1:
                raise Broken("not refused: %s" % line)
        return []
    words = ["--mailbox", env.get("mailbox", "support")]
    for name in ("sender", "recipient"):
        if name in env:
            words += ["--" + name, env[name]]
    said = explain(site, os.path.join(site.folder, "mail"), octets, words)
    lacking = [] if said[0].startswith("seen: ") else [
        "%s: no reason for %s" % (os.path.basename(path), what)
        for what in undecided(said)]
    before = len(site.letters())
    site.javob("deliver", *words, octets=octets)
    site.javob("process")
    made = ["letter: %(letter)s to %(to)s: %(subject)s" % letter
            for letter in site.letters()[before:]]
    told = [line for line in said if line.startswith("letter: ")]
    for line in said:
        if line.startswith("outbox: not again: "):
            told.remove(line.replace("outbox: not again", "letter"))
    if said[0].startswith("seen: "):
        told = []
    if made == told:
        return lacking + (["the explanation:", *said] if lacking else [])
    return ["%s: explained as" % os.path.basename(path), *told, "but made",
            *made]


# --- expect ------------------------------------------------------------------

class Names:
    """Names for what is random, in the order in which it appears."""

    def __init__(self, letters):
        self.letters = {letter["message_id"]: "LETTER-%d@shop.example" % n
                        for n, letter in enumerate(letters, 1)}
        self.known = {}

    def name(self, kind, secret):
        known = self.known.setdefault(kind, {})
        return known.setdefault(secret.lower(),
                                "%s-%d" % (kind, len(known) + 1))

    def __call__(self, text):
        for msgid, name in self.letters.items():
            text = text.replace(msgid, name)
        text = re.sub(r"(?m)^(X-Loop:\s*)[a-z2-7]{30,44}", r"\1LOOP", text)
        text = re.sub(r"\b[a-z2-7]{30,44}(?=[.@])",
                      lambda m: self.name("KEY", m.group()), text)
        text = re.sub(r"(?m)^((?:[ >|]|<p>)*Ref: )([a-z2-7]{30,44})(?=\r?$|<)",
                      lambda m: m.group(1) + self.name("REF", m.group(2)),
                      text)
        for boundary in re.findall(r'boundary="?([^\s";]+)', text):
            text = text.replace(boundary, self.name("BOUNDARY", boundary))
        return text.replace(getpass.getuser() + " (shell)", "USER (shell)")


def ticket_lines(ticket):
    yield "ticket %(number)d: %(state)s" % ticket
    yield "  subject: " + ticket["subject"]
    requester = ticket["requester"]
    yield "  requester: %s" % (
        requester and "%(name)s <%(address)s>" % requester)
    for key in ("agent", "opened", "updated", "promised", "resolved"):
        if ticket[key] is not None:
            yield "  %s: %s" % (key, ticket[key])
    yield "  participants: " + ", ".join(ticket["participants"])
    for message in ticket["messages"]:
        yield ("  %(direction)s %(visibility)s %(kind)s %(from)s -> " % message
               + ", ".join(message["to"]))
        yield "    id: %s" % message["message_id"]
        if message["direction"] == "in":
            yield "    proven: " + ("yes" if message["authenticated"]
                                    else "no")
            if message["joined_by"]:
                yield "    joined by: " + message["joined_by"]
            for line in message["new_text"].splitlines():
                yield "    | " + line
    for event in ticket["events"]:
        yield "  %(at)s %(event)s by %(actor)s: %(detail)s" % event


def header_faults(site, letter, octets, answers):
    """T3: what is wrong with the header of a letter of ours. answers: there
    is a Message-ID that an acknowledgement can name."""
    own = set(re.findall(r"(?m)^address = (\S+)", read(site.conf)))
    faults = lint(types.SimpleNamespace(
        octets=octets, message=email.message_from_bytes(octets),
        sender=letter["sender"], rcpts=letter["to"].split(", ")), own)
    return [f for f in faults if answers or not f.startswith(
        ("an answer without", "References lack"))]


def outcome(site):
    """{file name: text} of everything that came of the case, and faults in
    the letters' headers."""
    letters = site.letters()
    names = Names(letters)
    files = {}
    lines = []
    faults = []
    tickets = {ticket["number"]: json.loads(site.javob(
        "ticket", "show", str(ticket["number"]), "--json"))
        for ticket in site.lines("ticket", "list")}
    for n, letter in enumerate(letters, 1):
        answered = tickets[letter["ticket"]]["messages"][0]["message_id"]
        octets = site.octets(letter)
        faults += ["letter %d: %s" % (n, fault)
                   for fault in header_faults(
                       site, letter, octets, "@made.invalid" not in answered)]
        text = names(readable(octets))
        files["%02d-%s.eml" % (n, letter["letter"])] = text
        lines.append("letter %d: %s <%s> -> %s, ticket %d, %s" % (
            n, letter["letter"], letter["sender"], letter["to"],
            letter["ticket"], letter["state"]))
    for ticket in tickets.values():
        lines += ["", *ticket_lines(ticket)]
    for kept in site.lines("quarantine", "list"):
        lines += ["", "quarantine: " + str(kept.get("reason"))]
    waits = os.listdir(os.path.join(site.folder, "state", "spool", "new"))
    if waits:
        lines += ["", "spool: %d mails wait" % len(waits)]
    files["events"] = names("\n".join(line.rstrip() for line in lines) + "\n")
    return files, faults


def readable(octets):
    """The letter with the text of its base64 parts instead of base64, whose
    lines the keyed reference would make others each time."""
    def text(match):
        return match.group(1) + base64.b64decode(match.group(2)).decode(
            "utf-8").replace("\r\n", "\n").replace("\n", "\r\n")

    return re.sub(r"(Content-Type: text/(?:plain|html); charset=utf-8\r\n"
                  r"Content-Transfer-Encoding: base64\r\n(?:[A-Z].*\r\n)*"
                  r"\r\n)((?:[A-Za-z0-9+/=]+\r\n)+)", text,
                  octets.decode("ascii"))


def update(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", newline="") as f:
            f.write(text)


def differences(folder, files):
    want = {os.path.basename(p): read(p)
            for p in glob.glob(os.path.join(folder, "*"))}
    for name in sorted(want.keys() | files.keys()):
        old, new = want.get(name, ""), files.get(name, "")
        if old != new:
            yield from difflib.unified_diff(
                [repr(x)[1:-1] for x in old.splitlines(True)],
                [repr(x)[1:-1] for x in new.splitlines(True)],
                "expected " + name, "got " + name, lineterm="")


# --- the run -----------------------------------------------------------------

def run(case, scratch):
    """What is wrong with it, with its explanations, with its headers."""
    site = Site(case, os.path.join(scratch, os.path.basename(case)))
    unlike = []
    steps = glob.glob(os.path.join(case, "given", "*.eml")) + \
        glob.glob(os.path.join(case, "given", "*.cmd"))
    for path in sorted(steps):
        unlike += give(site, path)
    files, faults = outcome(site)
    expect = os.path.join(case, "expect")
    if UPDATE:
        update(expect, files)
    return list(differences(expect, files)), unlike, faults


class Tap:
    count = 0

    def ok(self, title, wrong):
        self.count += 1
        print("%sok %d - %s" % ("not " if wrong else "", self.count, title))
        for line in wrong[:80]:
            print("# " + line)
        sys.stdout.flush()


def main():
    tap = Tap()
    only = os.environ.get("SPEC", "*")
    explained = []
    headers = []
    cases = sorted(os.path.dirname(readme) for readme in
                   glob.glob(os.path.join(HERE, only, "README")))
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    runs = [pool.submit(run, case, sys.argv[1]) for case in cases]
    for case, done in zip(cases, runs):
        name = os.path.basename(case)
        title = "%s: %s" % (
            name, " ".join(read(os.path.join(case, "README")).split()))
        try:
            wrong, unlike, faults = done.result()
        except (Broken, OSError, ValueError, subprocess.SubprocessError) as e:
            wrong, unlike, faults = str(e).splitlines() or [repr(e)], [], []
        tap.ok(title, wrong)
        explained += [name + ": " + line for line in unlike]
        headers += [name + ": " + line for line in faults]
    if tap.count == 0:
        tap.ok("there is a case", ["none is called " + only])
    tap.ok("T3: the header of every letter above keeps the rules", headers)
    tap.ok("javob explain gives its reasons for each given mail, and foretells "
           "the letters", explained)
    print("1..%d" % tap.count)


main()
