"""What ./crm does once .venv is there: run, test, check, manage, bench.

The database is the embedded one unless `DATABASE_URL` is set; manage.py learns everything by its environment, and a
variable that the user has set always wins. Whatever is made at run time lies in .crm, closed to others.
"""

import argparse
import contextlib
import errno
import http.client
import signal
import socket
import sys
import time
from collections.abc import Sequence

from . import postgres, processes
from .checking import check, test
from .preparing import MANAGE, load_demo, make_trial_users, migrate, prepare_files
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
    port_of,
    say,
    sign_ins,
    takes_no_mail,
)

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
