#!/usr/bin/python3
"""Catching SMTP sink with scripted failures, and a tiny OAuth2 server.

Every accepted mail becomes DIR/NNNNNN.eml plus DIR/NNNNNN.json (envelope:
from, rcpts, time). The local part of a recipient scripts the answer:
  451-...@  temporary failure at RCPT      550-...@  permanent failure at RCPT
  data451-...@ / data550-...@              failure after DATA
  slow5-...@    5 s of silence before the answer to RCPT
  drop-...@     the connection is cut after DATA, without an answer (the
                mail is stored: this is the "was it sent or not" case)
OAuth2: POST /token (grant_type=refresh_token) gives a new access token good
for --lifetime seconds; POST /introspect says whose token it is. The user of a
refresh token "refresh-NAME" is NAME; "refresh-revoked" answers invalid_grant.
With --smtp 0 the port is free choice and written to DIR/port.
With --light nothing but one line a mail goes to DIR/log (for benchmarks): time,
first recipient, msg-ids of In-Reply-To and Message-ID, or "-". Ends on SIGTERM.
"""
import argparse
import asyncio
import json
import os
import re
import secrets
import signal
import time
import urllib.parse


def msgid(name, content):
    found = re.search(rb"(?im)^%s:\s*<([^>]*)>" % name, content[:8192])
    return found[1].decode() if found else "-"


class Session(asyncio.Protocol):
    """One SMTP connection: lines in, replies out, pipelining for free."""

    number = 0
    options = None
    log = None

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = bytearray()
        self.in_data = False
        self.busy = False
        self.reset()
        self.say("220 sink.invalid ESMTP")

    def reset(self):
        self.sender, self.rcpts = None, []

    def say(self, line):
        self.transport.write(line.encode() + b"\r\n")

    def data_received(self, data):
        self.buffer += data
        self.go_on()

    def go_on(self):
        while not self.busy and not self.transport.is_closing():
            if self.in_data:
                # The line before the body ends with CRLF, too: an empty
                # body is a lone dot.
                if self.buffer.startswith(b".\r\n"):
                    body, rest = b"", 3
                else:
                    end = self.buffer.find(b"\r\n.\r\n")
                    if end < 0:
                        return
                    body, rest = bytes(self.buffer[:end + 2]), end + 5
                del self.buffer[:rest]
                self.in_data = False
                if body.startswith(b"."):
                    body = body[1:]
                self.end_of_data(body.replace(b"\r\n.", b"\r\n"))
            else:
                end = self.buffer.find(b"\n")
                if end < 0:
                    return
                line = bytes(self.buffer[:end]).rstrip(b"\r")
                del self.buffer[:end + 1]
                self.command(line.decode("utf-8", "replace"))

    def command(self, line):
        verb = line[:4].upper()
        path = re.match(r"(?i)(?:MAIL FROM|RCPT TO): *<([^>]*)>", line)
        if verb == "EHLO":
            self.say("250-sink.invalid\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                     "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n"
                     "250 SIZE 67108864")
        elif verb == "HELO":
            self.say("250 sink.invalid")
        elif verb == "MAIL" and path:
            self.reset()
            self.sender = path[1]
            self.say("250 2.1.0 OK")
        elif verb == "RCPT" and path and self.sender is not None:
            self.recipient(path[1])
        elif verb == "DATA" and self.rcpts:
            self.in_data = True
            self.say("354 go on")
        elif verb == "DATA":
            self.say("554 5.5.1 no valid recipients")
        elif verb == "RSET":
            self.reset()
            self.say("250 2.0.0 OK")
        elif verb == "NOOP":
            self.say("250 2.0.0 OK")
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
            self.transport.close()
        else:
            self.say("500 5.5.2 not understood")

    def recipient(self, address):
        local = address.split("@")[0].lower()
        slow = re.match(r"slow(\d+)-", local)
        if slow:
            self.busy = True
            asyncio.get_running_loop().call_later(
                min(int(slow[1]), 60), self.answer_rcpt, address, True)
        else:
            self.answer_rcpt(address, False)

    def answer_rcpt(self, address, late):
        code = re.match(r"([45]\d\d)-", address.lower())
        if code:
            self.say(f"{code[1]} {code[1][0]}.1.1 <{address}> refused by "
                     "the test sink")
        else:
            self.rcpts.append(address)
            self.say("250 2.1.5 OK")
        if late:
            self.busy = False
            self.go_on()

    def end_of_data(self, content):
        for r in self.rcpts:
            code = re.match(r"data([45]\d\d)-", r.lower())
            if code:
                self.say(f"{code[1]} {code[1][0]}.6.0 refused by the test sink")
                return
        Session.number += 1
        name = "%06d" % Session.number
        if self.options.light:
            self.log.write("%.6f %s %s %s\n" % (
                time.time(), self.rcpts[0], msgid(b"In-Reply-To", content),
                msgid(b"Message-ID", content)))
        else:
            self.store(os.path.join(self.options.dir, name), content)
        if any(r.lower().startswith("drop-") for r in self.rcpts):
            self.transport.abort()
            return
        self.reset()
        self.say(f"250 2.0.0 stored as {name}")

    def store(self, base, content):
        with open(base + ".tmp", "wb") as f:
            f.write(content)
        with open(base + ".json", "w", encoding="utf-8") as f:
            json.dump({"from": self.sender, "rcpts": self.rcpts,
                       "time": time.time()}, f)
        os.rename(base + ".tmp", base + ".eml")  # the .eml appears whole


class OAuth:
    """POST /token and /introspect."""

    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.tokens = {}

    def answer(self, path, q):
        if path == "/token":
            who = q.get("refresh_token", "")
            if (q.get("grant_type") != "refresh_token"
                    or not who.startswith("refresh-")
                    or who == "refresh-revoked"):
                return 400, {"error": "invalid_grant"}
            t = secrets.token_urlsafe(24)
            self.tokens[t] = (who[8:], time.time() + self.lifetime)
            return 200, {"access_token": t, "token_type": "Bearer",
                         "expires_in": self.lifetime}
        if path == "/introspect":
            who, end = self.tokens.get(q.get("token", ""), ("", 0))
            ok = end > time.time()
            return 200, {"active": ok, "username": who if ok else ""}
        return 404, {"error": "not_found"}

    async def serve(self, reader, writer):
        try:
            head = (await asyncio.wait_for(
                reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
            n = int((re.search(r"(?i)content-length: *(\d+)", head)
                     or [0, 0])[1])
            body = (await asyncio.wait_for(
                reader.readexactly(min(n, 65536)), 5)).decode()
            q = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
            status, out = self.answer(head.split(" ")[1].split("?")[0], q)
            raw = json.dumps(out).encode()
            writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
                         b"Content-Length: %d\r\nConnection: close\r\n\r\n"
                         % (status, len(raw)) + raw)
            await writer.drain()
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError,
                IndexError):
            pass
        finally:
            writer.close()


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dir", required=True)
    p.add_argument("--smtp", type=int, required=True)
    p.add_argument("--oauth", type=int)
    p.add_argument("--lifetime", type=int, default=3600)
    p.add_argument("--light", action="store_true")
    options = p.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    Session.options = options
    if options.light:
        Session.log = open(os.path.join(options.dir, "log"), "a", 1)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for s in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(s, stop.set)
    servers = [await loop.create_server(Session, "127.0.0.1", options.smtp)]
    if options.oauth:
        servers.append(await asyncio.start_server(
            OAuth(options.lifetime).serve, "127.0.0.1", options.oauth))
    port = servers[0].sockets[0].getsockname()[1]
    with open(os.path.join(options.dir, "port.tmp"), "w") as f:
        f.write("%d\n" % port)
    os.rename(os.path.join(options.dir, "port.tmp"),
              os.path.join(options.dir, "port"))
    await stop.wait()
    for s in servers:
        s.close()


asyncio.run(main())
