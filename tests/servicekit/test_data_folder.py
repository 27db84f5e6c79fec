"""The mark of a database in its data folder, and the rights to the folder."""

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Column, Integer, MetaData, Table

from servicekit.data_folder import MARK, DatabaseMissing, check_data_folder, mark_data_folder
from servicekit.database.engine import open_engine


def check(folder: Path, database: str) -> None:
    check_data_folder(folder, database, settings="SHOP_DATA_DIR")


def create(database: str) -> None:
    """Create a table."""
    metadata = MetaData()
    Table("books", metadata, Column("id", Integer, primary_key=True))
    engine = open_engine(database)
    metadata.create_all(engine)
    engine.dispose()


@pytest.mark.parametrize("name", ["data/shop.db", "volume/shop.db"])
@pytest.mark.parametrize("loss", ["absent", "no byte", "no table"])
def test_an_empty_database_where_there_was_one_is_refused(tmp_path: Path, name: str, loss: str) -> None:
    """Wherever it is; the message names it, the settings and the mark, and nothing is created."""
    folder, file = tmp_path / "data", tmp_path / name
    database = f"sqlite:///{file}"
    check(folder, database)  # new
    create(database)
    mark_data_folder(folder, database)
    check(folder, database)
    for path in file.parent.glob("shop.db*"):
        path.unlink()
    if loss == "no byte":
        file.touch()
    if loss == "no table":
        with closing(open_engine(database).connect()):
            pass
    for _ in range(2):
        with pytest.raises(DatabaseMissing) as refused:
            check(folder, database)
        assert file.name in str(refused.value)
        assert "SHOP_DATA_DIR" in str(refused.value)
        assert f"delete {folder / MARK}" in str(refused.value)
        assert file.exists() == (loss != "absent")
    (folder / MARK).unlink()
    check(folder, database)


def test_another_database_may_be_new(tmp_path: Path) -> None:
    """Settings that name another one start it; the folder then has its mark."""
    create(f"sqlite:///{tmp_path / 'old.db'}")
    mark_data_folder(tmp_path, f"sqlite:///{tmp_path / 'old.db'}")
    another = f"sqlite:///{tmp_path / 'new.db'}"
    check(tmp_path, another)
    mark_data_folder(tmp_path, another)
    with pytest.raises(DatabaseMissing):
        check(tmp_path, another)


def test_a_folder_that_was_moved_keeps_its_mark(tmp_path: Path) -> None:
    """A database in the folder is named by its file alone."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    mark_data_folder(old, f"sqlite:///{old / 'shop.db'}")
    old.rename(new)
    with pytest.raises(DatabaseMissing):
        check(new, f"sqlite:///{new / 'shop.db'}")


def test_the_mark_keeps_no_password(tmp_path: Path) -> None:
    """Nor the user; with PostgreSQL the folder may even be absent."""
    folder = tmp_path / "data"
    mark_data_folder(folder, "postgresql://user:s3cret@db.example:5432/shop")
    mark = (folder / MARK).read_text()
    assert mark.startswith("postgresql://db.example:5432/shop\n")
    assert "s3cret" not in mark


def test_a_folder_that_cannot_be_marked_is_logged(tmp_path: Path) -> None:
    """The service starts."""
    (tmp_path / "file").touch()
    with structlog.testing.capture_logs() as logs:
        mark_data_folder(tmp_path / "file" / "data", "postgresql://db.example/shop")
    assert [log["event"] for log in logs] == ["data_folder_not_marked"]


def test_an_emptied_postgresql_is_refused(tmp_path: Path, database_url: str) -> None:
    """Likewise on both databases."""
    mark_data_folder(tmp_path, database_url)
    with pytest.raises(DatabaseMissing):
        check(tmp_path, database_url)
    create(database_url)
    check(tmp_path, database_url)


def test_others_lose_their_rights(tmp_path: Path) -> None:
    """To the folder, the database, the key, models and rejects; files of others and links stay as they are."""
    folder = tmp_path / "data"
    private = [folder / "models" / "1" / "a.npy", folder / "rejects" / "books.csv", folder / "secret_key"]
    foreign = tmp_path / "foreign"
    database = folder / "shop.db"
    for path in (*private, foreign, database, folder / "shop.db-wal", folder / "notes.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o644)
    (folder / "models" / "link").symlink_to(foreign)
    folder.chmod(0o755)
    check(folder, f"sqlite:///{database}")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (*private, database, folder, foreign)}
    assert modes == {
        "a.npy": 0o600,
        "books.csv": 0o600,
        "secret_key": 0o600,
        "shop.db": 0o600,
        "data": 0o700,
        "foreign": 0o644,
    }
    assert stat.S_IMODE((folder / "models" / "1").stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE((folder / "shop.db-wal").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "notes.txt").stat().st_mode) == 0o644


def test_a_shared_folder_stays_shared(tmp_path: Path) -> None:
    """One with the sticky bit, as /tmp has."""
    tmp_path.chmod(0o1777)
    check(tmp_path, "sqlite:///" + os.fspath(tmp_path / "shop.db"))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
