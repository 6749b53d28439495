"""The programs that ./crm starts: they end when it ends, even by kill -9, and are started again when they fail."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_LIMIT = 12.0  # seconds: a worker may be waiting for a mail server
EARLY = 10.0  # seconds: what ends sooner has probably not failed by chance
TRIES = 3
LARGEST_LOG = 5 * 1024 * 1024  # bytes


class Failed(Exception):
    """A program does not stay up; the text says which, and its last words."""


def bound_to_us(order: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """What a child does before it becomes its program: ask to be told to end when this process has died."""
    parent = os.getpid()

    def ask() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, order)
        if os.getppid() != parent:
            os._exit(1)

    return ask


@dataclass
class Program:
    """One of the programs of ./crm run, with a log of its own."""

    name: str
    command: Sequence[str | Path]
    log: Path
    listener: socket.socket | None = None
    process: subprocess.Popen | None = None
    begun: float = 0.0
    early_ends: int = 0

    def start(self, environment: Mapping[str, str], folder: Path) -> None:
        """In a group of its own: Ctrl-C in the terminal reaches only us, and we stop things in their order."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.unlink()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - no shell, and no word of it comes from outside
                self.command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.listener.fileno()] if self.listener else [],
                process_group=0,
                preexec_fn=bound_to_us(),
            )
        self.begun = time.monotonic()

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def count_end(self) -> None:
        """Count an end towards giving up, unless somebody else killed it; one after a good while starts anew."""
        if self.process is not None and self.process.returncode == -signal.SIGKILL:
            return
        self.early_ends = self.early_ends + 1 if time.monotonic() - self.begun < EARLY else 1
        if self.early_ends >= TRIES:
            raise Failed(f"The {self.name} does not stay up (see {self.log}): {self.last_words()}")

    def last_words(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing."

    def signal(self, order: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, order)


def stop(programs: Sequence[Program]) -> None:
    """Tell all to end, wait for them together, and end whatever is left of their groups."""
    for program in programs:
        program.signal(signal.SIGTERM)
    end = time.monotonic() + STOP_LIMIT
    for program in programs:
        if program.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.process.wait(max(0.0, end - time.monotonic()))
        program.signal(signal.SIGKILL)
    for program in programs:
        if program.process is not None:
            program.process.wait()


def in_foreground(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    """Run one program in the terminal and hand on what we are told; its exit code, as a shell would say it.

    Ctrl-C in a terminal reaches the program by itself, so it is handed on only where there is none.
    """
    process: subprocess.Popen | None = None

    def hand_on(number: int, frame: object) -> None:
        if process is not None and not (number == signal.SIGINT and os.isatty(0)):
            process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)
    process = subprocess.Popen(command, env=environment, preexec_fn=bound_to_us())  # noqa: S603 - manage.py, pytest
    code = process.wait()
    return code if code >= 0 else 128 - code
