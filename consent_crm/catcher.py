"""The mail catcher of the trial: takes every message by SMTP and keeps it as a file that mail programs open."""

import asyncio
import contextlib
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """Writes each message to a folder, newest last by name, with the envelope on top (RFC 5321 section 4.4)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{token_hex(4)}"
        passing = self.folder / f"{name}.part"
        passing.write_bytes(_trace(envelope) + (envelope.original_content or b""))
        passing.rename(self.folder / f"{name}.eml")
        return "250 Kept"


def _trace(envelope: Envelope) -> bytes:
    lines = [f"Return-Path: <{envelope.mail_from}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
    return "".join(f"{line}\r\n" for line in lines).encode()


async def serve(listener: socket.socket, folder: Path) -> None:
    """Take mail on a socket that listens already, until told to end."""
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for order in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(order, ended.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="localhost", ident="mail catcher", enable_SMTPUTF8=True, loop=loop),
        sock=listener,
    )
    await ended.wait()
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2])))
