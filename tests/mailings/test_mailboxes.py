import io
import mailbox
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from mailings import mailboxes, tasks
from mailings.mailboxes import Unreachable
from tests.mailings.imap_server import serving
from tests.mailings.returning import dsn
from tests.mailings.test_reporting import path, sent  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return mailbox.Maildir(tmp_path / "bounces")


def is_bounced(recipient):
    recipient.refresh_from_db()
    return recipient.bounce == "no_such_address"


def test_a_folder_is_worked_off_and_emptied(sent, folder, capsys):  # noqa: F811
    folder.add(dsn(to=path(sent)))
    folder.add(dsn(id="2"))

    call_command("bounces", maildir=Path(folder._path))

    assert is_bounced(sent)
    assert len(folder) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "1 Kept: about no message of ours that we know",
        "1 Worked off",
    ]


def test_a_mailbox_on_a_server_is_worked_off_and_emptied(sent, settings):  # noqa: F811
    messages = [dsn(to=path(sent)), dsn(id="2")]

    with serving(messages) as port:
        settings.BOUNCE_MAILBOX = f"imap://bounces:secret@127.0.0.1:{port}/INBOX"
        tasks.fetch_bounces(timestamp=0)

    assert is_bounced(sent)
    assert messages == []


def test_a_mailbox_that_cannot_be_read_says_so(tmp_path):
    with serving([]) as port, pytest.raises(Unreachable, match="wrong password"):
        mailboxes.work_off(f"imap://bounces:guessed@127.0.0.1:{port}/INBOX")
    for url in ("imap://a:b@127.0.0.1:1/", f"maildir://{tmp_path}/none", "pop3://a:b@127.0.0.1/", ""):
        with pytest.raises(Unreachable):
            mailboxes.work_off(url)


def test_a_message_comes_through_a_pipe(sent, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(dsn())))

    call_command("bounces", to=path(sent))

    assert is_bounced(sent)
    assert capsys.readouterr().out == "1 Worked off\n"


def test_a_mailbox_that_is_not_set_is_wrong_use():
    with pytest.raises(CommandError, match="not set") as refused:
        call_command("bounces", mailbox=True)

    assert refused.value.returncode == 2
