"""The commands: `serve` and `start` as processes, the others in this one."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner, Result

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.cli import main
from tests.damage import zero_a_page
from tests.e2e.processes import await_that

pytestmark = pytest.mark.usefixtures("restored_logging")

DEADLINE = 60
BOOKS = "book_id,title,categories\n1,Dune,Science Fiction\n2,Ubik,Science Fiction\n3,Emma,Classics\n"
HISTORY = "user_id,book_id\n1,1\n1,2\n2,1\n2,2\n3,3\n4,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small starter."""
    starter = tmp_path / "starter"
    starter.mkdir()
    (starter / "books.csv").write_text(BOOKS)
    (starter / "interactions.csv.gz").write_text(HISTORY)
    return tmp_path


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a service with its data in the folder."""
    return {"RECOMMENDATIONS_DATA_DIR": str(folder / "data"), "RECOMMENDATIONS_PORT": "0"} | {
        f"RECOMMENDATIONS_{name.upper()}": value for name, value in settings.items()
    }


def run(folder: Path, *arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment(folder, **settings))


def import_starter(folder: Path) -> Result:
    starter = folder / "starter"
    return run(
        folder,
        "import",
        "--books",
        str(starter / "books.csv"),
        "--interactions",
        str(starter / "interactions.csv.gz"),
    )


def test_a_dry_run_makes_no_database(folder: Path) -> None:
    """It prints what is understood; the next `import` meets a new folder."""
    result = run(folder, "import", "--dry-run", "--books", str(folder / "starter" / "books.csv"))
    assert (result.exit_code, "books.csv: 3 rows, 3 books" in result.output) == (0, True)
    assert list((folder / "data").iterdir()) == []
    assert import_starter(folder).exit_code == 0


def test_migrate_import_and_train(folder: Path) -> None:
    """Each succeeds and reports what it did; a second import finds nothing new."""
    migrated = run(folder, "migrate")
    assert (migrated.exit_code, migrated.output) == (0, "the database is up to date\n")
    imported = import_starter(folder)
    assert imported.exit_code == 0
    assert "books.csv: 3 books, 3 of them new or changed" in imported.output
    assert "interactions.csv.gz: 6 interactions, 6 of them new or changed" in imported.output
    trained = run(folder, "train")
    assert trained.exit_code == 0
    published = re.search(r"published model (\S+)", trained.output)
    assert published
    assert (folder / "data" / "models" / published[1] / "manifest.json").is_file()
    assert "6 interactions, 0 of them new or changed" in import_starter(folder).output


def test_import_also_migrates(folder: Path) -> None:
    """No other command need run before the first import."""
    assert import_starter(folder).exit_code == 0


def test_import_without_a_file(folder: Path) -> None:
    """It is a usage error that names the options."""
    result = run(folder, "import")
    assert result.exit_code == 2
    assert "name a file with --books, --interactions or both" in result.output


def test_import_of_a_missing_file(folder: Path) -> None:
    """Exit code 1 and one line with the file's name."""
    result = run(folder, "import", "--books", str(folder / "nowhere.csv"))
    assert result.exit_code == 1
    assert result.output == f"Error: {folder / 'nowhere.csv'}: No such file or directory\n"


def test_training_without_books(folder: Path) -> None:
    """The error says which command to run first."""
    assert run(folder, "migrate").exit_code == 0
    result = run(folder, "train")
    assert result.exit_code == 1
    assert "there are no books: run `python -m recommendations import` first" in result.output


@pytest.mark.parametrize("command", ["serve", "start"])
def test_a_damaged_database_is_not_served(folder: Path, command: str) -> None:
    """A page of it was zeroed: the command says so in one line and changes nothing."""
    assert import_starter(folder).exit_code == 0
    file = folder / "data" / "recommendations.db"
    damaged = zero_a_page(file)
    result = run(folder, command)
    assert result.exit_code == 1
    assert f"{file} is damaged" in result.output
    assert len(result.output.splitlines()) == 1
    assert file.read_bytes() == damaged


@pytest.mark.parametrize("command", ["serve", "train", "models", "rollback", "promote x"])
def test_commands_that_need_an_up_to_date_database(folder: Path, command: str) -> None:
    """They refuse to run and name the command to run first."""
    result = run(folder, *command.split())
    assert result.exit_code == 1
    assert "run `python -m recommendations migrate` first" in result.output


def test_an_emptied_database_is_not_a_new_one(folder: Path) -> None:
    """Every command refuses it, and says what to look at; what is stored is its user's alone."""
    assert run(folder, "migrate").exit_code == 0
    data = Path(environment(folder)["RECOMMENDATIONS_DATA_DIR"])
    files = list(data.iterdir())
    assert [path for path in (data, *files) if path.stat().st_mode & 0o077] == []
    for path in data.glob("recommendations.db*"):
        path.unlink()
    result = run(folder, "start")
    assert result.exit_code == 1
    assert "the database recommendations.db is missing or empty" in result.output
    assert "RECOMMENDATIONS_DATA_DIR" in result.output
    assert not (data / "recommendations.db").exists()


def test_health_without_a_server(folder: Path) -> None:
    """It fails with one line that names the address."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        result = run(folder, "health", port=str(port))
    assert result.exit_code == 1
    assert f"no answer from 127.0.0.1:{port}: " in result.output


@pytest.mark.slow
def test_health_loads_no_model() -> None:
    """Its command line starts fast: numba, NumPy and SciPy are not imported."""
    program = "import sys, recommendations.cli; print(*{'numba', 'numpy', 'scipy'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True, timeout=DEADLINE) == "\n"


def test_malformed_settings(folder: Path) -> None:
    """Exit code 2 and a line for each variable, without its value and without a traceback."""
    result = run(folder, "migrate", port="hunter2", database_url="mysql://u:hunter3@host/db")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["RECOMMENDATIONS_DATABASE_URL", "RECOMMENDATIONS_PORT"]
    assert "hunter" not in result.output


@pytest.mark.parametrize("command", ["migrate", "serve", "train", "start"])
def test_a_database_that_cannot_be_reached(folder: Path, command: str) -> None:
    """Exit code 1 and one message with the cause, without the password or a traceback."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://u:hunter2@127.0.0.1:{closed.getsockname()[1]}/db"
        result = run(folder, command, database_url=url)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the database ")
    assert "refused" in result.stderr
    assert "hunter2" not in result.output


def test_models_that_cannot_be_written(folder: Path) -> None:
    """Training fails with the folder that it could not write to."""
    assert import_starter(folder).exit_code == 0
    (folder / "data" / "models").write_text("in the way")
    result = run(folder, "train")
    assert result.exit_code == 1
    assert f"cannot write the model to {folder / 'data' / 'models'}" in result.output


def trained(folder: Path) -> str:
    """Train a model; returns its version."""
    published = re.search(r"published model (\S+)", run(folder, "train").output)
    assert published
    return published[1]


def table(folder: Path) -> dict[str, str]:
    """The books, readers and state of each version, as `models` prints them."""
    result = run(folder, "models")
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines() if line.startswith("20")]
    return {version: " ".join([books, readers, *state]) for version, _, _, books, readers, _, _, *state in rows}


def test_models_promote_and_rollback(folder: Path) -> None:
    """`models` shows which model is served; `promote` and `rollback` change that and report it."""
    import_starter(folder)
    first, second = trained(folder), trained(folder)
    assert table(folder) == {second: "3 4 served", first: "3 4 ready"}
    promoted = run(folder, "promote", first)
    assert (promoted.exit_code, promoted.output) == (0, f"model {first} will be served\n")
    assert table(folder) == {second: "3 4 ready", first: "3 4 served"}
    back = run(folder, "rollback")
    assert (back.exit_code, back.output) == (0, f"model {first} is withdrawn; {second} will be served\n")
    assert table(folder) == {second: "3 4 served", first: "3 4 withdrawn"}


def test_models_that_cannot_be_served(folder: Path) -> None:
    """Promoting an unknown or unusable model, or rolling back without another one, fails with one line."""
    import_starter(folder)
    first, second = trained(folder), trained(folder)
    (folder / "data" / "models" / first / "manifest.json").unlink()
    shutil.rmtree(folder / "data" / "models" / second)
    assert table(folder) == {second: "3 4 files absent", first: "3 4 files unusable"}
    for arguments, message in [
        (("promote", "stranger"), "there is no model stranger: `python -m recommendations models` lists them"),
        (("promote", second), f"{folder / 'data' / 'models' / second}: FileNotFoundError"),
        (("rollback",), "there is no other usable model to go back to: nothing changed"),
    ]:
        result = run(folder, *arguments)
        assert result.exit_code == 1
        assert result.output.startswith(f"Error: {message}")
        assert result.output.count("\n") == 1


@pytest.mark.slow
def test_an_address_in_use(folder: Path) -> None:
    """Exit code 1 and a message that names the address."""
    assert run(folder, "migrate").exit_code == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        # In its own process, since the command sets signal handlers.
        result = subprocess.run(
            [sys.executable, "-m", "recommendations", "serve"],
            env=os.environ | environment(folder, port=str(port)),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    assert result.returncode == 1
    assert f"Error: cannot listen on 127.0.0.1:{port}: the address is in use" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_start_from_nothing(folder: Path) -> None:
    """`start` migrates, imports, trains and serves; `health` succeeds; SIGTERM ends it cleanly."""
    server = subprocess.Popen(
        [sys.executable, "-m", "recommendations", "start", "--starter", str(folder / "starter")],
        env=os.environ | environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stderr is not None
    watchdog = threading.Timer(DEADLINE, server.kill)
    watchdog.start()
    try:
        port = next(
            match[1] for line in server.stdout if (match := re.search(r"listens on 127\.0\.0\.1:(\d+)", line))
        )
        # The model is loaded a moment after the port is open.
        next(line for line in server.stderr if "event=model_loaded" in line)
        # Health follows the log line by a moment.
        await_that(lambda: run(folder, "health", port=port).exit_code == 0)
        assert run(folder, "health", port=port).output == "serving\n"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = pb_grpc.RecommendationsStub(channel).Recommend(
                pb.RecommendationRequest(user_id=4, category=pb.SCIENCE_FICTION), timeout=DEADLINE
            )
        assert [book.title for book in answer.recommendations] == ["Ubik"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(DEADLINE) == 0
        log = server.stderr.read()
        assert "event=draining" in log
        assert "event=stopped" in log
        assert "Traceback" not in log
    finally:
        watchdog.cancel()
        server.kill()
        server.wait()
        server.stdout.close()
        server.stderr.close()
