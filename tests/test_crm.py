import ast
import contextlib
import json
import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from consent_crm import launcher, postgres, preparing, processes, surroundings

ROOT = Path(__file__).resolve().parent.parent
OURS = {"DATABASE_URL", "EMAIL_URL", "SITE_URL", "TRIAL", *surroundings.SECRETS}  # what the tests themselves have set


@pytest.fixture(scope="module")
def checkout():
    """A copy of this checkout in a path with a space, with the packages of this one, and nothing made yet."""
    place = Path(tempfile.mkdtemp(prefix="crm-", dir=postgres.quick_folder()))
    copy = place / "a copy"
    tracked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(tracked, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    (copy / ".venv").symlink_to(sys.prefix)
    yield copy
    postgres.Server(copy / ".crm/postgres").stop()
    shutil.rmtree(place)


@pytest.fixture
def started(checkout):
    """Start ./crm here; whatever still runs at the end is ended, by number."""
    begun: list[subprocess.Popen] = []

    def start(*words, **variables):
        begun.append(crm(checkout, *words, **variables))
        return begun[-1]

    yield start
    for process in begun:
        kill(family(process.pid))
        process.communicate()


def crm(checkout, *words, **variables):
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | variables
    return subprocess.Popen(
        [checkout / "crm", *words],
        cwd=checkout.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(checkout, *words, **variables):
    """Run ./crm to its end: exit code, output, and what it said beside."""
    process = crm(checkout, *words, **variables)
    output, said = process.communicate(timeout=120)
    return process.returncode, output, said


def settings_in(checkout, **variables):
    """What manage.py sees of its environment, as ./crm passes it."""
    names = ["EMAIL_HOST", "EMAIL_PORT", "SITE_URL", "TRIAL"]
    show = f"from django.conf import settings as s; import json; print(json.dumps([getattr(s, n) for n in {names}]))"
    code, output, said = answer(checkout, "manage", "shell", "--no-imports", "-c", show, **variables)
    assert code == 0, said
    return dict(zip(names, json.loads(output), strict=True))


def until_ready(process):
    """The lines ./crm run prints, up to the last one of its greeting."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError(process.stderr.read())


def family(pid):
    """A process and all that descend from it, by number."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid, *(each for child in children.read_text().split() for each in family(int(child)))]
    except OSError:
        return []


def kill(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def free_port():
    with surroundings.listen(0) as listener:
        return surroundings.port_of(listener)


def none_alive(pids):
    return postgres.wait_for(lambda: not any(map(postgres.is_alive, pids)), 5)


# ---- the bootstrap


def test_without_a_command_it_tells_the_commands(checkout):
    code, output, _ = answer(checkout)

    assert code == 0
    assert re.findall(r"^  (\w+)", output, re.MULTILINE) == ["run", "test", "check", "manage", "bench"]


def test_an_unknown_command_is_wrong_use(checkout):
    assert answer(checkout, "runn")[0] == 2


def test_an_old_python_can_read_the_bootstrap_to_say_that_it_is_too_old():
    ast.parse((ROOT / "crm").read_text(), feature_version=(3, 7))


def test_no_registry_address_stands_in_the_requirements():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        assert not [line for line in lines if line.startswith("--") or ("://" in line and not line.startswith("#"))]
        assert all("--hash=sha256:" in line or line.endswith("\\") for line in lines if line.startswith("    --"))


# ---- conditions that end in one sentence


def refusal(checkout, *words, **variables):
    code, output, said = answer(checkout, *words, **variables)
    assert (code, output) == (1, "")
    assert "Traceback" not in said
    return said.strip().splitlines()[-1]


def test_a_port_that_is_taken_is_one_sentence(checkout):
    with surroundings.listen(0) as taken:
        port = surroundings.port_of(taken)

        assert refusal(checkout, "run", "--port", str(port)) == (
            f"Port {port} is taken by another program: end it, or use ./crm run --port {port + 1}."
        )


def test_a_database_of_the_users_own_needs_secrets_of_the_users_own(checkout):
    assert refusal(checkout, "manage", "check", DATABASE_URL="postgresql:///none", SECRET_KEY="given" * 12) == (
        "With DATABASE_URL, SUPPRESSION_PEPPER and PROOF_KEY must be set as well: see docs/deployment.md."
    )


def test_missing_programs_are_one_sentence(checkout, tmp_path):
    said = refusal(checkout, "manage", "check", PG_BIN=str(tmp_path))

    assert said.startswith("No programs of PostgreSQL 15 or newer were found in")


# ---- what is kept


def test_secrets_are_made_once_and_closed_to_others(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings, "STATE", tmp_path)

    first = surroundings.kept_secrets()

    assert surroundings.kept_secrets() == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert set(first) == {"SECRET_KEY", "SUPPRESSION_PEPPER", "PROOF_KEY"}
    assert len(set(first.values())) == 3


def test_a_secret_that_comes_later_leaves_the_others_as_they_are(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings, "STATE", tmp_path)
    surroundings.keep("secrets.json", {"OLD": "1"})

    assert surroundings.keep("secrets.json", {"OLD": "2", "NEW": "3"}) == {"OLD": "1", "NEW": "3"}


def test_a_translation_is_compiled_when_it_has_changed(monkeypatch, tmp_path):
    monkeypatch.setattr(preparing, "ROOT", tmp_path)
    source = tmp_path / "locale/nb/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "Persons"\nmsgstr "Personer"\n')

    preparing.compile_translations()
    compiled = source.with_suffix(".mo")
    before = compiled.stat().st_mtime_ns
    preparing.compile_translations()

    assert b"Personer" in compiled.read_bytes()
    assert compiled.stat().st_mtime_ns == before


# ---- the mail catcher


def test_the_catcher_keeps_each_message_as_a_file_with_its_envelope(tmp_path):
    with surroundings.listen(0) as listener:
        program = launcher.catcher(listener)
        program.log, program.command = tmp_path / "log", [*program.command[:-1], str(tmp_path / "mail")]
        program.start(os.environ, ROOT)
        try:
            with smtplib.SMTP("127.0.0.1", surroundings.port_of(listener), timeout=10) as server:
                server.sendmail(
                    "b+1@example.com", ["åse@example.com"], "Subject: Hei\r\n\r\nBlåbær".encode(), ["SMTPUTF8"]
                )
                server.sendmail("b+2@example.com", ["kari@example.com"], b"Subject: Two\r\n\r\n.dot")
        finally:
            processes.stop([program])

    first, second = (path.read_bytes() for path in sorted((tmp_path / "mail").iterdir()))

    assert first.decode().split("\r\n") == [
        "Return-Path: <b+1@example.com>",
        "Delivered-To: åse@example.com",
        "Subject: Hei",
        "",
        "Blåbær",
        "",
    ]
    assert second.endswith(b"Subject: Two\r\n\r\n.dot\r\n")


# ---- programs


def test_a_program_that_does_not_stay_up_ends_the_run_with_its_last_words(tmp_path):
    program = processes.Program("worker", [sys.executable, "-c", "print('no luck')"], tmp_path / "log")
    program.start(os.environ, ROOT)

    with pytest.raises(processes.Failed, match=r"The worker does not stay up .*: no luck"):
        launcher.keep_up([program], dict(os.environ), None)


# ---- the whole


@pytest.mark.slow
def test_run_starts_everything_and_leaves_nothing(checkout, started):
    port = free_port()

    run = started("run", "--port", str(port))
    greeting = until_ready(run)
    everything = family(run.pid)
    with urlopen(f"http://localhost:{port}/sign-in/", timeout=10) as page:
        assert page.status == 200

    assert f"Ready at http://localhost:{port}\n" in greeting
    assert re.findall(r"(\w+@example\.com) +\S{10,}\n", greeting) == list(surroundings.SIGN_INS)
    assert len(everything) >= 6

    run.send_signal(signal.SIGINT)
    assert run.wait(20) == 0
    assert none_alive(everything)


@pytest.mark.slow
def test_manage_shares_the_run_and_what_the_user_sets_wins(checkout, started):
    port = free_port()
    run = started("run", "--port", str(port))
    until_ready(run)

    seen = settings_in(checkout)
    with smtplib.SMTP(seen["EMAIL_HOST"], seen["EMAIL_PORT"], timeout=10) as server:
        assert server.noop()[0] == 250
    own = settings_in(checkout, EMAIL_URL="smtp://mail.example.com:2525", SITE_URL="https://crm.example.com")

    assert (seen["SITE_URL"], seen["TRIAL"]) == (f"http://localhost:{port}", True)
    assert own == {
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 2525,
        "SITE_URL": "https://crm.example.com",
        "TRIAL": False,
    }
    assert run.poll() is None


@pytest.mark.slow
def test_after_kill_9_of_everything_another_run_just_works(checkout, started):
    port = free_port()
    run = started("run", "--port", str(port))
    until_ready(run)
    kill(family(run.pid))
    run.wait(5)

    again = started("run", "--port", str(port))

    assert f"http://localhost:{port}" in until_ready(again)


@pytest.mark.slow
def test_kill_9_of_crm_alone_takes_its_programs_along_and_the_port_is_free_again(checkout, started):
    port = free_port()
    run = started("run", "--port", str(port))
    until_ready(run)
    programs = [pid for pid in family(run.pid) if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes()]
    run.kill()
    run.wait(5)

    again = started("run", "--port", str(port))

    assert f"http://localhost:{port}" in until_ready(again)
    assert none_alive(programs)


@pytest.mark.slow
def test_a_second_start_takes_less_than_five_seconds(checkout, started):
    port = str(free_port())
    first = started("run", "--port", port)
    until_ready(first)
    first.terminate()
    first.wait(20)
    begun = time.monotonic()

    until_ready(started("run", "--port", port))

    assert time.monotonic() - begun < 5


@pytest.mark.slow
def test_a_worker_that_is_killed_is_started_again_however_often(checkout, started):
    run = started("run", "--port", str(free_port()))
    until_ready(run)

    for _ in range(processes.TRIES + 1):
        kill(worker_of(run))
        assert "The worker has ended; starting it again\n" in iter(run.stderr.readline, "")
        assert postgres.wait_for(lambda: worker_of(run), 5)

    assert run.poll() is None


def worker_of(run):
    return [pid for pid in family(run.pid) if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"\0worker\0")]


@pytest.mark.slow
def test_six_commands_at_once_share_the_database_and_the_last_stops_it(checkout):
    ask = "from persons.models import Person; print(Person.objects.count())"
    six = [crm(checkout, "manage", "shell", "--no-imports", "-c", ask) for _ in range(6)]

    outputs = [process.communicate(timeout=120) for process in six]

    assert [process.returncode for process in six] == [0] * 6, outputs
    assert len({output for output, _ in outputs}) == 1, "all six saw the same database"
    assert postgres.Server(checkout / ".crm/postgres").pid() is None


@pytest.mark.slow
def test_the_client_of_the_server_is_at_hand_for_dbshell(checkout):
    code, output, said = answer(checkout, "manage", "dbshell", "--", "-tAc", "SELECT current_database()")

    assert (code, output) == (0, "consent_crm\n"), said


@pytest.mark.slow
def test_the_exit_code_and_the_folder_are_those_of_the_command(checkout):
    show = "import os; print(os.getcwd()); raise SystemExit(2)"

    code, output, _ = answer(checkout, "manage", "shell", "--no-imports", "-c", show)

    assert (code, output) == (2, f"{checkout.parent}\n")
