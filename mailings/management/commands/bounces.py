import os
import sys
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from mailings import incoming, mailboxes, reporting
from mailings.mailboxes import Unreachable


class Command(BaseCommand):
    help = (
        "Works off bounces and complaints: one message from a pipe, or all that lie in a mailbox. For a pipe of the"
        " mail server: `manage.py bounces --to ADDRESS < MESSAGE`."
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", default="", metavar="ADDRESS", help="where the message was delivered")
        place = parser.add_mutually_exclusive_group()
        place.add_argument("--maildir", type=Path, metavar="FOLDER", help="a folder of the form Maildir")
        place.add_argument("--mailbox", action="store_true", help="the mailbox of the setting BOUNCE_MAILBOX")

    def handle(self, *, to, maildir, mailbox, **_):
        if mailbox and not settings.BOUNCE_MAILBOX:
            raise CommandError("BOUNCE_MAILBOX is not set.", returncode=2)
        url = maildir.absolute().as_uri().replace("file:", "maildir:", 1) if maildir else settings.BOUNCE_MAILBOX
        try:
            done = mailboxes.work_off(url) if maildir or mailbox else Counter([_piped(to)])
        except Unreachable as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError("The database is away.", returncode=os.EX_TEMPFAIL) from error  # to be tried again
        for outcome, number in done.items():
            self.stdout.write(f"{number} {outcome.label}")


def _piped(to):
    raw = sys.stdin.buffer.read(incoming.LARGEST)
    while sys.stdin.buffer.read(incoming.LARGEST):
        pass  # the mail server takes a pipe that is not read to its end for broken
    return reporting.take(incoming.read(raw, to=to))
