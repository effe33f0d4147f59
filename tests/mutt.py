"""A desk with no other program than neomutt, on both sides, by IMAP and SMTP
against Dovecot and Postfix; run by mutt.t."""
import contextlib
import email.utils
import os
import pty
import select
import signal
import subprocess
import time

from desk import Site, Tap, Testbed, free_ports, scene, wait_for

CUSTOMER = "user0001@test.invalid"
AGENT = "agent@test.invalid"
DESK = "support@desk.invalid"
T = os.environ["T"]

tap = Tap()
lmtp = free_ports(1)[0]
testbed = Testbed("--lmtp", "127.0.0.1:%d" % lmtp, "--users", "1")


class Mutt:
    """One person at neomutt."""

    def __init__(self, user, password, name):
        self.user = user
        self.home = os.path.join(T, "mutt-" + user)
        os.makedirs(self.home)
        self.words = os.path.join(self.home, "words")
        editor = os.path.join(self.home, "editor")
        with open(editor, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\ncat '%s' \"$1\" >\"$1.new\" && "
                    "mv \"$1.new\" \"$1\" && mv '%s' '%s.done'\n"
                    % (self.words, self.words, self.words))
        os.chmod(editor, 0o755)
        self.rc = os.path.join(self.home, "muttrc")
        with open(self.rc, "w", encoding="utf-8") as f:
            f.write("""\
set imap_user = "%s"
set imap_pass = "%s"
set spool_file = "imap://localhost:%d/INBOX"
set folder = "imap://localhost:%d/"
set smtp_url = "smtp://localhost:%d/"
set from = "%s@test.invalid"
set use_from = yes
set real_name = "%s"
set editor = "%s"
set ssl_starttls = no
set ssl_force_tls = no
set include = yes
set fast_reply = yes
set auto_edit = yes
set reply_to = yes
set copy = no
set abort_unmodified = no
set abort_nosubject = no
set abort_noattach = no
set sort = date-received
set wait_key = no
set confirm_append = no
set header_cache = ""
set message_cachedir = ""
set signature = ""
""" % (user, password, testbed.port("IMAP"), testbed.port("IMAP"),
                testbed.port("SMTP"), user, name, editor))

    def environment(self):
        return dict(os.environ, HOME=self.home, TERM="xterm",
                    LC_ALL="C.UTF-8", LINES="50", COLUMNS="100",
                    TMPDIR=self.home)

    def write(self, to, subject, text):
        """A new mail."""
        done = subprocess.run(
            ["neomutt", "-n", "-F", self.rc, "-s", subject, to],
            input=text.encode(), capture_output=True, timeout=60,
            env=self.environment(), cwd=self.home, check=False)
        tap.equal(done.returncode, 0, "%s writes to %s" % (self.user, to))

    def reply(self, text, what):
        """An answer to the newest mail, above what neomutt quotes."""
        with open(self.words, "w", encoding="utf-8") as f:
            f.write(text + "\n\n")
        keys = "<last-entry><reply><send-message><quit>y"
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execvpe("neomutt", ["neomutt", "-n", "-F", self.rc, "-e",
                                   "push %s" % keys], self.environment())
        screen = self.watch(pid, fd)
        tap.ok(not os.path.exists(self.words), "%s: %s" % (self.user, what),
               screen[-2000:])

    @staticmethod
    def watch(pid, fd):
        """Reads the screen until it ends; what stood on it."""
        end = time.monotonic() + 40
        screen = b""
        while time.monotonic() < end:
            ready, _, _ = select.select([fd], [], [], 0.2)
            if ready:
                try:
                    octets = os.read(fd, 65536)
                except OSError:
                    octets = b""
                if not octets:
                    break
                screen += octets
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os.close(fd)
        os.waitpid(pid, 0)
        return screen.decode("utf-8", "replace")


def text_of(message):
    part = message.get_body(("plain",))
    return part.get_content() if part else ""


def wait_mails(box, count):
    wait_for(lambda: len(testbed.mailbox(box)) >= count, 30)
    return testbed.mailbox(box)


def with_words(mails, words):
    """The one; Dovecot's names do not sort within a second."""
    return ([m for m in mails if words in text_of(m)] or [None])[0]


def customer_gets(count, words, title):
    mails = wait_mails("user0001", count)
    if not tap.equal(len(mails), count, title + ": one letter, and no other"):
        tap.note(site.log_tail())
        return None
    found = with_words(mails, words)
    tap.ok(found is not None, title + ": with these words",
           "\n---\n".join(map(text_of, mails)))
    return found


with scene(tap, testbed):
    site = Site(lmtp=lmtp, smtp=testbed.port("SMTP"),
                smtp_options="tls = starttls",
                gateway="ca-file = %s" % testbed.env["TB_CA"])
    site.start()
    customer = Mutt("user0001", "secret", "Dilnoza Karimova")
    agent = Mutt("agent", "secret-agent", "Anna Lee")

    customer.write(DESK, "The kettle leaks",
                   "Hello,\n\nthe kettle leaks. What shall I do?\n\nDilnoza\n")
    customer_gets(1, "under number", "the acknowledgement")
    told = wait_mails("agent", 1)
    tap.ok(told and "the kettle leaks" in text_of(told[0]),
           "the agent is told", site.log_tail())

    agent.reply("Please send it back, we pay the postage.", "answers")
    answer = customer_gets(2, "we pay the postage", "the answer")
    if answer is not None:
        tap.equal(text_of(answer).split("\nRef:")[0].strip(),
                  "Hello Dilnoza,\n\nPlease send it back, we pay the postage."
                  "\n\nKind regards,\nAnna Lee\nTest desk",
                  "it is the desk's letter, of his words alone")
        tap.equal(email.utils.parseaddr(str(answer["From"]))[1], DESK,
                  "from the support address")

    customer.reply("Which address is it?", "asks again")
    told = wait_mails("agent", 2)
    tap.ok(with_words(told, "Which address is it?") is not None,
           "the agent hears of it", "\n---\n".join(map(text_of, told)))
    roots = {str(m["References"]).split()[0] for m in told}
    tap.equal(len(roots), 1, "his program shows one thread")
    tap.equal(len({str(m["Subject"]) for m in told}), 1,
              "under one subject")

    agent.reply("/note\nShe has asked twice, the old leaflet is wrong.",
                "makes a note")
    wait_for(lambda: any(m["kind"] == "note"
                         for m in site.show(1001)["messages"]), 20)
    agent.reply("/close\nIt is Samarkand road 5, Tashkent.",
                "answers and closes")
    last = customer_gets(3, "Samarkand road 5", "the last letter")
    every = b"".join(m.as_bytes() for m in testbed.mailbox("user0001"))
    for word in (b"leaflet", AGENT.encode(), b"/close", b"/note",
                 b"NeoMutt/"):
        tap.ok(word not in every.replace(b"=\n", b""),
               "the customer never sees: " + word.decode())
    ticket = site.show(1001)
    tap.equal(ticket["state"], "closed", "the ticket is closed")
    tap.equal([(m["direction"], m["visibility"], m["kind"])
               for m in ticket["messages"]],
              [("in", "public", "human"), ("out", "public", "ack"),
               ("out", "internal", "notify"), ("in", "internal", "agent"),
               ("out", "public", "reply"), ("in", "public", "human"),
               ("out", "internal", "notify"), ("in", "internal", "note"),
               ("out", "internal", "done"), ("in", "internal", "agent"),
               ("out", "public", "reply"), ("out", "internal", "done")],
              "its history is whole and in order")
    tap.equal(site.stop(), 0, "javobd ends cleanly")
