"""The embedded PostgreSQL of the trial and of the tests: make a data folder, start, attach, stop.

One folder, the *home*, holds one server: its `data`, the socket in `run`, the log, and two locks. Nobody but the
owner reaches it: it listens on that socket only. The process outlives a kill -9 of whoever started it, and the next
one attaches to it or clears what a killed server left behind. Linux only: it looks at /proc.

Every refusal is an `Unavailable` whose text is one sentence that says what to do.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

from .postgres_programs import (
    OURSELVES,
    Account,
    Unavailable,
    copy,
    find_programs,
    in_namespace,
    major,
    nobody,
    parcel,
    version,
)
from .processes import bound_to_us

USER = DATABASE = "consent_crm"
PORT = 5432  # only part of the socket's name: nothing listens on TCP
ROOM_NEEDED = 200 * 1024 * 1024  # bytes: a new data folder and the first write-ahead log
ROOM_IN_MEMORY = 4 * 1024**3  # bytes
LONGEST_SOCKET_FOLDER = 107 - len(f"/.s.PGSQL.{PORT}")  # bytes, sun_path in unix(7)
LARGEST_LOG = 10 * 1024 * 1024  # bytes
START_LIMIT = 90.0  # seconds, recovery after a crash included

WITHOUT_WORDS = {  # of a refused statement its log keeps the error alone: the values may name somebody (rules 5.4)
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
HURRIED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


# ---- waiting


@contextlib.contextmanager
def locked(path: Path, limit: float = START_LIMIT * 2) -> Iterator[None]:
    """Hold the lock of this file; the kernel lets go of it when the holder dies."""
    with path.open("a") as file:
        if not wait_for(lambda: take(file.fileno(), fcntl.LOCK_EX), limit):
            raise Unavailable(f"Another process has held {path} for {limit:.0f} seconds: end it and start again.")
        yield


def take(file: int, kind: int) -> bool:
    """Take a lock without waiting; False where somebody else holds it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for(condition: Callable[[], bool], limit: float) -> bool:
    """Ask until the condition holds; False when it did not within so many seconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.03)
    return True


# ---- the server


class Server:
    """The PostgreSQL of one folder. With `passing` it keeps nothing safe on disk and ends with this process."""

    def __init__(self, place: Path, *, passing: bool = False) -> None:
        self.place = Path(os.path.abspath(place))
        self.passing = passing
        self.process: subprocess.Popen | None = None

    @property
    def home(self) -> Path:
        """The folder itself; `place` may be a link to one that `nobody` can reach."""
        return self.place.resolve()

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def host(self) -> Path:
        """The folder of the socket: inside the home, or under /tmp where that path is too long for a socket."""
        inside = self.home / "run"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER and "," not in str(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path("/tmp") / f"consent-crm-{digest}"  # noqa: S108 - its owner and mode are checked before use

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{USER}@{quote(str(self.host), safe='')}:{PORT}/{quote(database, safe='')}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.host), port=PORT, user=USER, dbname=database, autocommit=True, connect_timeout=5
        )

    # -- the folder

    def settle(self) -> None:
        """Make the home where there is none yet. As root it may come to lie elsewhere, open to `nobody`."""
        if self.data.exists():
            self._refuse_the_data_of_others()
            return
        if self.place.is_symlink():
            raise Unavailable(f"The database in {self.home} is gone: remove {self.place} to start with an empty one.")
        self.place.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0 or self._reachable_by(in_namespace()):
            self._make_home(OURSELVES, lambda made: made.rename(self.place), self.place.parent)
        else:
            self._settle_for_nobody()

    def _refuse_the_data_of_others(self) -> None:
        owner = self.data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise Unavailable(
                f"{self.data} belongs to another user (number {owner}): start ./crm as that user, or set DATABASE_URL."
            )

    def _reachable_by(self, account: Account) -> bool:
        return account.can("test", "-w", self.place.parent) and account.can(find_programs() / "postgres", "--version")

    def _settle_for_nobody(self) -> None:
        """Make the home in a folder of the system: the way to `place` is closed, or there are no user namespaces."""
        for parent in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108 - made there with a random name
            if os.access(parent, os.W_OK) and nobody().can("test", "-x", parent):
                self._make_home(nobody(), lambda made: self.place.symlink_to(made), parent)
                return
        raise Unavailable(
            "PostgreSQL does not run as root, and neither a user namespace nor the account nobody can be used here: "
            "start ./crm as an ordinary user, or set DATABASE_URL."
        )

    def _make_home(self, account: Account, put: Callable[[Path], object], parent: Path) -> None:
        """Make the folders under a passing name, then put them in place at one stroke; the first to come wins."""
        made = Path(tempfile.mkdtemp(prefix="consent-crm-", dir=parent))
        made.chmod(0o755)
        for name in ("data", "run"):
            self._make_folder(made / name, account)
        try:
            put(made)
        except OSError:
            shutil.rmtree(made)
            if not self.data.exists():
                raise

    def _make_folder(self, folder: Path, account: Account) -> None:
        folder.mkdir(mode=0o700)
        if account.uid is not None and account.gid is not None:
            os.chown(folder, account.uid, account.gid)

    @property
    def account(self) -> Account:
        """Whom the server runs as: the owner of its data."""
        owner = self.data.stat()
        if os.geteuid() != 0:
            return OURSELVES
        if owner.st_uid != 0:
            return Account(uid=owner.st_uid, gid=owner.st_gid)
        if not in_namespace().can("test", "-w", self.data):
            raise Unavailable(
                f"PostgreSQL does not run as root, and no user namespace that reaches {self.data} can be made any "
                "more: give the whole checkout to an ordinary user and start ./crm as that user, or set DATABASE_URL."
            )
        return in_namespace()

    @property
    def programs(self) -> Path:
        """The programs that fit the data, readable for the account that runs the server."""
        made_by = self.data / "PG_VERSION"
        found = find_programs(int(made_by.read_text()) if made_by.exists() else None)
        copied = self.home / f"programs-{version(found)}"
        base, folders = parcel(found)
        if not copied.exists():
            if self.account.can(found / "postgres", "--version"):
                return found
            copy(base, folders, copied)
        return copied / found.relative_to(base)

    def _make_data(self) -> None:
        """Make the data folder under a passing name first, so that a killed initdb leaves nothing half done."""
        if (self.data / "PG_VERSION").exists():
            return
        if shutil.disk_usage(self.home).free < ROOM_NEEDED:
            raise Unavailable(_disk_is_full(self.home))
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._make_folder(fresh, self.account)
        done = self.account.run(self._initdb(fresh), limit=180)
        if done.returncode != 0:
            raise Unavailable(_why(done.stdout + done.stderr, self.home, "could not make its data folder"))
        fresh.rename(self.data)

    def _initdb(self, folder: Path) -> list[str | Path]:
        programs = self.programs
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        locale = builtin if (major(programs) or 0) >= 17 else ["--locale=C.UTF-8"]
        hurry = ["--no-sync"] if self.passing else []
        names = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"]
        return [programs / "initdb", "--pgdata", folder, *names, *locale, *hurry]

    # -- is it there?

    def answers(self) -> bool:
        """Whether the server of this very data folder answers, and not one that an older path leads to."""
        try:
            with self.connect() as connection:
                row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
            return row is not None and row[0] == (self.data / "postmaster.pid").read_text()
        except (psycopg.Error, OSError):
            return False

    def pid(self) -> int | None:
        """The process that has this data folder, None where what postmaster.pid says is gone or somebody else's."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if is_alive(pid) and self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        """A recycled pid is somebody else's. The working folder tells, also after a move; else the command line."""
        try:
            return os.path.samefile(f"/proc/{pid}/cwd", self.data)
        except FileNotFoundError:
            return False
        except PermissionError:
            with contextlib.suppress(OSError):
                return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return False

    def _clear_remains(self) -> None:
        """Take away what a killed server left: PostgreSQL takes a recycled pid in these files for its own."""
        if self.pid() is not None:
            self._stop()  # it lives but does not answer: its socket was removed, or the folder was moved
        for left in (self.data / "postmaster.pid", *self.host.glob(f".s.PGSQL.{PORT}*")):
            left.unlink(missing_ok=True)

    # -- start

    def start(self) -> None:
        """Start the server unless it runs; any number of processes may do so at once."""
        self.settle()
        with self._lock():
            self._start()

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with locked(self.home / "lock"):
            yield

    def _start(self) -> None:
        if self.answers():
            return
        self._make_data()
        self._prepare_host()
        self._clear_remains()
        end = time.monotonic() + START_LIMIT
        while (reason := self._launch(end)) is not None:
            if "still in use" not in reason or time.monotonic() > end:
                raise Unavailable(_why(reason, self.home, f"did not start (see {self.log})"))
            time.sleep(0.3)  # a session of the killed server is still ending
        self._make_database()

    def _prepare_host(self) -> None:
        """Make the folder of the socket, and refuse one under /tmp that somebody else has made before us."""
        account = self.account
        if not self.host.exists():
            self._make_folder(self.host, account)
        found, owner = self.host.lstat(), self.data.stat().st_uid
        if not self.host.is_dir() or self.host.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
            raise Unavailable(f"{self.host} is not ours alone: remove it and start again.")

    def _launch(self, end: float) -> str | None:
        """Start the process and wait until it answers: None when it does, else what it said."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            before = log.tell()
            self.process = process = self._popen(log)
        try:
            wait_for(lambda: process.poll() is not None or self.answers(), end - time.monotonic())
            if self.answers():
                return None
        except BaseException:
            self._end(process)
            raise
        self._end(process)
        return self.log.read_bytes()[before:].decode(errors="replace") or "It said nothing."

    def _popen(self, log) -> subprocess.Popen:
        """A session of its own, so that Ctrl-C in the terminal does not reach it."""
        return self.account.popen(
            [self.programs / "postgres", "-D", self.data, *self._settings()],
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=bound_to_us(signal.SIGQUIT) if self.passing else None,
        )

    def _settings(self) -> list[str]:
        quoted = '"' + str(self.host).replace('"', '""') + '"'
        settings = (
            {
                "listen_addresses": "",
                "port": PORT,
                "unix_socket_directories": quoted,
                "unix_socket_permissions": "0700",
                "max_connections": 100,
            }
            | WITHOUT_WORDS
            | (HURRIED if self.passing else {})
        )
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _make_database(self) -> None:
        with self.connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    # -- stop

    def stop(self) -> None:
        """Stop the server if it runs; open transactions are rolled back, nothing committed is lost."""
        if self.data.exists():
            with self._lock():
                self._stop()

    def _stop(self) -> None:
        """Ask for a fast shutdown, then for an immediate one, then end it: the log brings everything back."""
        pid = self.pid()
        if pid is None:
            return
        for order, limit in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)
            if wait_for(lambda: self._is_gone(pid), limit):
                return
        raise Unavailable(f"PostgreSQL (process {pid}) could not be stopped.")

    def _is_gone(self, pid: int) -> bool:
        if self.process is not None and self.process.pid == pid:
            return self.process.poll() is not None
        return not is_alive(pid)

    def _end(self, process: subprocess.Popen) -> None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _disk_is_full(folder: Path) -> str:
    return f"The disk of {folder} is full: make {ROOM_NEEDED // 1024**2} MB free and start again."


def _why(said: str, folder: Path, failed: str) -> str:
    """One sentence out of what initdb or postgres said."""
    if "No space left on device" in said:
        return _disk_is_full(folder)
    told = [line for line in said.splitlines() if re.search(r"FATAL|PANIC|error:", line)] or said.splitlines()
    return f"PostgreSQL {failed}: {told[-1].strip() if told else 'it said nothing.'}"


# ---- for those who use it


@contextlib.contextmanager
def attached(place: Path) -> Iterator[Server]:
    """The running server of this folder, started where none runs; the last of those attached to leave stops it."""
    server = Server(place)
    server.settle()
    with (server.home / "users").open("a") as users:
        try:
            with server._lock():
                fcntl.flock(users, fcntl.LOCK_SH)  # waits only for one who has stopped the server and is leaving
                server._start()
            yield server
        finally:
            with server._lock():
                if take(users.fileno(), fcntl.LOCK_EX):
                    server._stop()


def quick_folder() -> str:
    """Where files that may be lost are made fastest: in memory where there is plenty, else where temporary files go."""
    memory = "/dev/shm"  # noqa: S108 - what is made there has a random name
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_IN_MEMORY:
            return memory
    return tempfile.gettempdir()


@contextlib.contextmanager
def temporary() -> Iterator[Server]:
    """A server in a folder of its own, without care for the disk; gone at the end, however this process ends."""
    prepare = tempfile.TemporaryDirectory(prefix="consent-crm-", dir=quick_folder(), ignore_cleanup_errors=True)
    with prepare as folder:
        server = Server(Path(folder) / "postgres", passing=True)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(server.host, ignore_errors=True)
            shutil.rmtree(server.home, ignore_errors=True)
