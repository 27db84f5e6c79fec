"""The commands `backup` and `restore` of the shop."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace.cli import main


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """The data folder of an empty shop."""
    folder = tmp_path / "shop"
    folder.mkdir()
    shutil.copy(migrated_file, folder / "marketplace.db")
    (folder / "secret_key").write_text("0123456789abcdef")
    return folder


def run(folder: Path, *arguments: str) -> Result:
    """Run a command of the shop in this folder."""
    return CliRunner().invoke(main, arguments, env={"MARKETPLACE_DATA_DIR": str(folder)})


def words(result: Result) -> Sequence[str]:
    """The exit code of a command that failed and its last line."""
    return str(result.exit_code), result.output.splitlines()[-1]


def test_a_shop_whose_disk_was_lost_is_restored(folder: Path, tmp_path: Path, restored_logging: None) -> None:
    """Also where the mark of its database is still there, on which every other command stops."""
    run(folder, "migrate")
    backup = str(tmp_path / "backup")
    assert "backed up marketplace: " in run(folder, "backup", backup).output
    for path in folder.glob("marketplace.db*"):
        path.unlink()
    (folder / "secret_key").unlink()
    assert "is missing or empty" in words(run(folder, "migrate"))[1]
    restored = run(folder, "restore", backup)
    assert restored.exit_code == 0, restored.output
    assert "restored marketplace: " in restored.output
    assert (folder / "secret_key").read_text() == "0123456789abcdef"
    assert run(folder, "migrate").exit_code == 0


def test_what_cannot_be_done_is_said_in_a_line(folder: Path, tmp_path: Path, restored_logging: None) -> None:
    """A file that exists, a shop that exists, no backup at all: none is a traceback, and nothing changes."""
    backup = tmp_path / "backup"
    run(folder, "backup", str(backup))
    assert words(run(folder, "backup", str(backup))) == (
        "1",
        f"Error: {backup} exists: give the backup another name",
    )
    code, line = words(run(folder, "restore", str(backup)))
    assert (code, line.startswith("Error: a backup is only restored where there is nothing")) == ("1", True)
    assert words(run(folder, "restore", str(tmp_path / "none")))[0] == "1"
    (tmp_path / "text").write_text("no backup")
    new = tmp_path / "new"
    assert "not a backup, or a damaged one" in words(run(new, "restore", str(tmp_path / "text")))[1]


def test_a_newer_database_is_not_migrated(folder: Path, restored_logging: None) -> None:
    """An older version says which migration it does not know, and changes nothing."""
    with closing(sqlite3.connect(folder / "marketplace.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    code, line = words(run(folder, "migrate"))
    assert code == "1"
    assert line.startswith("Error: a newer version has migrated the database (to 9999)")
