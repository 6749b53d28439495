"""A mail server that can misbehave at every point of the conversation."""

import email
import email.policy
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SILENCE, DROP, TRICKLE = "silence", "drop", "trickle"
Answer = str | Callable[[str], str]


@dataclass
class MailServer:
    """Answers as told: `rcpt="550 5.1.1 nobody"`, DROP, SILENCE, TRICKLE (for ever, letter by letter), or a function of
    the recipient's address.

    An empty answer is the usual one. `accepted` holds what was accepted: sender, recipient, message. `at` is called
    with the name of each point that a message passes.
    """

    greeting: Answer = ""
    auth: Answer = ""
    mail: Answer = ""
    rcpt: Answer = ""
    data: Answer = ""
    dot: Answer = ""
    body: Answer = ""  # amid the message: DROP only
    pipelining: bool = True
    dsn: bool = False
    lax: bool = False  # goes on in spite of what it refused
    delay: float = 0.0
    at: Callable[[str], None] = lambda point: None
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)  # what followed the addresses of the envelope
    connections: int = 0

    def __enter__(self) -> "MailServer":
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.told = self
        self.ended = threading.Event()
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def recipients(self) -> list[str]:
        return [recipient for _, recipient, _ in self.accepted]

    def messages(self) -> list[email.message.EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for _, _, raw in self.accepted]


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.told: MailServer = self.server.told
        self.told.connections += 1
        self.sender = self.recipient = ""
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.answer(self.told.greeting, "220 ready")
            while line := self.rfile.readline():
                verb = line[:4].strip().upper().decode()
                if verb == "QUIT":
                    self.say("221 bye")
                    return
                getattr(self, f"on_{verb.lower()}", self.on_other)(line.decode(errors="replace").strip())
        except (ConnectionError, _Dropped):
            pass

    def on_ehlo(self, line: str) -> None:
        offered = {"PIPELINING": self.told.pipelining, "DSN": self.told.dsn}
        extensions = ["hello", "AUTH PLAIN", *(name for name, is_offered in offered.items() if is_offered), "8BITMIME"]
        self.say(*(f"250-{one}" for one in extensions[:-1]), f"250 {extensions[-1]}")

    def on_auth(self, line: str) -> None:
        self.answer(self.told.auth, "235 2.7.0 welcome")

    def on_mail(self, line: str) -> None:
        self.sender = self.recipient = ""
        self.told.at("mail")
        self.told.parameters.append(line.partition("> ")[2])
        if self.answer(self.told.mail, "250 2.1.0 ok").startswith("2") or self.told.lax:
            self.sender = line.split("<")[1].split(">")[0]

    def on_rcpt(self, line: str) -> None:
        address = line.split("<")[1].split(">")[0]
        self.told.at("rcpt")
        self.told.parameters.append(line.partition("> ")[2])
        if not self.sender:
            self.say("503 5.5.1 no sender")
            return
        if self.answer(self.told.rcpt, "250 2.1.5 ok", address).startswith("2"):
            self.recipient = address

    def on_data(self, line: str) -> None:
        self.told.at("data")
        if not self.recipient and not self.told.lax:
            self.say("503 5.5.1 no recipient")
        elif self.answer(self.told.data, "354 go on", self.recipient).startswith("3"):
            self.take()

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or self.told.body == DROP:
                raise _Dropped
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.told.at("dot")
        time.sleep(self.told.delay)
        answer = self.told.dot(self.recipient) if callable(self.told.dot) else self.told.dot
        if self.recipient and (not answer or answer.startswith("2")):
            with self.told.lock:
                self.told.accepted.append((self.sender, self.recipient, b"".join(lines)))
        self.told.at("accepted")
        self.answer(answer, "250 2.0.0 queued", self.recipient)
        self.told.at("answered")

    def on_rset(self, line: str) -> None:
        self.say("250 2.0.0 forgotten")

    def on_other(self, line: str) -> None:
        self.say("502 5.5.1 unknown")

    def answer(self, told: Answer, usual: str, about: str = "") -> str:
        answer = (told(about) if callable(told) else told) or usual
        if answer == SILENCE:
            self.told.ended.wait(30)
            raise _Dropped
        if answer == TRICKLE:
            while not self.told.ended.wait(0.1):
                self.wfile.write(b"2")
        if answer == DROP:
            raise _Dropped
        self.say(answer)
        if answer.startswith("421"):
            raise _Dropped
        return answer

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Dropped(Exception):
    pass
