"""What ./crm does once .venv is there: run, test, check, manage.

The database is the embedded one unless `DATABASE_URL` is set; manage.py learns everything by its environment, and a
variable that the user has set always wins. Whatever is made at run time lies in .crm, closed to others.
"""

import argparse
import contextlib
import errno
import fcntl
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import polib

from . import postgres, processes
from .processes import Program

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".crm"
MANAGE = [sys.executable, str(ROOT / "manage.py")]
HOSTS_OF_A_TRIAL = {"localhost", "127.0.0.1", "::1"}
SECRETS = ("SECRET_KEY", "SUPPRESSION_PEPPER")
SIGN_INS = ("admin@example.com", "sales@example.com", "marketer@example.com")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
STATIC = ROOT / "staticfiles"
READY_LIMIT = 60.0  # seconds until the first page answers
FREED_LIMIT = 5.0  # seconds a port may still be held by what a kill -9 left


ORDERS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Refused(Exception):
    """It cannot go on; the text is one sentence that says why and what to do."""


def main(words: Sequence[str]) -> int:
    """Carry out one command; 0 when all went well."""
    try:
        stop_when_told()
        STATE.mkdir(mode=0o700, exist_ok=True)
        match words[0]:
            case "run":
                return run(run_options(words[1:]))
            case "manage":
                return manage(words[1:])
            case "test":
                return test(words[1:])
            case _:
                return check()
    except (Refused, postgres.Unavailable, processes.Failed) as refusal:
        say(str(refusal))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        say(f"The disk of {ROOT} is full: make 200 MB free and start again." if full else f"It cannot go on: {error}")
    return 1


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
    return keep("secrets.json", {name: secrets.token_urlsafe(48) for name in SECRETS})


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


# ---- the environment of manage.py


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in HOSTS_OF_A_TRIAL


def of_the_trial(server: postgres.Server, port: int, mail: int) -> dict[str, str]:
    """The environment on the embedded database; a trial only as long as the site has a loopback address."""
    own = kept_secrets() | {
        "DATABASE_URL": server.url(),
        "SITE_URL": f"http://localhost:{port}",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail}",
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


def environment(server: postgres.Server | None, port: int, mail: int) -> dict[str, str]:
    return of_the_trial(server, port, mail) if server else of_the_user(port)


# ---- what must be up to date before manage.py starts


def digest_of(paths: Sequence[Path], *, contents: bool = False) -> str:
    """A digest of the files' names and times, or contents."""
    parts = []
    for path in sorted(paths):
        state = path.stat()
        parts.append((str(path), path.read_text() if contents else f"{state.st_mtime_ns} {state.st_size}"))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def compile_translations() -> None:
    """Make the .mo files Django reads, where the .po is newer; users need no gettext."""
    for source in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(f"{compiled}.new")
            Path(f"{compiled}.new").rename(compiled)


def collect_static() -> None:
    """Bring style sheets and scripts to where they are served from, when one of them or a package has changed."""
    files = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    now = digest_of([*files, ROOT / "requirements.txt"])
    stamp = STATE / "static.digest"
    if (STATIC / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == now:
        return
    say("Collecting the static files")
    call_manage("collectstatic", "--no-input", environment=made_up())
    stamp.write_text(now)


def made_up() -> dict[str, str]:
    """An environment as production would have it, for what only reads the settings."""
    return os.environ | {
        "DATABASE_URL": "postgresql:///",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "SUPPRESSION_PEPPER": secrets.token_urlsafe(64),
        "SITE_URL": "https://crm.example.com",
        "ALLOWED_HOSTS": "crm.example.com",
        "EMAIL_URL": "smtp://localhost:25",
        "TRIAL": "0",
    }


def prepare_files() -> None:
    with postgres.locked(STATE / "files.lock"):
        compile_translations()
        collect_static()


def migrate(server: postgres.Server | None, variables: dict[str, str]) -> None:
    if server is None:
        call_manage("migrate", "--no-input", environment=variables)
        return
    written = [*ROOT.glob("*/migrations/*.py"), ROOT / "requirements.txt"]
    once(server, variables, "Bringing the database up to date", written, "migrate", "--no-input")


def make_trial_users(server: postgres.Server, variables: dict[str, str]) -> None:
    """The users of the trial, with the passwords kept in .crm."""
    sign_ins()
    rests_on = [STATE / "sign-ins.json", *ROOT.glob("*/management/commands/trial_users.py")]
    once(server, variables, "Making the sign-ins", rests_on, "trial_users")


def once(server: postgres.Server, variables: dict[str, str], doing: str, rests_on: Sequence[Path], *words: str) -> None:
    """Run a command of manage.py on the embedded database unless it ran there since these files changed."""
    now = digest_of(rests_on, contents=True)
    stamp = server.home / f"{words[0]}.done"
    with postgres.locked(STATE / f"{words[0]}.lock"):
        if not stamp.exists() or stamp.read_text() != now:
            say(doing)
            call_manage(*words, environment=variables)
            stamp.write_text(now)


def call_manage(*words: str, environment: dict[str, str]) -> None:
    """Run a command of manage.py whose output matters only when it fails."""
    done = subprocess.run(  # noqa: S603 - our own manage.py
        [*MANAGE, *words],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=processes.bound_to_us(),
    )
    if done.returncode:
        say(done.stdout)
        raise Refused(f"manage.py {words[0]} failed with what stands above.")


# ---- run


def run_options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("./crm run")
    parser.add_argument("--port", type=port_number, default=8000, help="where the pages are (8000)")
    parser.add_argument("--no-demo", action="store_true", help="an empty database without sign-ins")
    return parser.parse_args(words)


def port_number(word: str) -> int:
    if not 0 <= int(word) <= 65535:
        raise ValueError
    return int(word)


def run(options: argparse.Namespace) -> int:
    """Start everything, say where it is, and keep it up until told to stop; nothing of it is left then."""
    stop_when_told(code=0)
    with contextlib.ExitStack() as stack:
        pages = stack.enter_context(listen_for_pages(options.port))
        mail = None if takes_no_mail() else stack.enter_context(listen_for_mail())
        ports = port_of(pages), port_of(mail) if mail else 0
        stack.enter_context(announced(*ports))
        server = stack.enter_context(database())
        variables = environment(server, *ports)
        prepare_files()
        migrate(server, variables)
        if is_demo := server is not None and "TRIAL" in variables and not options.no_demo:
            make_trial_users(server, variables)
        programs = [web(pages), worker(), *([catcher(mail)] if mail else [])]
        stack.callback(processes.stop, programs)
        stack.callback(say, "Stopping")
        say("Starting the web server and the worker")
        for program in programs:
            program.start(variables, ROOT)
            if program.listener is pages:
                wait_until_ready(program, pages)
        greet(port_of(pages), signs_in=is_demo, mail=mail is not None)
        keep_up(programs, variables, server)
    return 0


def stop_when_told(code: int | None = None) -> None:
    """Ctrl-C, a polite kill and a closed terminal end us in order; being told twice does not break that off."""

    def leave(number: int, frame: object) -> None:
        for order in ORDERS_TO_STOP:
            signal.signal(order, signal.SIG_IGN)
        sys.exit(128 + number if code is None else code)

    for order in ORDERS_TO_STOP:
        signal.signal(order, leave)


def takes_no_mail() -> bool:
    return bool(os.environ.get("EMAIL_URL") or os.environ.get("DATABASE_URL"))


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def web(pages: socket.socket) -> Program:
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"fd://{pages.fileno()}"]
    command += ["--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "3", "consent_crm.wsgi"]
    return Program("web server", command, STATE / "web.log", pages)


def worker() -> Program:
    return Program("worker", [*MANAGE, "worker"], STATE / "worker.log")


def catcher(mail: socket.socket) -> Program:
    command = [sys.executable, "-m", "consent_crm.catcher", str(mail.fileno()), str(STATE / "mail")]
    return Program("mail catcher", command, STATE / "mail.log", mail)


def wait_until_ready(program: Program, pages: socket.socket) -> None:
    answered = postgres.wait_for(lambda: program.has_ended() or answers(port_of(pages)), READY_LIMIT)
    if not answered or program.has_ended():
        raise Refused(f"The web server did not start (see {program.log}): {program.last_words()}")


def answers(port: int) -> bool:
    """Whether a page comes back, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def greet(port: int, *, signs_in: bool, mail: bool) -> None:
    lines = [f"\nReady at http://localhost:{port}\n"]
    if signs_in:
        lines += [f"  {address:<24}{password}" for address, password in sign_ins().items()]
        lines += [""]
    if mail:
        lines += [f"Mail is caught in {(STATE / 'mail').relative_to(ROOT)} and goes nowhere else."]
    print("\n".join([*lines, "Ctrl-C stops it."]), flush=True)  # noqa: T201 - the terminal is its page


def keep_up(programs: Sequence[Program], variables: dict[str, str], server: postgres.Server | None) -> None:
    """Start again what ends, the database too, until something does not stay up."""
    while True:
        time.sleep(0.3)
        if server is not None and server.pid() is None:
            say("The database has ended; starting it again")
            server.start()
        for program in programs:
            if program.has_ended():
                program.count_end()
                say(f"The {program.name} has ended; starting it again")
                program.start(variables, ROOT)


# ---- manage


def manage(words: Sequence[str]) -> int:
    """manage.py on the same database, in the folder where the user is; the exit code is its own."""
    with database() as server:
        variables = environment(server, *addresses())
        prepare_files()
        if server is not None:
            if words[:1] == ["migrate"]:
                (server.home / "migrate.done").unlink(missing_ok=True)
            else:
                migrate(server, variables)
        return processes.in_foreground([*MANAGE, *words], variables)


# ---- test and check


def test(words: Sequence[str]) -> int:
    """pytest; the tests make a database of their own."""
    bring_chromium()
    prepare_files()
    os.chdir(ROOT)
    return processes.in_foreground([sys.executable, "-m", "pytest", *words], dict(os.environ))


def bring_chromium() -> None:
    if any(map(shutil.which, CHROMIUM)):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests")
        install_chromium()
    if not any(map(shutil.which, CHROMIUM)):
        say("There is no Chromium here, so the browser tests are skipped: apt-get install chromium brings it.")


def install_chromium() -> None:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603 - fixed words
                ["apt-get", *command],  # noqa: S607 - root's own PATH
                env=quiet,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=900,
                check=False,
            )


CHECKS = {
    "format": ["ruff", "format", "--check", ".", "crm"],
    "lint": ["ruff", "check", ".", "crm"],
    "types": ["mypy", "."],
    "format of templates": ["djlint", "templates", "--check"],
    "lint of templates": ["djlint", "templates", "--lint", "--quiet"],
}
IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


def check() -> int:
    """Everything that can be found without starting the product, then the tests; changes nothing."""
    os.chdir(ROOT)
    prepare_files()
    with postgres.temporary() as server:
        variables = made_up() | {"DATABASE_URL": server.url()}
        failed = [name for name, command in commands_of_checks() if not passes(name, command, variables)]
    if test([]):
        failed.append("tests")
    if failed:
        say(f"Not in order: {', '.join(failed)}.")
    return 1 if failed else 0


def commands_of_checks() -> Iterator[tuple[str, list[str]]]:
    for name, command in CHECKS.items():
        yield name, [sys.executable, "-m", *command]
    yield "imports", [sys.executable, "-c", IMPORTS]
    yield "migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"]
    yield "settings", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"]


def passes(name: str, command: Sequence[str], variables: dict[str, str]) -> bool:
    done = subprocess.run(  # noqa: S603 - the tools of .venv
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    say(f"{name}: {'in order' if done.returncode == 0 else f'not in order{chr(10)}{done.stdout}'}")
    return done.returncode == 0
