"""What ./crm does once .venv is there: run, test, check, manage, bench.

The database is the embedded one unless `DATABASE_URL` is set; manage.py learns everything by its environment, and a
variable that the user has set always wins. Whatever is made at run time lies in .crm, closed to others.
"""

import argparse
import contextlib
import errno
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import polib

from . import postgres, processes
from .processes import Program
from .surroundings import (
    MAIL,
    ROOT,
    STATE,
    Refused,
    addresses,
    announced,
    database,
    environment,
    listen_for_mail,
    listen_for_pages,
    made_up,
    port_of,
    say,
    sign_ins,
    takes_no_mail,
)

MANAGE = [sys.executable, str(ROOT / "manage.py")]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
STATIC = ROOT / "staticfiles"
READY_LIMIT = 60.0  # seconds until the first page answers


ORDERS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
            case "bench":
                return bench(words[1:])
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


def load_demo(server: postgres.Server, variables: dict[str, str]) -> None:
    """Fill the database of the trial, unless that was done or somebody has brought persons of their own."""
    stamp = server.home / "demo.done"
    with postgres.locked(STATE / "demo.lock"):
        if not stamp.exists():
            say("Loading the demo: 2,000 invented persons (the first time only; --no-demo leaves it out)")
            call_manage("demo", "--if-empty", environment=variables)
            stamp.touch()


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
    parser.add_argument("--no-demo", action="store_true", help="without sign-ins and invented persons")
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
            load_demo(server, variables)
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


def web(pages: socket.socket) -> Program:
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"fd://{pages.fileno()}"]
    command += ["--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "3", "consent_crm.wsgi"]
    return Program("web server", command, STATE / "web.log", pages)


def worker() -> Program:
    return Program("worker", [*MANAGE, "worker"], STATE / "worker.log")


def catcher(mail: socket.socket) -> Program:
    command = [sys.executable, "-m", "consent_crm.catcher", str(mail.fileno()), str(MAIL)]
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
        lines += [f"Mail goes nowhere: it is caught, and read at http://localhost:{port}/caught/."]
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


def bench(words: Sequence[str]) -> int:
    """The benchmarks, in a database of their own beside the one of ./crm run, or beside the one of DATABASE_URL."""
    with database() as server:
        prepare_files()
        benchmarks = [sys.executable, "-m", "benchmarks", *words]
        variables = environment(server, *addresses()) | {"DJANGO_SETTINGS_MODULE": "consent_crm.settings"}
        return processes.in_foreground(benchmarks, variables | {"PYTHONPATH": str(ROOT)})


# ---- test and check


def test(words: Sequence[str]) -> int:
    """pytest on all cores (`-n0`: on one, as for a debugger); the tests make databases of their own."""
    bring_chromium()
    prepare_files()
    os.chdir(ROOT)
    pytest = [sys.executable, "-m", "pytest", "-n=auto", f"--maxprocesses={TEST_PROCESSES}", *words]
    return processes.in_foreground(pytest, dict(os.environ))


TEST_PROCESSES = 4  # each brings a PostgreSQL and a browser of its own


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
