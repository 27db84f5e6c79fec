"""Backups of a small service, written and restored."""

import io
import os
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from servicekit.backups.contents import FORMAT, MANIFEST, BackupError, Contents
from servicekit.backups.restoring import restore_backup
from servicekit.backups.sqlite import SKIPPED_IDS, copy_database
from servicekit.backups.writing import STANDARD_OUTPUT, write_backup
from servicekit.data_folder import MARK

SCRIPT = 'revision, down_revision = "0001", None\n'


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with one migration."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_first.py").write_text(SCRIPT)
    return versions.parent


@pytest.fixture
def service(tmp_path: Path, scripts: Path) -> Contents:
    """A service with three orders, a model, a key and ids."""
    contents = service_in(tmp_path / "old", scripts)
    with closing(sqlite3.connect(tmp_path / "old" / "shop.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('0001')")
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT)")
        database.executemany("INSERT INTO orders (title) VALUES (?)", [("Emma",), ("Dune",), ("Ulysses",)])
    (tmp_path / "old" / "models" / "m1").mkdir(parents=True)
    (tmp_path / "old" / "models" / "m1" / "weights").write_bytes(os.urandom(100_000))
    (tmp_path / "old" / "models" / ".m2.staged").mkdir()
    (tmp_path / "old" / "models" / ".m2.staged" / "weights").write_text("unfinished")
    (tmp_path / "old" / "secret_key").write_text("a key")
    with closing(sqlite3.connect(tmp_path / "old" / "ids.db")) as ids:
        ids.execute("CREATE TABLE ids (given TEXT)")
    return contents


def service_in(folder: Path, scripts: Path) -> Contents:
    """The contents of the service in a folder."""
    folder.mkdir(exist_ok=True)
    return Contents(
        service="shop",
        url=f"sqlite:///{folder / 'shop.db'}",
        migrations=scripts,
        files={"models": folder / "models", "secret_key": folder / "secret_key"},
        databases={"ids.db": folder / "ids.db"},
    )


def contents_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder, without databases."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".db")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def titles(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM orders ORDER BY id")]


def test_what_was_kept_is_restored(service: Contents, scripts: Path, tmp_path: Path) -> None:
    """Database, models, key and ids are as they were; what was unfinished is left out; only the owner may read it."""
    written = write_backup(service, tmp_path / "backup")
    assert (written.format, written.revision, written.rows["orders"]) == (FORMAT, "0001", 3)
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
    new = tmp_path / "new"
    assert restore_backup(service_in(new, scripts), tmp_path / "backup", new) == written
    assert titles(new / "shop.db") == ["Emma", "Dune", "Ulysses"]
    kept = contents_of(tmp_path / "old")
    del kept["models/.m2.staged/weights"]
    restored = contents_of(new)
    assert restored.pop(MARK).startswith(b"shop.db\n")
    assert restored == kept
    assert {path.name for path in new.iterdir()} == {"shop.db", "models", "secret_key", "ids.db", MARK}
    assert all(
        stat.S_IMODE(path.stat().st_mode) == 0o600 for path in new.rglob("*") if path.is_file() and path.name != MARK
    )


def test_a_backup_can_be_piped(
    service: Contents,
    scripts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Its copy of the database needs no space in /tmp, which in a container is small, and nothing of it is left."""
    with monkeypatch.context() as context:
        context.setattr(tempfile, "tempdir", str(tmp_path / "full"))
        write_backup(service, STANDARD_OUTPUT)
    assert not list((tmp_path / "old").glob(".*"))
    (tmp_path / "backup").write_bytes(capfdbinary.readouterr().out)
    restore_backup(service_in(tmp_path / "new", scripts), tmp_path / "backup", tmp_path / "new")
    assert titles(tmp_path / "new" / "shop.db") == ["Emma", "Dune", "Ulysses"]


def test_ids_that_were_given_meanwhile_are_not_given_again(service: Contents, scripts: Path, tmp_path: Path) -> None:
    """Another service may know readers whom the backup does not have; a new one gets none of their ids."""
    write_backup(service, tmp_path / "backup")
    new = tmp_path / "new"
    restore_backup(service_in(new, scripts), tmp_path / "backup", new)
    with closing(sqlite3.connect(new / "shop.db")) as database:
        assert database.execute("INSERT INTO orders (title) VALUES ('Persuasion') RETURNING id").fetchone() == (
            3 + SKIPPED_IDS + 1,
        )


def test_a_backup_is_of_one_moment(tmp_path: Path) -> None:
    """Two tables that are always written together have the same rows in the copy, although others write meanwhile."""
    path = tmp_path / "busy.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript("CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT)")
        database.execute("BEGIN")
        for _ in range(10_000):
            database.execute("INSERT INTO a VALUES (hex(randomblob(500)))")
            database.execute("INSERT INTO b VALUES ('')")
        database.execute("COMMIT")
        steps = 0

        def write(_left: int, _pages: int) -> None:
            nonlocal steps
            steps += 1
            database.executescript("BEGIN; INSERT INTO a VALUES ('late'); INSERT INTO b VALUES ('late'); COMMIT")

        copied = copy_database(path, tmp_path / "copy.db", write)
        assert copied.rows == {"a": 10_000, "b": 10_000}
        assert steps > 1
        assert database.execute("SELECT count(*) FROM a").fetchone() == (10_000 + steps,)


def test_a_file_is_not_overwritten(service: Contents, tmp_path: Path) -> None:
    """A second backup under the same name is refused, and the first one stays."""
    write_backup(service, tmp_path / "backup")
    before = (tmp_path / "backup").read_bytes()
    with pytest.raises(BackupError, match="backup exists: give the backup another name"):
        write_backup(service, tmp_path / "backup")
    assert (tmp_path / "backup").read_bytes() == before


def test_nothing_is_no_backup(scripts: Path, tmp_path: Path) -> None:
    """Without a database there is nothing to back up, and no file."""
    with pytest.raises(BackupError, match="there is nothing to back up"):
        write_backup(service_in(tmp_path / "empty", scripts), tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_damaged_database_is_not_backed_up(service: Contents, tmp_path: Path) -> None:
    """A copy that cannot be used must not look like a backup."""
    path = tmp_path / "old" / "shop.db"
    content = bytearray(path.read_bytes())
    content[4096:4200] = bytes(104)
    path.write_bytes(content)
    with pytest.raises(BackupError, match=r"damaged|cannot be copied"):
        write_backup(service, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("there", ["shop.db", "shop.db-wal", "secret_key", "models/m0/weights"])
def test_nothing_is_restored_over_what_is_there(service: Contents, scripts: Path, tmp_path: Path, there: str) -> None:
    """The operator learns what is in the way, also an old log, which SQLite would apply to the restored database."""
    write_backup(service, tmp_path / "backup")
    new = tmp_path / "new"
    (new / there).parent.mkdir(parents=True, exist_ok=True)
    (new / there).write_text("mine")
    with pytest.raises(
        BackupError, match=r"there is already .*/new/(shop\.db|secret_key|models).*move that elsewhere"
    ):
        restore_backup(service_in(new, scripts), tmp_path / "backup", new)
    assert [path for path in new.rglob("*") if path.is_file()] == [new / there]


def test_ids_that_are_there_stay(service: Contents, scripts: Path, tmp_path: Path) -> None:
    """The numbers of ids are only added to: the file that another service still has is the newer one."""
    write_backup(service, tmp_path / "backup")
    new = tmp_path / "new"
    contents = service_in(new, scripts)
    (new / "ids.db").write_text("newer")
    restore_backup(contents, tmp_path / "backup", new)
    assert (new / "ids.db").read_text() == "newer"


def damages() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """What may happen to a file, by name."""
    yield "empty", lambda _content: b""
    yield "another file", lambda _content: b"book_id,title\n1,Emma\n" * 100
    yield "first half", lambda content: content[: len(content) // 2]
    yield "without its end", lambda content: content[: content.rindex(MANIFEST.encode())]
    yield "a byte of the database", lambda content: content.replace(b"Ulysses", b"Ulyssex")
    yield "a byte of the key", lambda content: content.replace(b"a key", b"b key")


@pytest.mark.parametrize("damage", [pytest.param(damage, id=name) for name, damage in damages()])
def test_a_damaged_backup_is_refused(
    service: Contents, scripts: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Whatever is wrong with the file, nothing of it is restored, and nothing is left behind."""
    write_backup(service, tmp_path / "backup")
    (tmp_path / "damaged").write_bytes(damage((tmp_path / "backup").read_bytes()))
    new = tmp_path / "new"
    with pytest.raises(BackupError, match=r"not a backup, or a damaged one .* nothing was changed"):
        restore_backup(service_in(new, scripts), tmp_path / "damaged", new)
    assert list(new.iterdir()) == []


def test_a_backup_of_a_newer_version_is_refused(service: Contents, scripts: Path, tmp_path: Path) -> None:
    """This version does not know what the newer one's tables mean."""
    (scripts / "versions" / "0002_second.py").write_text('revision, down_revision = "0002", "0001"\n')
    with closing(sqlite3.connect(tmp_path / "old" / "shop.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0009'")
        database.commit()
    write_backup(service, tmp_path / "backup")
    with pytest.raises(BackupError, match="made by a newer version"):
        restore_backup(service_in(tmp_path / "new", scripts), tmp_path / "backup", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_backup_of_another_service_is_refused(service: Contents, scripts: Path, tmp_path: Path) -> None:
    """Nobody restores the shop's backup into Recommendations by mistake."""
    write_backup(service, tmp_path / "backup")
    other = replace(service_in(tmp_path / "new", scripts), service="reading")
    with pytest.raises(BackupError, match="a backup of shop, not of reading"):
        restore_backup(other, tmp_path / "backup", tmp_path / "new")


def test_only_the_files_are_backed_up_where_the_database_is_postgresql(
    service: Contents, scripts: Path, tmp_path: Path
) -> None:
    """They are restored where the settings name PostgreSQL again, and nowhere else."""
    on_postgresql = replace(service, url="postgresql://localhost/shop")
    written = write_backup(on_postgresql, tmp_path / "backup")
    assert set(written.sha256) == {"ids.db", "models/m1/weights", "secret_key"}
    contents = service_in(tmp_path / "new", scripts)
    with pytest.raises(BackupError, match="with PostgreSQL, and the settings name SQLite"):
        restore_backup(contents, tmp_path / "backup", tmp_path / "new")
    restore_backup(replace(contents, url=on_postgresql.url), tmp_path / "backup", tmp_path / "new")
    assert (tmp_path / "new" / "secret_key").read_text() == "a key"


def test_a_restore_that_was_killed_can_be_repeated(service: Contents, scripts: Path, tmp_path: Path) -> None:
    """What a killed restore has left is no obstacle and does not become part of the service."""
    write_backup(service, tmp_path / "backup")
    new = tmp_path / "new"
    contents = service_in(new, scripts)
    (new / ".models.restoring" / "m0").mkdir(parents=True)
    (new / ".models.restoring" / "m0" / "weights").write_text("half")
    (new / ".shop.db.restoring").write_text("half")
    restore_backup(contents, tmp_path / "backup", new)
    assert {path.name for path in (new / "models").iterdir()} == {"m1"}
    assert titles(new / "shop.db") == ["Emma", "Dune", "Ulysses"]


@pytest.mark.parametrize("name", ["../shop.db", "models/../../shop.db", "/etc/passwd", "models"])
def test_a_backup_cannot_write_elsewhere(service: Contents, scripts: Path, tmp_path: Path, name: str) -> None:
    """A forged archive with a path that leads out of the service's folders is refused."""
    with tarfile.open(tmp_path / "forged", "w") as archive:
        member = tarfile.TarInfo(name)
        member.type = tarfile.DIRTYPE if name == "models" else tarfile.REGTYPE
        archive.addfile(member, io.BytesIO())
    with pytest.raises(BackupError, match="not a backup"):
        restore_backup(service_in(tmp_path / "new", scripts), tmp_path / "forged", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    assert not (tmp_path / "shop.db").exists()


def test_files_are_read_under_the_lock(service: Contents, tmp_path: Path) -> None:
    """No model is rewritten while it is copied: what the holder before has changed is in the backup."""
    weights = tmp_path / "old" / "models" / "m1" / "weights"
    steps = []

    @contextmanager
    def lock() -> Iterator[None]:
        weights.write_text("rewritten")
        yield
        steps.append("released")

    write_backup(replace(service, lock=lock()), tmp_path / "backup")
    with tarfile.open(tmp_path / "backup") as archive:
        member = archive.extractfile("models/m1/weights")
        assert member is not None
        assert member.read() == b"rewritten"
    assert steps == ["released"]
