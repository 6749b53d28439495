"""The mailbox of bounces, worked off message by message: a Maildir folder, or a folder reached by IMAP.

A message is taken out once it has been worked off; what cannot be matched is kept in the database.
"""

import contextlib
import imaplib
import mailbox
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from mailings import incoming, reporting

AT_ONCE = 500  # messages; the others wait for the next time
TIMEOUT = 30.0  # seconds


class Unreachable(Exception):
    """The mailbox cannot be read, as a sentence."""


def work_off(url: str) -> Counter[reporting.Outcome]:
    """Work off what lies in a mailbox: `maildir:///path`, `imaps://user:password@host/folder` or `imap://…`.

    Raises Unreachable. Safe to run twice at once: a report is worked off once.
    """
    parts = urlsplit(url)
    if parts.scheme not in READERS:
        raise Unreachable(f"A mailbox is maildir, imaps or imap, not {parts.scheme or 'nothing'}.")
    done: Counter[reporting.Outcome] = Counter()
    try:
        for raw in READERS[parts.scheme](parts):
            done[reporting.take(incoming.read(raw))] += 1
    except (OSError, imaplib.IMAP4.error, mailbox.Error) as error:
        raise Unreachable(f"The mailbox of bounces cannot be read: {error}") from error
    return done


def _of_folder(parts: SplitResult) -> Iterator[bytes]:
    path = Path(unquote(parts.path))
    if not path.is_dir():
        raise Unreachable(f"There is no folder {path}.")
    folder = mailbox.Maildir(path, create=False)
    for key in sorted(folder.keys())[:AT_ONCE]:
        with contextlib.suppress(KeyError):  # somebody else has taken it
            with contextlib.closing(folder.get_file(key)) as file:
                raw = file.read(incoming.LARGEST)
            yield raw
            folder.discard(key)


def _of_server(parts: SplitResult) -> Iterator[bytes]:
    connect, usual = (imaplib.IMAP4_SSL, 993) if parts.scheme == "imaps" else (imaplib.IMAP4, 143)
    with connect(parts.hostname or "", parts.port or usual, timeout=TIMEOUT) as server:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        _demand(server.select(unquote(parts.path).strip("/") or "INBOX"))
        for uid in _demand(server.uid("SEARCH", "UNDELETED"))[0].split()[:AT_ONCE]:
            fetched = _demand(server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{incoming.LARGEST}>)"))
            yield next((part[1] for part in fetched if isinstance(part, tuple)), b"")
            server.uid("STORE", uid.decode(), "+FLAGS", r"(\Deleted)")
        server.expunge()


def _demand(answer: tuple[str, list]) -> list:
    state, data = answer
    if state != "OK":
        raise imaplib.IMAP4.error(str(data))
    return data


READERS: dict[str, Callable[[SplitResult], Iterator[bytes]]] = {
    "maildir": _of_folder,
    "imap": _of_server,
    "imaps": _of_server,
}
