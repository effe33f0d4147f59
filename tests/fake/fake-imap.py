#!/usr/bin/python3
"""A scripted IMAP server on loopback, for tests.

usage: fake-imap.py [name=value ...]

Prints its port, then serves one mailbox until its standard input ends. Each
line on standard input is an order, answered by one line:
  deliver [OCTETS]   a new mail; those who idle are told
  remove UID         a mail is gone
  uidvalidity N      the mailbox is made anew: UIDs begin at 1 again
  set NAME VALUE     changes a value below (VALUE "-" removes it)
  cut                closes all connections
  state              "UID:flags ..." of INBOX, then "FOLDER=n" of others
  log                the commands since the last "log", by ";"

  mails=N            so many at the start, uid=FIRST of them (1)
  date=TEXT          INTERNALDATE (that of the start, as an IMAP date-time)
  caps=A,B           after login (IDLE,UIDPLUS,MOVE); before: before=A,B
  cert=F key=F       PEM files; implicit=1: TLS from the first octet
  user=U pass=P      what LOGIN and AUTHENTICATE PLAIN take
  uidvalidity=N (7)  perm=FLAGS  readonly=1  nouidnext=1  size=ADD to SIZE
  STEP=ACTION        at greeting, capability, starttls, login, select, list,
                     body, idle, done, store, move, copy, expunge, logout
  STEP*N=ACTION      only the first N times; STEP/UID=ACTION: only that mail
  preauth=1          greeting says PREAUTH

ACTION: "NO text", "BAD text", "OK text" (and nothing else), or
  cut  stall  drip  inject  empty   (nothing but OK)
  silent    (idle) take IDLE and never tell of mail
  early     (idle) tell of a new mail before the "+"
  half      (body) cut in mid-literal       short/long  wrong literal length
  quoted    (body) as quoted string         nil         BODY[] NIL
  other     (body) the answer is for another UID
  garbage   (list, body) a line that is no IMAP
  huge      (body) announces a literal of 4 GiB and sends for ever
"""
import base64, re, socket, ssl, sys, threading, time

opt = dict(a.split("=", 1) for a in sys.argv[1:])
lock = threading.RLock()
count = {}
said = []
sessions = []
folders = {}
STARTED = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime())


class Closed(Exception):
    pass


class Mailbox:
    def __init__(self, first, validity):
        self.mails = []   # [uid, octets, flags]
        self.next = first
        self.validity = validity

    def add(self, octets=None):
        if octets is None:
            octets = (b"From: ann@shop.example\r\nTo: support@shop.example"
                      b"\r\nSubject: %d\r\nMessage-ID: <%d.%d@shop.example>"
                      b"\r\n\r\nHello\r\n" % (self.next, self.validity,
                                             self.next))
        self.mails.append([self.next, octets, set()])
        self.next += 1


box = Mailbox(int(opt.get("uid", "1")), int(opt.get("uidvalidity", "7")))
for _ in range(int(opt.get("mails", "0"))):
    box.add()


def action(step, uid=None):
    with lock:
        for key in list(opt):
            m = re.fullmatch(re.escape(step) + r"(?:/(\d+))?(?:\*(\d+))?",
                             key)
            if not m or (m[1] and int(m[1]) != uid):
                continue
            count[key] = count.get(key, 0) + 1
            if m[2] is None or count[key] <= int(m[2]):
                return opt[key]
    return None


class Session:
    def __init__(self, conn):
        self.conn = conn
        self.file = conn.makefile("rb")
        self.tls = "implicit" in opt
        self.inside = False
        self.selected = False
        self.idle = None    # tag
        self.exists = 0
        self.write = threading.Lock()

    def send(self, octets):
        with self.write:
            self.conn.sendall(octets)

    def say(self, text):
        self.send(text.encode() + b"\r\n")

    def scripted(self, tag, step, uid=None):
        """True: the script has dealt with the command."""
        act = action(step, uid)
        if act is None:
            return False
        if act == "cut":
            raise Closed
        if act == "stall":
            time.sleep(60)
            raise Closed
        if act == "drip":
            self.send(b"* OK ")
            for _ in range(1200):
                self.send(b"x")
                time.sleep(0.05)
        if act == "empty":
            self.say("%s OK done" % tag)
            return True
        if act.split(" ")[0] in ("NO", "BAD", "OK"):
            self.say("%s %s" % (tag, act))
            return True
        if act == "garbage":
            self.say("* 1 FETCH (UID )(( nonsense")
            self.say("%s OK done" % tag)
            return True
        return self.special(tag, act, uid)

    def special(self, tag, act, uid):
        body = b"".join(m[1] for m in box.mails if m[0] == uid)
        head = b"* 1 FETCH (UID %d BODY[] " % (uid or 0)
        done = b")\r\n%s OK done\r\n" % tag.encode()
        if act == "inject":
            self.send(b"%s OK go\r\n* OK injected\r\n" % tag.encode())
            self.start_tls()
        elif act == "half":
            self.send(head + b"{%d}\r\n" % len(body) + body[:10])
            raise Closed
        elif act == "short":
            self.send(head + b"{%d}\r\n" % (len(body) - 5) + body + done)
        elif act == "long":
            self.send(head + b"{%d}\r\n" % (len(body) + 50000) + body + done)
        elif act == "quoted":
            self.send(head + b'"short mail"' + done)
        elif act == "nil":
            self.send(head + b"NIL" + done)
        elif act == "other":
            self.send(b"* 1 FETCH (UID 99999 BODY[] {%d}\r\n" % len(body) +
                      body + done)
        elif act == "huge":
            self.send(head + b"{4294967295}\r\n")
            while True:
                self.send(b"x" * 65536)
        elif act == "early":
            with lock:
                box.add()
                self.exists = len(box.mails)
            self.say("* %d EXISTS" % self.exists)
            self.say("+ idling")
            self.idle = tag
        elif act == "silent":
            self.say("+ idling")
            self.idle = tag
            self.exists = 1 << 30
        else:
            return False
        return True

    def start_tls(self):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(opt["cert"], opt["key"])
        self.conn = ctx.wrap_socket(self.conn, server_side=True)
        self.file = self.conn.makefile("rb")
        self.tls = True

    def caps(self):
        if self.inside:
            caps = opt.get("caps", "IDLE,UIDPLUS,MOVE")
        else:
            caps = opt.get("before", "AUTH=PLAIN")
            if "cert" in opt and not self.tls:
                caps += ",STARTTLS"
        return "CAPABILITY IMAP4rev1 " + caps.replace(",", " ").strip()

    def news(self):
        """Untagged EXISTS when there is more mail than this one knows."""
        with lock:
            now = len(box.mails)
            old, self.exists = self.exists, max(now, 0)
        if self.selected and now > old:
            self.say("* %d EXISTS" % now)
        elif old == 1 << 30:
            self.exists = old

    def login(self, tag, user, word):
        if self.scripted(tag, "login"):
            return
        if (user, word) == (opt.get("user", "u"), opt.get("pass", "p")):
            self.inside = True
            self.say(tag + " OK in")
        else:
            self.say(tag + " NO [AUTHENTICATIONFAILED] wrong password")

    def select(self, tag):
        if self.scripted(tag, "select"):
            return
        with lock:
            self.exists = len(box.mails)
            self.say("* %d EXISTS" % self.exists)
            self.say("* 0 RECENT")
            self.say("* FLAGS (\\Seen \\Deleted)")
            self.say("* OK [PERMANENTFLAGS (%s)] ok" %
                     opt.get("perm", "\\Seen \\Deleted \\*"))
            self.say("* OK [UIDVALIDITY %d] ok" % box.validity)
            if "nouidnext" not in opt:
                self.say("* OK [UIDNEXT %d] ok" % box.next)
        self.selected = True
        self.say("%s OK [READ-%s] selected" %
                 (tag, "ONLY" if "readonly" in opt else "WRITE"))

    def uids(self, text):
        out = []
        top = max([m[0] for m in box.mails], default=0)
        for part in text.split(","):
            ends = [top if e == "*" else int(e) for e in part.split(":")]
            lo, hi = min(ends), max(ends)
            out += [m for m in box.mails if lo <= m[0] <= hi]
        return out

    def fetch(self, tag, uidset, items):
        with lock:
            mails = self.uids(uidset)
        if "BODY" in items:
            uid = mails[0][0] if mails else None
            if self.scripted(tag, "body", uid):
                return
            for m in mails:
                self.send(b"* %d FETCH (UID %d BODY[] {%d}\r\n" %
                          (1, m[0], len(m[1])) + m[1] + b")\r\n")
        else:
            for m in mails:
                if "list/%d" % m[0] in opt and \
                        self.scripted(tag, "list", m[0]):
                    return
            if self.scripted(tag, "list"):
                return
            self.send(b"".join(
                b'* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "%s")\r\n' %
                (i + 1, m[0], len(m[1]) + int(opt.get("size", "0")),
                 opt.get("date", STARTED).encode())
                for i, m in enumerate(mails)))
        self.news()
        self.say(tag + " OK fetched")

    def store(self, tag, uidset, flags):
        if self.scripted(tag, "store"):
            return
        with lock:
            for m in self.uids(uidset):
                m[2] |= set(flags.strip("()").split())
        self.say(tag + " OK stored")

    def copy(self, tag, verb, uidset, name):
        if self.scripted(tag, verb.lower()):
            return
        if name not in folders and "nocreate" in opt:
            self.say(tag + " NO [TRYCREATE] no such folder")
            return
        with lock:
            mails = self.uids(uidset)
            folders.setdefault(name, []).extend(mails)
            if verb == "MOVE":
                box.mails[:] = [m for m in box.mails if m not in mails]
                for _ in mails:
                    self.say("* 1 EXPUNGE")
                self.exists = len(box.mails)
        self.say(tag + " OK done")

    def expunge(self, tag, uidset):
        if self.scripted(tag, "expunge"):
            return
        with lock:
            mails = [m for m in self.uids(uidset) if "\\Deleted" in m[2]]
            box.mails[:] = [m for m in box.mails if m not in mails]
            for _ in mails:
                self.say("* 1 EXPUNGE")
            self.exists = len(box.mails)
        self.say(tag + " OK done")

    def start_idle(self, tag):
        if self.scripted(tag, "idle"):
            return
        self.say("+ idling")
        self.idle = tag
        self.news()

    def uid_command(self, tag, words):
        verb = words[1].upper()
        if verb == "FETCH":
            self.fetch(tag, words[2], " ".join(words[3:]))
        elif verb == "STORE":
            self.store(tag, words[2], " ".join(words[4:]))
        elif verb in ("MOVE", "COPY"):
            self.copy(tag, verb, words[2], words[3].strip('"'))
        elif verb == "EXPUNGE":
            self.expunge(tag, words[2])

    def command(self, line):
        if self.idle:
            tag, self.idle = self.idle, None
            if not self.scripted(tag, "done"):
                self.say(tag + " OK idled")
            return
        tag, *words = line.split()
        verb = words[0].upper()
        with lock:
            said.append(" ".join(words if verb != "LOGIN" else words[:1]))
        if verb == "CAPABILITY":
            if not self.scripted(tag, "capability"):
                self.say("* " + self.caps())
                self.say(tag + " OK that is all")
        elif verb == "STARTTLS":
            if not self.scripted(tag, "starttls"):
                self.say(tag + " OK go")
                self.start_tls()
        elif verb == "LOGIN":
            self.login(tag, words[1].strip('"'), words[2].strip('"'))
        elif verb == "AUTHENTICATE":
            self.say("+ ")
            _, user, word = base64.b64decode(self.line()).decode().split("\0")
            self.login(tag, user, word)
        elif verb == "SELECT":
            self.select(tag)
        elif verb == "IDLE":
            self.start_idle(tag)
        elif verb == "CREATE":
            folders.setdefault(words[1].strip('"'), [])
            self.say(tag + " OK made")
        elif verb == "LOGOUT":
            if not self.scripted(tag, "logout"):
                self.say("* BYE bye")
                self.say(tag + " OK out")
            raise Closed
        elif verb == "UID":
            self.uid_command(tag, words)
        else:
            self.say(tag + " BAD what?")

    def line(self):
        line = self.file.readline(65536)
        if not line:
            raise Closed
        return line.rstrip(b"\r\n").decode()

    def run(self):
        with lock:
            sessions.append(self)
        try:
            if self.tls:
                self.start_tls()
            if not self.scripted("*", "greeting"):
                self.inside = "preauth" in opt
                self.say("* %s [%s] fake" %
                         ("PREAUTH" if self.inside else "OK", self.caps()))
            while True:
                self.command(self.line())
        except (Closed, OSError, ValueError, IndexError):
            pass
        finally:
            with lock:
                sessions.remove(self)
            self.close()

    def close(self):
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


def tell_idlers():
    for s in list(sessions):
        if s.idle:
            try:
                s.news()
            except OSError:
                pass


def state():
    out = ["%d:%s" % (m[0], ",".join(sorted(m[2]))) for m in box.mails]
    return " ".join(out + ["%s=%d" % (n, len(f))
                           for n, f in sorted(folders.items())])


def order(words):
    global box
    with lock:
        if words[0] == "deliver":
            if len(words) > 1:
                box.add((b"Subject: big\r\n\r\n" +
                         b"0123456789abcdef\r\n" * (int(words[1]) // 18)))
            else:
                box.add()
        elif words[0] == "remove":
            box.mails[:] = [m for m in box.mails if m[0] != int(words[1])]
        elif words[0] == "uidvalidity":
            old = box
            box = Mailbox(1, int(words[1]))
            for m in old.mails:
                box.add(m[1])
        elif words[0] == "set":
            if words[2] == "-":
                opt.pop(words[1], None)
            else:
                opt[words[1]] = " ".join(words[2:])
        elif words[0] == "cut":
            for s in list(sessions):
                s.close()
        elif words[0] == "state":
            return state()
        elif words[0] == "log":
            text = ";".join(said)
            said.clear()
            return text
    tell_idlers()
    return "ok"


server = socket.create_server(("127.0.0.1", int(opt.get("port", "0"))))
print(server.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(server,), daemon=True).start()
for text in sys.stdin:
    print(order(text.split()) or "none", flush=True)
