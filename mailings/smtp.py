"""One SMTP connection, in which it is known at every moment how far a message has come.

smtplib raises the same exception for a connection lost before and after the final dot, and for us the difference is
whether the message may be sent again. So it connects, greets and signs in; the hand-over is written here.
"""

import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Never, Self

from django.conf import settings


class Phase(IntEnum):
    """How far a message has come. Once the final dot is out, only the server knows what became of it."""

    CONNECT = 1
    SIGN_IN = 2
    SENDER = 3
    RECIPIENT = 4
    DATA = 5
    DOT = 6


@dataclass(frozen=True)
class Reply:
    """What a server said. Several lines are one text."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Undelivered(Exception):
    """The message was not accepted, or nobody knows: `reply` None means that no answer came."""

    def __init__(self, phase: Phase, reply: Reply | None, words: str = ""):
        self.phase, self.reply = phase, reply
        self.words = str(reply) if reply else words
        super().__init__(f"{phase.name}: {self.words}")

    @property
    def is_lost(self) -> bool:
        """The connection is gone, or the server has said that it closes it."""
        return self.reply is None or self.reply.code == 421


class Connection:
    """A connection to the server of the settings, signed in. Not to be shared between threads."""

    def __init__(self, client: "_Client | _EncryptedClient"):
        self.client = client
        self.can_pipeline = client.has_extn("pipelining")
        self.can_report = client.has_extn("dsn")
        self.is_usable = True

    @classmethod
    def open(cls) -> Self:
        """Connect, greet, encrypt and sign in as the settings say. Raises Undelivered."""
        with _as_undelivered(Phase.CONNECT):
            client = _connected()
        try:
            with _as_undelivered(Phase.SIGN_IN):
                _sign_in(client)
        except Undelivered:
            client.close()
            raise
        return cls(client)

    def close(self) -> None:
        """Say goodbye without waiting for long; a connection that is gone already is as good."""
        self.client.begin(min(2.0, settings.EMAIL_TIMEOUT))
        if self.is_usable:
            self._goes(b"QUIT\r\n")
        self.client.close()

    def hand_over(self, sender: str, recipient: str, message: bytes, *, envelope_id: str = "") -> Reply:
        """Hand over one message, within EMAIL_TIMEOUT. Raises Undelivered; the phase says what may have happened.

        The message has CRLF line ends, the last one included, and no line that begins with a dot. `envelope_id` comes
        back in reports of servers that know RFC 3461.
        """
        self.client.begin(settings.EMAIL_TIMEOUT)
        from_, to = sender.encode("ascii"), recipient.encode("ascii")
        reported = b" RET=HDRS ENVID=%s" % envelope_id.encode() if self.can_report and envelope_id else b""
        failures = b" NOTIFY=FAILURE ORCPT=rfc822;%s" % _xtext(to) if reported else b""
        commands = [
            (Phase.SENDER, b"MAIL FROM:<%s>%s\r\n" % (from_, reported)),
            (Phase.RECIPIENT, b"RCPT TO:<%s>%s\r\n" % (to, failures)),
            (Phase.DATA, b"DATA\r\n"),
        ]
        if self.can_pipeline:
            self._announce_at_once(commands)
        else:
            self._announce(commands)
        self._send(Phase.DATA, message + b".\r\n")
        return self._answer(Phase.DOT)

    def _announce(self, commands: list[tuple[Phase, bytes]]) -> None:
        for phase, command in commands:
            self._send(phase, command)
            try:
                self._answer(phase)
            except Undelivered as refusal:
                self._start_over(refusal)

    def _announce_at_once(self, commands: list[tuple[Phase, bytes]]) -> None:
        """All three in one packet, then their answers (RFC 2920). The first refusal counts."""
        self._send(Phase.SENDER, b"".join(command for _, command in commands))
        refusal: Undelivered | None = None
        for phase, _ in commands:
            try:
                self._answer(phase)
            except Undelivered as refused:
                refusal = refusal or refused
            else:
                if refusal and phase == Phase.DATA:
                    self._end_empty(refusal)
            if not self.is_usable:
                break
        if refusal:
            self._start_over(refusal)

    def _end_empty(self, refusal: Undelivered) -> None:
        """Told to go on in spite of a refusal. Without a recipient an empty message goes nowhere; else hang up."""
        if refusal.phase == Phase.RECIPIENT:
            self._goes(b".\r\n")
        else:
            self.is_usable = False

    def _start_over(self, refusal: Undelivered) -> Never:
        """Make the server forget the message that it refused, and say so."""
        if self.is_usable:
            self._goes(b"RSET\r\n")
        raise refusal

    def _goes(self, command: bytes) -> None:
        """A command whose answer does not matter."""
        with contextlib.suppress(Undelivered):
            self._send(Phase.DATA, command)
            self._heard(Phase.DATA)

    def _answer(self, phase: Phase) -> Reply:
        reply = self._heard(phase)
        wanted = range(300, 400) if phase == Phase.DATA else range(200, 300)
        if reply.code in wanted:
            return reply
        refusal = Undelivered(phase, reply)
        self.is_usable = self.is_usable and not refusal.is_lost
        raise refusal

    def _heard(self, phase: Phase) -> Reply:
        try:
            return _reply(*self.client.getreply())
        except (OSError, ValueError) as failure:
            self.is_usable = False
            raise Undelivered(phase, None, _words(failure)) from failure

    def _send(self, phase: Phase, data: bytes) -> None:
        """A failure here means that the end of the data, and so the final dot, was never handed to the network."""
        try:
            self.client.write(data)
        except OSError as failure:
            self.is_usable = False
            raise Undelivered(phase, None, _words(failure)) from failure


class _InTime:
    """What smtplib's clients lack: one deadline for several answers, however slowly the server talks."""

    sock: socket.socket | None
    timeout: float
    close: Callable[[], None]
    deadline: float | None = None
    received = b""

    def begin(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def write(self, data: bytes) -> None:
        self._socket().sendall(data)

    def getreply(self) -> tuple[int, bytes]:
        """The next answer, its lines joined. Raises OSError, and ValueError for what is none; then all is over."""
        try:
            return self._answer()
        except (OSError, ValueError):
            self.close()
            raise

    def _answer(self) -> tuple[int, bytes]:
        lines = []
        while True:
            line = self._line()
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def _line(self) -> bytes:
        while b"\n" not in self.received:
            if len(self.received) > 8192:
                raise ConnectionError("the server's answer never ends")
            chunk = self._socket().recv(4096)
            if not chunk:
                raise ConnectionError("connection closed by the server")
            self.received += chunk
        line, self.received = self.received.split(b"\n", 1)
        return line

    def _socket(self) -> socket.socket:
        if self.deadline is None:
            self.begin(self.timeout)  # for the greeting, which the constructor reads
        left = (self.deadline or 0.0) - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        if self.sock is None:
            raise ConnectionError("not connected")
        self.sock.settimeout(left)
        return self.sock


class _Client(_InTime, smtplib.SMTP):
    pass


class _EncryptedClient(_InTime, smtplib.SMTP_SSL):
    pass


def _xtext(address: bytes) -> bytes:
    """As RFC 3461 section 4 wants it: no plus, no equals sign, nothing outside printable ASCII."""
    return b"".join(b"%c" % one if 33 <= one <= 126 and one not in b"+=" else b"+%02X" % one for one in address)


def _connected() -> _Client | _EncryptedClient:
    where = {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT, "timeout": settings.EMAIL_TIMEOUT}
    if settings.EMAIL_USE_SSL:
        return _EncryptedClient(context=ssl.create_default_context(), **where)
    return _Client(**where)


def _sign_in(client: _Client | _EncryptedClient) -> None:
    client.begin(settings.EMAIL_TIMEOUT)
    client.ehlo_or_helo_if_needed()
    if settings.EMAIL_USE_TLS:
        client.starttls(context=ssl.create_default_context())
        client.received = b""  # what came before the encryption counts for nothing: anybody may have said it
        client.ehlo()
    if settings.EMAIL_HOST_USER:
        client.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    if client.sock is not None:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextlib.contextmanager
def _as_undelivered(phase: Phase) -> Iterator[None]:
    """What smtplib raises, as an Undelivered."""
    try:
        yield
    except smtplib.SMTPNotSupportedError as missing:
        raise Undelivered(phase, Reply(502, str(missing))) from missing  # as if asked for: waiting does not help
    except smtplib.SMTPResponseException as refusal:
        raise Undelivered(phase, _reply(refusal.smtp_code, refusal.smtp_error)) from refusal
    except (OSError, smtplib.SMTPException, ValueError) as failure:
        raise Undelivered(phase, None, _words(failure)) from failure


def _reply(code: int, text: bytes | str) -> Reply:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return Reply(code, " ".join(words.replace("\x00", "").split())[:1000])


def _words(failure: Exception) -> str:
    return str(failure) or type(failure).__name__
