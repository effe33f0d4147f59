#!/usr/bin/python3
"""A scripted SMTP server on loopback, for tests.

usage: fake-smtp.py [name=value ...]

Prints its port, then serves until its standard input ends. Lines on standard
input are questions: "stats" is answered by one line of counters.

  dir=DIR          each mail taken: DIR/N.eml (octets, dots undone) and
                   DIR/N.env (its MAIL and RCPT lines)
  caps=A,B         what EHLO announces (STARTTLS comes by itself with cert)
  cert=F key=F     PEM files; implicit=1: TLS from the first octet
  user=U pass=P    what AUTH takes
  STEP=ACTION      what happens at connect, ehlo, helo, starttls, auth, mail,
                   rcpt, data, body, dot, rset or quit
  STEP*N=ACTION    the same, but only the first N times
  STEP@N=ACTION    the same, but only the Nth time

ACTION: a reply ("451 4.3.0 no", "|" between the lines of a long one), or
  cut      close            stall    say nothing more
  drip     one octet of a reply each 50 ms
  inject   (starttls) a second reply in plain text behind the first
  hang     (ehlo) "AUTH" with a TAB, at which libetpan's parser loops
  flood    a reply that never ends
  garbage  something that is no reply
  take-cut (dot) keep the mail, then close
A forward-path "NNN-anything@" is answered with NNN.
"""
import base64, os, re, socket, ssl, sys, threading, time

opt = dict(a.split("=", 1) for a in sys.argv[1:])
lock = threading.Lock()
count = {}
stats = {"connections": 0, "mails": 0, "quits": 0, "resets": 0}
CAPS = [c for c in opt.get("caps", "SIZE 1000000").split(",") if c]


class Closed(Exception):
    pass


def action(step):
    """The action for this visit of a step, or None."""
    with lock:
        count[step] = count.get(step, 0) + 1
        n = count[step]
    for key, value in opt.items():
        m = re.fullmatch(re.escape(step) + r"(?:([*@])(\d+))?", key)
        if m and (m[1] is None or (m[1] == "*" and n <= int(m[2])) or
                  (m[1] == "@" and n == int(m[2]))):
            return value
    return None


class Session:
    def __init__(self, conn):
        self.conn = conn
        self.file = conn.makefile("rb")
        self.tls = "implicit" in opt
        self.env = []

    def say(self, text):
        lines = text.split("|")
        for line in lines[:-1]:
            self.send((line[:3] + "-" + line[4:] + "\r\n").encode())
        self.send((lines[-1] + "\r\n").encode())

    def send(self, octets):
        self.conn.sendall(octets)

    def answer(self, step, usual):
        """Says the usual reply or does what the script has. True: usual."""
        act = action(step)
        if act is None:
            if usual:
                self.say(usual)
            return True
        if act == "cut":
            raise Closed
        if act == "stall":
            time.sleep(60)
            raise Closed
        if act == "drip":
            for _ in range(1000):
                self.send(b"2")
                time.sleep(0.05)
        if act == "flood":
            for _ in range(4000):
                self.send(b"250-" + b"x" * 1000 + b"\r\n")
            raise Closed
        if act == "garbage":
            self.send(b"\x00\xff nonsense\r\n")
            return False
        if act == "hang":
            self.say("250 me|250 AUTH \tFOO BAR|250 SIZE")
            return True
        if act == "inject":
            self.send(b"220 go\r\n250 injected\r\n")
            return True
        self.say(act)
        return act[0] in "23"

    def line(self):
        line = self.file.readline(65536)
        if not line:
            raise Closed
        return line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")

    def start_tls(self):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(opt["cert"], opt["key"])
        self.conn = ctx.wrap_socket(self.conn, server_side=True)
        self.file = self.conn.makefile("rb")
        self.tls = True

    def auth(self, line):
        words = line.split()
        if words[1].upper() == "PLAIN":
            _, user, word = base64.b64decode(words[2]).decode().split("\0")
        else:
            self.say("334 VXNlcm5hbWU6")
            user = base64.b64decode(self.line()).decode()
            self.say("334 UGFzc3dvcmQ6")
            word = base64.b64decode(self.line()).decode()
        good = (user, word) == (opt.get("user"), opt.get("pass"))
        self.answer("auth", "235 2.7.0 in" if good else
                    "535 5.7.8 bad user or password")

    def keep(self, octets):
        with lock:
            stats["mails"] += 1
            n = stats["mails"]
        if "dir" in opt:
            with open(os.path.join(opt["dir"], "%d.env" % n), "w",
                      errors="surrogateescape") as f:
                f.write("\n".join(self.env) + "\n")
            with open(os.path.join(opt["dir"], "%d.eml" % n), "wb") as f:
                f.write(octets)
        return n

    def data(self):
        if not self.answer("data", "354 go on"):
            return
        act = action("body")
        octets = b""
        while True:
            line = self.file.readline()
            if act == "cut":
                raise Closed
            if act and len(octets) > 100000:
                self.say(act)
                time.sleep(0.3)
                raise Closed
            if not line:
                raise Closed
            if line == b".\r\n":
                break
            octets += line[1:] if line[:1] == b"." else line
        key = [k for k in opt if k.startswith("dot")]
        if any(opt[k] == "take-cut" for k in key):
            self.keep(octets)
            raise Closed
        if self.answer("dot", None):
            self.say("250 2.0.0 kept as %d" % self.keep(octets))
        self.env = []

    def rcpt(self, line):
        m = re.match(r"RCPT TO:<(\d\d\d)-", line)
        if m:
            self.say("%s %s.1.1 as you wish" % (m[1], m[1][0]))
        elif self.answer("rcpt", "250 2.1.5 ok"):
            self.env.append(line)

    def command(self, line):
        verb = re.split(r"[ :]", line)[0].upper()
        if verb == "EHLO":
            caps = CAPS + (["STARTTLS"] if "cert" in opt and not self.tls
                           else [])
            self.answer("ehlo", "|".join("250 " + c for c in ["me"] + caps))
        elif verb == "HELO":
            self.answer("helo", "250 me")
        elif verb == "STARTTLS":
            if self.answer("starttls", "220 go"):
                self.start_tls()
        elif verb == "AUTH":
            self.auth(line)
        elif verb == "MAIL":
            if self.answer("mail", "250 2.1.0 ok"):
                self.env = [line]
        elif verb == "RCPT":
            self.rcpt(line)
        elif verb == "DATA":
            self.data()
        elif verb == "RSET":
            stats["resets"] += 1
            self.answer("rset", "250 2.0.0 ok")
        elif verb == "QUIT":
            stats["quits"] += 1
            self.answer("quit", "221 2.0.0 bye")
            raise Closed
        else:
            self.say("502 5.5.1 what?")

    def run(self):
        try:
            stats["connections"] += 1
            if self.tls:
                self.start_tls()
            self.answer("connect", "220 fake ESMTP")
            while True:
                self.command(self.line())
        except (Closed, OSError, ValueError):
            pass
        finally:
            try:
                self.conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.conn.close()


def accept(server):
    while True:
        conn, _ = server.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=Session(conn).run, daemon=True).start()


server = socket.create_server(("127.0.0.1", int(opt.get("port", "0"))))
print(server.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(server,), daemon=True).start()
for question in sys.stdin:
    print(" ".join("%s=%d" % s for s in stats.items()), flush=True)
