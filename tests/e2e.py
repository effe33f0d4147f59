"""The whole road on real servers; run by e2e.t."""
import email.message
import email.policy
import email.utils
import os
import re
import time

from desk import (Site, Tap, Testbed, free_ports, letter, scene, wait_for)

tap = Tap()
lmtp = free_ports(1)[0]
where = os.path.join(os.environ["T"], "site")
testbed = Testbed(
    "--lmtp", "127.0.0.1:%d" % lmtp, "--users", "4", "--pipe",
    "%s/bin/javob -c %s/javob.conf deliver --mailbox=pipe "
    "--sender=${sender} --recipient=${recipient}" % (where, where))

with scene(tap, testbed):
    with open(os.path.join(os.environ["T"], "support.pass"), "w",
              encoding="utf-8") as f:
        f.write("secret-support\n")
    site = Site(
        lmtp=lmtp, smtp=testbed.port("SMTP"), smtp_options="tls = starttls",
        gateway="ca-file = %s" % testbed.env["TB_CA"], rest="""\
[mailbox watched]
address = support@test.invalid
name = Test desk
queue = general
imap = imaps://support@localhost:%d/INBOX
password-file = %s/support.pass
[mailbox pipe]
address = help@pipe.invalid
name = Test desk
queue = general""" % (testbed.port("IMAPS"), os.environ["T"]))

    def user(n):
        return "user%04d" % n, "user%04d@test.invalid" % n

    def answers_to(box, msgid):
        return [m for m in testbed.mailbox(box)
                if "<%s>" % msgid in str(m["In-Reply-To"] or "")]

    def text_of(message):
        part = message.get_body(("plain",))
        return part.get_content() if part else ""

    def ask(n, to, subject, text, msgid):
        """A customer writes; the answer that is an acknowledgement, and how
        long it took."""
        box, address = user(n)
        started = time.monotonic()
        testbed.smtp_send(address, to, letter(
            "Dilnoza Karimova <%s>" % address, to, subject, text,
            message_id=msgid))
        found = wait_for(lambda: answers_to(box, msgid), 30)
        return (found or [None])[0], time.monotonic() - started

    def check_ack(ack, took, road, desk):
        if not tap.ok(ack is not None, road + ": the customer is answered",
                      site.log_tail()):
            return
        tap.note("%s: %.0f ms from MAIL to the customer's mailbox"
                 % (road, took * 1e3))
        tap.equal(email.utils.parseaddr(ack["From"])[1], desk,
                  road + ": the answer is from the support address")
        tap.ok("auto-replied" in str(ack["Auto-Submitted"]),
               road + ": it says that it is automatic", ack)
        tap.ok(re.search(r"\d\d:\d\d", text_of(ack)),
               road + ": a time is in it", text_of(ack))
        tap.ok("Hello Dilnoza" in text_of(ack),
               road + ": the border's word counts, so he is greeted by name",
               text_of(ack))

    # Mail that lies in the mailbox before javob first sees it (AC-19).
    box, address = user(4)
    testbed.smtp_send(address, "support@test.invalid", letter(
        address, "support@test.invalid", "Years old", "Old matter.",
        message_id="old@test.invalid"))
    wait_for(lambda: testbed.mailbox("support"), 20)
    site.start()
    tap.ok(wait_for(lambda: site.run("health", check=False)[0] == 0, 20),
           "javob health is content when all doors are open",
           site.run("health", check=False), site.log_tail())

    # (a) SMTP, Postfix, LMTP.
    ack, took = ask(1, "support@desk.invalid", "Order 48213 has not come",
                    "Where is my order?\n\nDilnoza", "q1@test.invalid")
    check_ack(ack, took, "Postfix and LMTP", "support@desk.invalid")

    # (d) The agent answers from a mail program.
    notes = wait_for(lambda: testbed.mailbox("agent"), 20)
    if tap.ok(notes, "the agent is told", site.log_tail()):
        note = notes[0]
        back = email.utils.parseaddr(str(note["Reply-To"]))[1]
        tap.ok("Where is my order?" in text_of(note),
               "the notification shows the customer's words", text_of(note))
        tap.ok(re.fullmatch(r"support\+[a-z0-9]{26,}@desk\.invalid", back),
               "its Reply-To is keyed", back)
        answer = email.message.EmailMessage(policy=email.policy.SMTP)
        answer["Received"] = "from ws12.intern.invalid by mail.intern.invalid"
        answer["From"] = "Secret Person <agent@test.invalid>"
        answer["To"] = back
        answer["Cc"] = "colleague@intern.invalid"
        answer["Subject"] = "Re: " + str(note["Subject"])
        answer["Date"] = email.utils.formatdate()
        answer["Message-ID"] = "<a1@intern.invalid>"
        answer["In-Reply-To"] = str(note["Message-ID"])
        answer["References"] = str(note["Message-ID"])
        answer["User-Agent"] = "InternMail 7"
        answer["X-Originating-IP"] = "10.1.2.3"
        answer["Disposition-Notification-To"] = "agent@test.invalid"
        answer.set_content(
            "Your order is at the post office in Samarkand.\n\n"
            "On Friday the desk wrote:\n"
            + "".join("> %s\n" % line
                      for line in text_of(note).splitlines()))
        answer.add_attachment(b"%PDF-1.4 receipt", maintype="application",
                              subtype="pdf", filename="receipt.pdf")
        testbed.smtp_send("agent@test.invalid", back, answer.as_bytes())

        def replies():
            return [m for m in testbed.mailbox("user0001")
                    if "Samarkand" in text_of(m)]
        found = wait_for(replies, 30)
        if tap.ok(found, "the agent's reply reaches the customer",
                  site.log_tail()):
            reply = found[0]
            octets = reply.as_bytes().lower()
            for word in (b"agent@test.invalid", b"intern", b"x-originating",
                         b"10.1.2.3",
                         b"disposition-notification", back.encode()):
                tap.ok(word not in octets, "nothing of the agent's is in it: "
                       + word.decode(), reply.as_bytes().decode())
            tap.equal(email.utils.parseaddr(reply["From"])[1],
                      "support@desk.invalid",
                      "the reply is from the support address")
            tap.ok("Secret" not in str(reply["From"]),
                   "nor does it name him in its header", reply["From"])
            tap.ok("<q1@test.invalid>" in str(reply["References"]),
                   "it threads in the customer's program: References",
                   reply["References"])
            tap.ok(str(reply["In-Reply-To"] or "") != "",
                   "it threads in the customer's program: In-Reply-To")
            tap.ok(reply["Auto-Submitted"] is None,
                   "a person's answer does not say that it is automatic")
            tap.equal([p.get_filename() for p in reply.iter_attachments()],
                      ["receipt.pdf"], "the attachment is with it")
            tap.equal([p.get_content() for p in reply.iter_attachments()],
                      [b"%PDF-1.4 receipt"], "and whole")

            # The customer's answer joins the ticket.
            to = email.utils.parseaddr(
                str(reply["Reply-To"] or reply["From"]))[1]
            testbed.smtp_send("user0001@test.invalid", to, letter(
                "Dilnoza Karimova <user0001@test.invalid>", to,
                "Re: Order 48213 has not come", "Thank you, I have it now.",
                message_id="q2@test.invalid",
                in_reply_to=str(reply["Message-ID"]).strip("<> "),
                references="<q1@test.invalid> " + str(reply["Message-ID"])))
            second = wait_for(lambda: [
                m for m in testbed.mailbox("agent")
                if "I have it now" in text_of(m)], 30)
            tap.ok(second, "the customer's answer reaches the agent the same "
                   "way", site.log_tail())
            tickets = site.tickets()
            tap.equal(len(tickets), 1, "one ticket holds it all")
            whole = site.show(tickets[0]["number"])
            public = [m for m in whole["messages"]
                      if m["visibility"] == "public"]
            tap.equal([m["direction"] for m in public],
                      ["in", "out", "out", "in"],
                      "ticket show --json: question, acknowledgement, answer, "
                      "thanks, in this order")
            ids = [m["message_id"] for m in whole["messages"]]
            for want in ("q1@test.invalid", "q2@test.invalid",
                         str(reply["Message-ID"]).strip("<> "),
                         str(ack["Message-ID"]).strip("<> ")):
                tap.ok(want in ids, "ticket show --json has " + (
                    want if want.startswith("q") else "our Message-ID"), ids)
            tap.equal([m["authenticated"] for m in public
                       if m["direction"] == "in"], [True, True],
                      "the customer is proven")
            tap.ok("user0001@test.invalid" in whole["participants"],
                   "the customer takes part", whole["participants"])
            tap.ok(len(whole["events"]) >= 4, "events tell the story",
                   whole["events"])
            raw = site.raw(tickets[0]["number"], public[0]["id"])
            tap.ok(raw.endswith(b"Where is my order?\r\n\r\nDilnoza\r\n"),
                   "--raw writes the stored octets", raw)

    # (b) A Dovecot mailbox, watched.
    ack, took = ask(2, "support@test.invalid", "The app asks for a code",
                    "No code arrives.", "w1@test.invalid")
    check_ack(ack, took, "Dovecot and IDLE", "support@test.invalid")
    tap.equal(len(testbed.mailbox("support")), 2,
              "IMAP: the mailbox is left as it is")
    flags = [name for name in os.listdir(os.path.join(
        testbed.dir, "mail", "support", "cur")) if "S" in name.split(":2,")[-1]
        and ":2," in name]
    tap.equal(flags, [], "IMAP: no mail is marked as read")
    tap.equal(answers_to("user0004", "old@test.invalid"), [],
              "IMAP: mail from before the set-up is not answered")

    # (c) Postfix's pipe transport.
    ack, took = ask(3, "help@pipe.invalid", "An invoice is wrong",
                    "The sum is wrong.", "p1@test.invalid")
    check_ack(ack, took, "Postfix and pipe", "help@pipe.invalid")
    tap.equal(len(site.tickets()), 3, "three questions, three tickets")
    tap.equal(site.stop(), 0, "SIGTERM ends the daemon with 0")
    tap.equal(site.sanitizer_words(), [], "no sanitizer has complained")
