"""The messages that the catcher of the trial has kept (catcher.py): finding them, reading them, answering them."""

import contextlib
import http.client
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import strip_tags

from mailings.cleaning import clean

NAME = re.compile(r"(\d{8}T\d{6}\.\d{6})-[0-9a-f]{8}")
ONE_CLICK_BODY = "List-Unsubscribe=One-Click"  # RFC 8058 section 3.2
ANSWER_LIMIT = 10.0  # seconds


class NoSuchMessage(Exception):
    """There is no message of that name."""


class NotOurs(Exception):
    """The link of a message leads to another site than this one."""


@dataclass(frozen=True)
class Caught:
    """A message as it was taken, by the name of its file."""

    name: str
    message: EmailMessage

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.name.partition("-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def recipient(self) -> str:
        return str(self.message["To"] or self.message["Delivered-To"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def html(self) -> str:
        """The HTML part, cleaned as a mail program would; empty where there is none."""
        return clean(self.raw_html)

    @property
    def raw_html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part else ""

    @property
    def one_click_url(self) -> str:
        """Where one click goes, if the message offers one (RFC 8058 section 3.1)."""
        link = re.search(r"<(https?://[^>]+)>", str(self.message["List-Unsubscribe"] or ""))
        return link[1] if link and self.message["List-Unsubscribe-Post"] == ONE_CLICK_BODY else ""


def names() -> list[str]:
    """The names of all messages, the newest first."""
    folder: Path = settings.CAUGHT_MAIL
    found = (path.stem for path in folder.glob("*.eml")) if folder.is_dir() else iter(())
    return sorted(filter(NAME.fullmatch, found), reverse=True)


def read(name: str) -> Caught:
    """Raises NoSuchMessage."""
    try:
        if not NAME.fullmatch(name):
            raise NoSuchMessage
        content = (settings.CAUGHT_MAIL / f"{name}.eml").read_bytes()
    except FileNotFoundError as error:
        raise NoSuchMessage from error
    parsed = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
    return Caught(name, parsed)


def forget(before: datetime) -> int:
    """Remove the messages that were taken before; how many."""
    first = before.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    old = [name for name in names() if name < first]
    for name in old:
        (settings.CAUGHT_MAIL / f"{name}.eml").unlink(missing_ok=True)
    return len(old)


def forget_where(names_somebody: Callable[[str], bool]) -> None:
    """Remove every message of which that holds: of its headers, or of what a reader sees."""
    for name in names():
        with contextlib.suppress(NoSuchMessage):
            message = read(name)
            seen = [*(value for _header, value in message.headers), message.text, strip_tags(message.raw_html)]
            if names_somebody(" ".join(seen)):
                (settings.CAUGHT_MAIL / f"{name}.eml").unlink(missing_ok=True)


def read_all(some: Iterable[str]) -> Iterator[Caught]:
    return (read(name) for name in some)


def click_once(url: str) -> int:
    """Do what a mail program does with its button, without cookie or sign-in; the status of the answer.

    Raises NotOurs, and OSError or http.client.HTTPException where nobody answers.
    """
    site = urlsplit(settings.SITE_URL)
    target = urlsplit(url)
    if (target.scheme, target.netloc) != (site.scheme, site.netloc) or site.hostname is None:
        raise NotOurs
    connection = http.client.HTTPConnection(site.hostname, site.port, timeout=ANSWER_LIMIT)
    try:
        connection.request("POST", target.path, ONE_CLICK_BODY, {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    finally:
        connection.close()
