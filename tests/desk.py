"""desk.py - the words of the Python tests: TAP, a site with its daemon, the
sink, the testbed, and mail programs small enough to be seen through.

Everything is below $T (made by tests/lib.sh) and ends by its pid. Started by
root, the site's programs run as nobody: so they do in the wild.
"""
import contextlib
import email
import email.policy
import email.utils
import glob
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
AUTHSERV_ID = "mx.test.invalid"


# --- TAP ---------------------------------------------------------------------

class Tap:
    """ok / not ok lines; the plan comes at the end."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, title, *why):
        self.count += 1
        print("%sok %d - %s" % ("" if good else "not ", self.count, title))
        if not good:
            self.failed += 1
            for line in "\n".join(map(str, why)).splitlines()[:60]:
                print("# " + line)
        sys.stdout.flush()
        return good

    def equal(self, got, want, title):
        return self.ok(got == want, title, "got:  %r" % (got,),
                       "want: %r" % (want,))

    def skip(self, title, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, title, why), flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def done(self):
        print("1..%d" % self.count, flush=True)


def wait_for(what, seconds=20.0, step=0.02):
    """Calls what() until it gives something true, and returns that; the last
    (false) answer when the time is over."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > end:
            return got
        time.sleep(step)


def free_ports(n):
    socks = [socket.socket() for _ in range(n)]
    for s in socks:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


def port_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def state_of(pid):
    """Letter of /proc/PID/stat, or None; a zombie has ended too."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            return f.read().rsplit(") ", 1)[1][0]
    except OSError:
        return None


def descendants(pid):
    """All living processes below pid."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            with open(path, encoding="utf-8") as f:
                head, tail = f.read().rsplit(") ", 1)
            state, parent = tail.split()[:2]
            if state != "Z":
                parents[int(head.split(" ")[0])] = int(parent)
    found, edge = [], {pid}
    while edge:
        edge = {p for p, up in parents.items() if up in edge}
        found += sorted(edge)
    return found


def end(process, seconds=15):
    """SIGTERM, patience, SIGKILL; exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


# --- the site ----------------------------------------------------------------

CONF = """\
[gateway]
state-dir = state
authserv-id = {authserv_id}
{gateway}
[mailbox support]
address = {address}
name = Test desk
queue = general
{mailbox}
[queue general]
agents = {agents}
first-response = 1h
resolution = 8h
[smtp]
server = smtp://127.0.0.1:{smtp}
{smtp_options}
[lmtp]
listen = 127.0.0.1:{lmtp}
{rest}
"""


class Site:
    """A configuration in a directory, the programs, and the daemon."""

    def __init__(self, name="site", **words):
        self.dir = os.path.join(os.environ["T"], name)
        self.conf = os.path.join(self.dir, "javob.conf")
        self.log = os.path.join(self.dir, "javobd.log")
        self.daemon = None
        self.lmtp = words.get("lmtp") or free_ports(1)[0]
        text = CONF.format_map({
            "authserv_id": AUTHSERV_ID, "gateway": "",
            "address": "support@desk.invalid", "mailbox": "",
            "agents": "agent@test.invalid", "smtp_options": "", "rest": "",
            **words, "lmtp": self.lmtp})
        os.makedirs(self.dir)
        self.bin = os.path.join(self.dir, "bin")
        os.makedirs(self.bin)
        for program in ("JAVOB", "JAVOBD"):
            shutil.copy(os.environ[program],
                        os.path.join(self.bin, program.lower()))
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write("\n".join(line for line in text.splitlines() if line)
                    + "\n")
        self.user = {}
        if os.getuid() == 0:
            self.user = {"user": "nobody", "group": "nogroup",
                         "extra_groups": []}
            shutil.chown(self.dir, "nobody", "nogroup")
            shutil.chown(self.conf, "nobody", "nogroup")
        self.run("init", self.dir)

    def run(self, *args, check=True, octets=None, text=True, env=None):
        done = subprocess.run(
            [os.path.join(self.bin, "javob"), "-c", self.conf, *args],
            input=octets, capture_output=True, timeout=120,
            env={**os.environ, "HOME": self.dir, **(env or {})}, **self.user)
        out, err = done.stdout, done.stderr
        if text:
            out = out.decode("utf-8", "replace")
        if check and done.returncode != 0:
            raise RuntimeError("javob %s: exit %d: %s" % (
                " ".join(args), done.returncode, err.decode(errors="replace")))
        return out if check else (done.returncode, out, err.decode(
            errors="replace"))

    def json_lines(self, *args):
        return [json.loads(line) for line in self.run(*args).splitlines()
                if line.strip()]

    def tickets(self):
        return self.json_lines("ticket", "list", "--json")

    def show(self, number):
        return self.json_lines("ticket", "show", str(number), "--json")[0]

    def raw(self, number, message):
        return self.run("ticket", "show", str(number), "--raw", str(message),
                        text=False)

    def queue(self):
        return self.json_lines("queue", "list", "--json")

    def start(self, wait=True):
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(
                [os.path.join(self.bin, "javobd"), "-c", self.conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "HOME": self.dir}, **self.user)
        if wait and not wait_for(lambda: port_open(self.lmtp)
                                 or self.daemon.poll() is not None):
            raise RuntimeError("javobd does not answer by LMTP:\n"
                               + self.log_tail())
        if self.daemon.poll() is not None:
            raise RuntimeError("javobd ended:\n" + self.log_tail())

    def stop(self):
        if self.daemon is None:
            return 0
        status = end(self.daemon)
        self.daemon = None
        return status

    def log_text(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def log_tail(self, lines=30):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def spool_waiting(self):
        return len(glob.glob(os.path.join(self.dir, "state", "spool", "new",
                                          "*")))

    def sanitizer_words(self):
        return [line for line in self.log_text().splitlines()
                if "ERROR: AddressSanitizer" in line
                or "runtime error:" in line
                or "ERROR: LeakSanitizer" in line]


# --- where mail ends up ------------------------------------------------------

class Mail:
    """One mail that the sink took."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.octets = f.read()
        with open(path[:-4] + ".json", encoding="utf-8") as f:
            envelope = json.load(f)
        self.number = os.path.basename(path)[:-4]
        self.sender, self.rcpts = envelope["from"], envelope["rcpts"]
        self.time = envelope["time"]
        self.message = email.message_from_bytes(
            self.octets, policy=email.policy.default)

    def __getitem__(self, name):
        return self.message[name]

    @property
    def text(self):
        part = self.message.get_body(("plain",))
        return part.get_content().replace("\r\n", "\n") if part else ""


class Sink:
    """tests/testbed/sink.py alone, without the rest of the testbed."""

    def __init__(self, name="sink", light=False):
        self.dir = os.path.join(os.environ["T"], name)
        os.makedirs(self.dir)
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(TESTS, "testbed", "sink.py"),
             "--dir", self.dir, "--smtp", "0"]
            + (["--light"] if light else []), stdin=subprocess.DEVNULL)
        self.cache = {}
        port = wait_for(self.read_port)
        if not port:
            raise RuntimeError("the sink does not start")
        self.port = port

    def read_port(self):
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(self.dir, "port"), encoding="utf-8") as f:
                return int(f.read())
        return None

    def mails(self):
        return sink_mails(self.dir, self.cache)

    def stop(self):
        end(self.process)


def sink_mails(directory, cache):
    for path in sorted(glob.glob(os.path.join(directory, "*.eml"))):
        if path not in cache:
            cache[path] = Mail(path)
    return [cache[p] for p in sorted(cache)]


# --- mail programs -----------------------------------------------------------

def letter(sender, to, subject, text, **fields):
    """Octets of a plain mail, CRLF. Fields: message_id="x@y" and so on."""
    head = [("From", sender), ("To", to), ("Subject", subject),
            ("Date", email.utils.formatdate(localtime=True)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit")]
    for name, value in fields.items():
        name = {"message_id": "Message-ID", "mime_version": "MIME-Version"
                }.get(name, name.replace("_", "-").title())
        if name in ("Message-ID", "In-Reply-To"):
            value = "<%s>" % value
        head = [h for h in head if h[0] != name] + [(name, value)]
    return ("".join("%s: %s\r\n" % h for h in head) + "\r\n"
            + text.replace("\r\n", "\n").replace("\n", "\r\n")).encode()


def proven(domain, octets, authserv_id=AUTHSERV_ID):
    """The border's word that the From domain is who sent it."""
    return (b"Authentication-Results: %s; dmarc=pass header.from=%s\r\n"
            % (authserv_id.encode(), domain.encode())) + octets


class Lmtp:
    """One LMTP connection; the reply codes of every recipient."""

    def __init__(self, port, seconds=60):
        self.sock = socket.create_connection(("127.0.0.1", port), seconds)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.expect("220")
        self.command("LHLO test.invalid", "250")

    def reply(self):
        while True:
            line = self.file.readline()
            if not line.endswith(b"\n"):
                raise ConnectionError("cut")
            line = line.decode("latin-1").rstrip()
            if line[3:4] != "-":
                return line

    def expect(self, code):
        line = self.reply()
        if not line.startswith(code):
            raise smtplib.SMTPResponseException(int(line[:3] or 0), line)
        return line

    def command(self, line, code):
        self.sock.sendall(line.encode() + b"\r\n")
        return self.expect(code)

    def send(self, sender, rcpts, octets):
        """List of the final replies, one a recipient."""
        self.command("MAIL FROM:<%s>" % sender, "250")
        for r in rcpts:
            self.command("RCPT TO:<%s>" % r, "250")
        self.command("DATA", "354")
        octets = octets.replace(b"\r\n.", b"\r\n..")
        if octets.startswith(b"."):
            octets = b"." + octets
        if not octets.endswith(b"\r\n"):
            octets += b"\r\n"
        self.sock.sendall(octets + b".\r\n")
        return [self.reply() for _ in rcpts]

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.sendall(b"QUIT\r\n")
            self.sock.close()


def lmtp_send(port, sender, rcpts, octets):
    client = Lmtp(port)
    try:
        return client.send(sender, rcpts, octets)
    finally:
        client.close()


# --- the testbed -------------------------------------------------------------

class Testbed:
    """Postfix, Dovecot and the sink; see tests/testbed/start.sh."""

    def __init__(self, *options):
        self.dir = os.path.join(os.environ["T"], "testbed")
        done = subprocess.run(
            [os.path.join(TESTS, "testbed", "start.sh"), self.dir, *options],
            capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError("testbed: %s" % done.stderr.decode())
        self.env = {}
        with open(os.path.join(self.dir, "env"), encoding="utf-8") as f:
            for line in f:
                name, value = line.rstrip("\n").split("=", 1)
                self.env[name] = value
        self.cache = {}

    def port(self, name):
        return int(self.env["TB_%s_PORT" % name])

    def smtp_send(self, sender, rcpt, octets):
        with smtplib.SMTP("127.0.0.1", self.port("SMTP"), timeout=30) as s:
            s.sendmail(sender, [rcpt], octets)

    def mailbox(self, user):
        """Messages in a Dovecot mailbox, oldest first."""
        found = []
        for sub in ("new", "cur"):
            for path in glob.glob(os.path.join(self.dir, "mail", user, sub,
                                               "*")):
                with contextlib.suppress(OSError):
                    with open(path, "rb") as f:
                        octets = f.read()
                    found.append((os.path.basename(path).split(".V")[0],
                                  octets))
        found.sort()
        return [email.message_from_bytes(o, policy=email.policy.default)
                for _, o in found]

    def sink(self):
        return sink_mails(self.env["TB_SINK_DIR"], self.cache)

    def stop(self):
        subprocess.run([os.path.join(TESTS, "testbed", "stop.sh"), self.dir],
                       stdin=subprocess.DEVNULL, check=False)


@contextlib.contextmanager
def scene(tap, *parts):
    """Runs the block; whatever happens, ends the parts and prints the plan."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        yield
    except Exception as e:  # the plan must be printed even so
        import traceback
        tap.ok(False, "the test itself ran to its end",
               "".join(traceback.format_exception(e)))
    finally:
        for part in parts:
            part.stop()
        tap.done()
