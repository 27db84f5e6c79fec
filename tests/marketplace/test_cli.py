"""The shop's commands as processes."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.damage import zero_a_page

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The settings of a new shop on any free port, without Recommendations."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARKETPLACE", "RECOMM"))}
    nobody = {
        "RECOMMENDATIONS_PORT": "1",
        "PREVIEWS_PORT": "1",
        "MARKETPLACE_NOTICES_URL": "http://127.0.0.1:1/events",
    }
    own = {"MARKETPLACE_DATA_DIR": str(tmp_path), "SECRETS_DIR": str(tmp_path / "secrets"), "MARKETPLACE_PORT": "0"}
    return kept | nobody | own


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "marketplace", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A folder with a catalogue of one book."""
    (tmp_path / "books.csv").write_text("book_id,title,categories\n7,Dune,Science Fiction\n")
    return tmp_path


@contextmanager
def started(environment: dict[str, str], starter: Path) -> Iterator[tuple[Popen[str], int]]:
    """A started shop and its port; it is killed after the block."""
    command = [sys.executable, "-m", "marketplace", "start", "--starter", str(starter)]
    with Popen(command, env=environment, cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout
        lines = (re.search(r"open at http://.*:(\d+)", line) for line in process.stdout)
        try:
            yield process, next(int(match[1]) for match in lines if match)
        finally:
            process.kill()


@pytest.fixture
def shop(environment: dict[str, str], starter: Path) -> Iterator[tuple[Popen[str], int]]:
    """A started shop and its port."""
    with started(environment, starter) as (process, port):
        yield process, port


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    """The status and text of a page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_new_shop_starts_serves_and_stops(shop: tuple[Popen[str], int], environment: dict[str, str]) -> None:
    """One command makes a shop with books; SIGTERM ends it with exit code 0 and without a traceback."""
    process, port = shop
    status, html = get(port, "/")
    assert status == 200
    assert "Dune" in html
    assert get(port, "/readyz")[0] == 200
    assert run(environment | {"MARKETPLACE_PORT": str(port)}, "health").returncode == 0
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_shop_behind_a_proxy_answers_to_its_public_name(environment: dict[str, str], starter: Path) -> None:
    """The proxy's headers pass waitress; other names are refused; the container's health check passes."""
    environment |= {"MARKETPLACE_TRUSTED_HOSTS": "books.example.com", "MARKETPLACE_PROXIES": "1"}
    with started(environment, starter) as (_, port):
        assert get(port, "/", X_Forwarded_Host="books.example.com")[0] == 200
        refused = get(port, "/")
        health = run(environment | {"MARKETPLACE_PORT": str(port)}, "health")
    assert refused[0] == 400
    assert "MARKETPLACE_TRUSTED_HOSTS" in refused[1]
    assert health.returncode == 0, health.stderr


def test_a_port_in_use_is_one_error_line(shop: tuple[Popen[str], int], environment: dict[str, str]) -> None:
    """One line that names the port and the setting."""
    result = run(environment | {"MARKETPLACE_PORT": str(shop[1])}, "serve")
    assert result.returncode == 1
    assert re.fullmatch(
        r"Error: cannot listen on 127\.0\.0\.1:\d+: the address is in use.*MARKETPLACE_PORT\n", result.stderr
    )


def test_a_separate_relay_ends_on_sigterm(environment: dict[str, str]) -> None:
    """The relay runs until SIGTERM, also while Recommendations is unreachable."""
    assert run(environment, "migrate").returncode == 0
    with Popen([sys.executable, "-m", "marketplace", "relay"], env=environment, cwd=ROOT, stderr=PIPE) as process:
        # The signal handler is in place once SIGTERM is caught.
        while not _catches_sigterm(process.pid):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    assert process.returncode == 0
    assert b"Traceback" not in errors


def _catches_sigterm(pid: int) -> bool:
    caught = re.search(r"SigCgt:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text())
    return caught is not None and bool(int(caught[1], 16) & (1 << (signal.SIGTERM - 1)))


def test_health_fails_where_nothing_listens(environment: dict[str, str]) -> None:
    """The container's health check notices a dead shop."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        result = run(environment | {"MARKETPLACE_PORT": str(port)}, "health")
    assert result.returncode == 1
    assert "no answer from 127.0.0.1" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_database_is_not_served(environment: dict[str, str], tmp_path: Path) -> None:
    """A page of it was zeroed: the command says so in one line and changes nothing."""
    assert run(environment, "migrate").returncode == 0
    (file,) = tmp_path.glob("*.db")
    damaged = zero_a_page(file)
    for command in ("serve", "start"):
        result = run(environment, command)
        assert result.returncode == 1
        assert f"{file} is damaged" in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert file.read_bytes() == damaged


@pytest.mark.parametrize("command", ["serve", "relay"])
def test_a_database_that_is_not_migrated_is_one_error_line(environment: dict[str, str], command: str) -> None:
    """It names the command to run."""
    result = run(environment, command)
    assert result.returncode == 1
    assert result.stderr.startswith(
        "Error: the database is not up to date: run `python -m marketplace migrate` first; "
    )
    assert len(result.stderr.splitlines()) == 1


def test_import_creates_the_tables(environment: dict[str, str], starter: Path) -> None:
    """It may be the first command of a new shop."""
    result = run(environment, "import", "--books", str(starter / "books.csv"))
    assert result.returncode == 0
    assert "1 books, 1 of them new or changed" in result.stdout


def test_malformed_settings_are_lines_and_exit_code_2(environment: dict[str, str]) -> None:
    """One line for each, without its value."""
    wrong = {"MARKETPLACE_PORT": "x", "MARKETPLACE_DATABASE_URL": "mysql://u:s3cret@h/d"}
    result = run(environment | wrong, "serve")
    assert result.returncode == 2
    assert sorted(line.partition(":")[0] for line in result.stderr.splitlines()) == sorted(wrong)
    assert "s3cret" not in result.stderr


def test_a_file_that_is_no_such_csv_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    """The import fails with the file's name and the reason."""
    run(environment, "migrate")
    result = run(environment, "import", "--books", str(tmp_path / "absent.csv"))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "absent.csv" in result.stderr
    assert run(environment, "import").returncode == 2


def test_an_unreachable_database_is_one_error_line(environment: dict[str, str]) -> None:
    """Without a traceback and without the password."""
    away = {"MARKETPLACE_DATABASE_URL": "postgresql://u:s3cret@127.0.0.1:1/d"}
    result = run(environment | away, "migrate")
    assert result.returncode == 1
    assert "MARKETPLACE_DATABASE_URL" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.stderr


def test_an_emptied_database_is_not_a_new_shop(environment: dict[str, str], tmp_path: Path) -> None:
    """Every command refuses it, and says what to look at; what a shop stores is its user's alone."""
    assert run(environment, "migrate").returncode == 0
    private = [tmp_path, tmp_path / "marketplace.db", tmp_path / "database_mark"]
    assert [path.stat().st_mode & 0o777 for path in private] == [0o700, 0o600, 0o600]
    (tmp_path / "marketplace.db").write_bytes(b"")
    started = run(environment, "start")
    assert started.returncode == 1
    assert "the database marketplace.db is missing or empty" in started.stderr
    assert "MARKETPLACE_DATA_DIR" in started.stderr
    assert "Traceback" not in started.stderr
    assert (tmp_path / "marketplace.db").read_bytes() == b""
