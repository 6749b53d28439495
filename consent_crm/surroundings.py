"""What ./crm keeps in .crm, the addresses of ./crm run, and the environment manage.py learns everything from.

A variable that the user has set always wins.
"""

import contextlib
import fcntl
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from . import postgres

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".crm"
MAIL = STATE / "mail"
HOSTS_OF_A_TRIAL = {"localhost", "127.0.0.1", "::1"}
SECRETS = {"SECRET_KEY": 48, "SUPPRESSION_PEPPER": 48, "PROOF_KEY": 32}  # in random bytes
SIGN_INS = ("admin@example.com", "sales@example.com", "marketer@example.com")
FREED_LIMIT = 5.0  # seconds a port may still be held by what a kill -9 left


class Refused(Exception):
    """It cannot go on; the text is one sentence that says why and what to do."""


def say(text: str) -> None:
    """Progress and refusals go beside the output, which may be read by a program."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the terminal is its page


# ---- what is kept in .crm


def keep(name: str, values: dict[str, str]) -> dict[str, str]:
    """The values kept under this name for good; those not yet there are added from `values`. Mode 0600."""
    path = STATE / name
    with postgres.locked(STATE / "state.lock"):
        kept = json.loads(path.read_text()) if path.exists() else {}
        if values.keys() - kept.keys():
            kept = values | kept
            passing = path.with_suffix(".new")
            passing.unlink(missing_ok=True)
            with open(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(kept, file, indent=2)
            passing.rename(path)
    return kept


def kept_secrets() -> dict[str, str]:
    return keep("secrets.json", {name: secrets.token_urlsafe(length) for name, length in SECRETS.items()})


def sign_ins() -> dict[str, str]:
    """The passwords of the trial, by e-mail address; `manage.py trial_users` gives them to the users."""
    return keep("sign-ins.json", {address: secrets.token_urlsafe(9) for address in SIGN_INS})


def mail_port() -> int:
    """The port of the mail catcher, kept so that mail finds it also when it starts later."""
    with listen(0) as free:
        return int(keep("mail.json", {"port": str(free.getsockname()[1])})["port"])


# ---- the addresses of ./crm run


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback address; OSError where the port is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    listener.listen(256)
    return listener


def listen_for_pages(port: int) -> socket.socket:
    """The socket of the pages. A run that was killed may hold its port a moment longer, nobody else is waited for."""
    end = time.monotonic() + (FREED_LIMIT if (STATE / "runs" / str(port)).exists() else 0)
    while True:
        try:
            return listen(port)
        except PermissionError as error:
            raise Refused(f"Port {port} is not open to ordinary users: name one above 1023 with --port.") from error
        except OSError as error:
            if time.monotonic() > end:
                free = f"./crm run --port {port + 1}"
                raise Refused(f"Port {port} is taken by another program: end it, or use {free}.") from error
        time.sleep(0.1)


def listen_for_mail() -> socket.socket:
    try:
        return listen(mail_port())
    except OSError:
        return listen(0)


@contextlib.contextmanager
def announced(port: int, mail: int) -> Iterator[None]:
    """Let every ./crm manage know this run's addresses while it lives; the lock tells that it does."""
    path = STATE / "runs" / str(port)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with path.open("w") as file:
        json.dump({"port": port, "mail": mail}, file)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def addresses() -> tuple[int, int]:
    """The ports of pages and mail of the run that started last and still lives, else those that one would have."""
    runs = sorted((STATE / "runs").glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in runs:
        with contextlib.suppress(FileNotFoundError), path.open() as file:
            if not postgres.take(file.fileno(), fcntl.LOCK_SH):
                ports = json.load(file)
                return ports["port"], ports["mail"] or mail_port()
    return 8000, mail_port()


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


# ---- the environment of manage.py


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in HOSTS_OF_A_TRIAL


def of_the_trial(server: postgres.Server, port: int, mail: int) -> dict[str, str]:
    """The environment on the embedded database; a trial only as long as the site has a loopback address."""
    own = kept_secrets() | {
        "DATABASE_URL": server.url(),
        "SITE_URL": f"http://localhost:{port}",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail}",
        "CAUGHT_MAIL": str(MAIL),
    }
    variables = own | os.environ
    variables.pop("TRIAL", None)
    variables["PATH"] = f"{server.programs}:{variables.get('PATH', os.defpath)}"
    return variables | ({"TRIAL": "1"} if is_loopback(variables["SITE_URL"]) else {})


def of_the_user(port: int) -> dict[str, str]:
    """The environment on a database of the user's own: never a trial, and no secret is made up."""
    missing = [name for name in SECRETS if not os.environ.get(name)]
    if missing:
        raise Refused(f"With DATABASE_URL, {' and '.join(missing)} must be set as well: see docs/deployment.md.")
    variables = {"SITE_URL": f"http://localhost:{port}"} | os.environ
    variables.pop("TRIAL", None)
    return variables


@contextlib.contextmanager
def database() -> Iterator[postgres.Server | None]:
    """The embedded server, shared with every other ./crm; None where the user has set DATABASE_URL."""
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    place = STATE / "postgres"
    if not place.exists():
        say("Making the database (the first time only)")
    with postgres.attached(place) as server:
        yield server


def takes_no_mail() -> bool:
    return bool(os.environ.get("EMAIL_URL") or os.environ.get("DATABASE_URL"))


def environment(server: postgres.Server | None, port: int, mail: int) -> dict[str, str]:
    return of_the_trial(server, port, mail) if server else of_the_user(port)


def made_up() -> dict[str, str]:
    """An environment as production would have it, for what only reads the settings."""
    return os.environ | {
        "DATABASE_URL": "postgresql:///",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "SUPPRESSION_PEPPER": secrets.token_urlsafe(64),
        "PROOF_KEY": secrets.token_urlsafe(32),
        "SITE_URL": "https://crm.example.com",
        "ALLOWED_HOSTS": "crm.example.com",
        "EMAIL_URL": "smtp://localhost:25",
        "TRIAL": "0",
    }
