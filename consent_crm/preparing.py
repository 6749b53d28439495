"""What must be up to date before manage.py starts: translations, static files, the database of the trial."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polib

from . import postgres, processes
from .surroundings import ROOT, STATE, Refused, made_up, say, sign_ins

MANAGE = [sys.executable, str(ROOT / "manage.py")]
STATIC = ROOT / "staticfiles"


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
