"""Writes backups."""

import hashlib
import io
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import click

from servicekit.backups.contents import DATABASE, FORMAT, MANIFEST, BackupError, Contents, Manifest
from servicekit.backups.sqlite import Copied, copy_database
from servicekit.clock import now
from servicekit.files import sync_folder

STANDARD_OUTPUT = Path("-")


def write_backup(contents: Contents, file: Path) -> Manifest:
    """Write a backup into `file`, which is complete or absent, or to standard output; services may run meanwhile.

    Raises BackupError, and OSError.
    """
    if file == STANDARD_OUTPUT:
        # Beside the database: /tmp may be smaller than its copy.
        databases = filter(None, (contents.sqlite, *contents.databases.values()))
        database = next((path for path in databases if path.exists()), None)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=database and database.parent) as draft:
            manifest = _write(contents, Path(draft), sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return manifest
    if file.exists():
        raise BackupError(f"{file} exists: give the backup another name")
    # In the same folder, so that the renaming is atomic; only its owner may read it.
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as draft:
        archive = Path(draft) / "archive"
        with os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            manifest = _write(contents, Path(draft), output)
            output.flush()
            os.fsync(output.fileno())
        archive.rename(file)
    sync_folder(file.parent)
    return manifest


def _write(contents: Contents, draft: Path, output: IO[bytes]) -> Manifest:
    began = now()
    copied = _copy_databases(contents, draft)
    sha256: dict[str, str] = {}
    with closing(tarfile.open(fileobj=output, mode="w|")) as archive:
        with contents.lock:
            members = [*_members_of(draft, contents), *_files(contents)]
            total = sum(path.stat().st_size for _, path in members)
            with click.progressbar(length=total, label="writing the backup", file=sys.stderr) as bar:
                for name, path in members:
                    sha256[name] = _add(archive, name, path, bar.update)
        manifest = Manifest(
            format=FORMAT,
            service=contents.service,
            made_at=began.isoformat(timespec="seconds"),
            revision=copied.revision,
            rows=copied.rows,
            sha256=sha256,
        )
        text = manifest.model_dump_json(indent=2).encode()
        archive.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    return manifest


def _copy_databases(contents: Contents, draft: Path) -> Copied:
    """Copy the databases first: the models that are read later know no reader whom the database has deleted."""
    copied = Copied(None, {})
    if contents.sqlite is not None:
        if not contents.sqlite.exists():
            raise BackupError(f"there is no database {contents.sqlite}: there is nothing to back up")
        copied = _copy(contents.sqlite, draft / DATABASE)
        if copied.revision is None:
            raise BackupError(f"the database {contents.sqlite} has no tables: there is nothing to back up")
    for name, path in contents.databases.items():
        if path.exists():
            _copy(path, draft / name)
    return copied


def _copy(path: Path, copy: Path) -> Copied:
    with click.progressbar(length=path.stat().st_size, label=f"copying {path.name}", file=sys.stderr) as bar:

        def progress(left: int, pages: int) -> None:
            bar.update(round((1 - left / max(1, pages)) * (bar.length or 0)) - bar.pos)

        return copy_database(path, copy, progress)


def _members_of(draft: Path, contents: Contents) -> Iterator[tuple[str, Path]]:
    for name in (DATABASE, *contents.databases):
        if (draft / name).exists():
            yield name, draft / name


def _files(contents: Contents) -> Iterator[tuple[str, Path]]:
    """The files, without hidden ones, which are unfinished or locks."""
    for name, path in contents.files.items():
        if path.is_file():
            yield name, path
        for file in sorted(path.rglob("*")):
            relative = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") for part in relative.parts):
                yield f"{name}/{relative.as_posix()}", file


def _add(archive: tarfile.TarFile, name: str, path: Path, advance: Callable[[int], None]) -> str:
    """Add a file; returns its checksum."""
    with path.open("rb") as file:
        read = _Reading(file, advance)
        archive.addfile(_member(name, os.fstat(file.fileno()).st_size), read)
        return read.digest.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    return member


class _Reading(io.RawIOBase):
    """A file whose checksum is computed while it is read."""

    def __init__(self, file: IO[bytes], advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        self._advance(len(chunk))
        return chunk
