"""An IMAP server with one folder, as much as a bounce mailbox needs."""

import re
import socketserver
import threading
from contextlib import contextmanager


@contextmanager
def serving(messages):
    """Serves the messages, and takes out of the list what is deleted: gives the port."""
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.messages, server.deleted = messages, set()
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, command, *words = line.split(" ", 2)
            if command == "LOGIN" and "secret" not in words[0]:
                self.say(f"{tag} NO wrong password")
                continue
            self.on(command, words[0] if words else "")
            self.say(f"{tag} OK done")

    def on(self, command, words):
        if command == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif words.startswith("SEARCH"):
            self.say("* SEARCH " + " ".join(str(number + 1) for number in range(len(self.server.messages))))
        elif words.startswith("FETCH"):
            raw = self.server.messages[self.number(words)]
            self.wfile.write(b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n%s)\r\n" % (len(raw), raw))
        elif words.startswith("STORE"):
            self.server.deleted.add(self.number(words))
        elif command == "EXPUNGE":
            for number in sorted(self.server.deleted, reverse=True):
                self.server.messages.pop(number)

    def number(self, words):
        return int(re.search(r"\d+", words)[0]) - 1

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())
