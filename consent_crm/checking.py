"""The tests, and what is looked at before them: `./crm test` and `./crm check`."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

from . import postgres, processes
from .preparing import MANAGE, prepare_files
from .surroundings import ROOT, made_up, say

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
TEST_PROCESSES = 4  # each brings a PostgreSQL and a browser of its own


def test(words: Sequence[str]) -> int:
    """pytest on all cores (`-n0`: on one, as for a debugger); the tests make databases of their own."""
    bring_chromium()
    prepare_files()
    os.chdir(ROOT)
    pytest = [sys.executable, "-m", "pytest", "-n=auto", f"--maxprocesses={TEST_PROCESSES}", *words]
    return processes.in_foreground(pytest, dict(os.environ))


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
