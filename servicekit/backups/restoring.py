"""Restores backups."""

import hashlib
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import ValidationError

from servicekit.backups.contents import DATABASE, FORMAT, MANIFEST, BackupError, Contents, Manifest
from servicekit.backups.sqlite import skip_ids
from servicekit.data_folder import mark_data_folder
from servicekit.database.migrations import revisions
from servicekit.files import sync_folder

STANDARD_INPUT = Path("-")
_CHUNK = 1 << 20


def restore_backup(contents: Contents, file: Path, data_dir: Path) -> Manifest:
    """Restore what `write_backup` wrote, into a service that has nothing, and mark its data folder.

    Nothing is in its place before all of it has been checked. Raises BackupError, and OSError.
    """
    places = dict(contents.files)
    if contents.sqlite is not None:
        places[DATABASE] = contents.sqlite
    _require_empty(places)
    # Ids are only ever added, so a file that is there has all that the backup has.
    kept = {name for name, path in contents.databases.items() if path.exists()}
    places |= contents.databases
    drafts = {name: path.with_name(f".{path.name}.restoring") for name, path in places.items()}
    try:
        with _opened(file) as archive:
            manifest = _extract(archive, drafts)
        _check(manifest, contents)
        if contents.sqlite is not None:
            skip_ids(drafts[DATABASE])
        # The database last: without it no service begins, so none begins with a part of it all.
        for name in sorted(drafts, key=lambda name: name == DATABASE):
            if name not in kept and drafts[name].exists():
                _move(drafts[name], places[name])
    finally:
        for draft in drafts.values():
            _remove(draft)
    if contents.sqlite is not None:
        mark_data_folder(data_dir, contents.url)
    return manifest


def _require_empty(places: Mapping[str, Path]) -> None:
    in_the_way = [path for path in places.values() if path.is_file() or any(path.glob("[!.]*"))]
    if DATABASE in places:
        # SQLite would apply an old log to the restored database.
        database = places[DATABASE]
        logs = (database.with_name(database.name + suffix) for suffix in ("-wal", "-shm", "-journal"))
        in_the_way += [path for path in logs if path.exists()]
    if in_the_way:
        names = ", ".join(map(str, in_the_way))
        raise BackupError(
            f"a backup is only restored where there is nothing, and there is already {names}: nothing was changed; "
            "stop the service and move that elsewhere"
        )


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        if file == STANDARD_INPUT:
            with closing(tarfile.open(fileobj=sys.stdin.buffer, mode="r|")) as archive:
                yield archive
        else:
            with file.open("rb") as opened, closing(tarfile.open(fileobj=opened, mode="r|")) as archive:
                yield archive
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(str(error)) from error


def _extract(archive: tarfile.TarFile, drafts: Mapping[str, Path]) -> Manifest:
    """Write the members to their drafts, and compare them with the manifest. Raises BackupError."""
    for draft in drafts.values():
        _remove(draft)  # of a restore that was interrupted
    sha256: dict[str, str] = {}
    manifest: Manifest | None = None
    for member in archive:
        content = archive.extractfile(member)
        if content is None:
            raise _damaged(f"{member.name} is not a file")
        if member.name == MANIFEST:
            manifest = _parse(content.read())
        else:
            sha256[member.name] = _write(content, _place(member.name, drafts))
    if manifest is None:
        raise _damaged("it ends before its manifest")
    if sha256 != manifest.sha256:
        wrong = sorted(name for name in {*sha256, *manifest.sha256} if sha256.get(name) != manifest.sha256.get(name))
        raise _damaged(f"{', '.join(wrong)} is not what was written")
    return manifest


def _parse(text: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise _damaged("its manifest cannot be read") from error


def _place(name: str, drafts: Mapping[str, Path]) -> Path:
    first, *others = PurePosixPath(name).parts or ("",)
    if first not in drafts or ".." in others:
        raise BackupError(f"this is not a backup of this service: it has {name}; nothing was changed")
    return drafts[first].joinpath(*others)


def _write(content: IO[bytes], path: Path) -> str:
    """Write a file to disk; returns its checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _check(manifest: Manifest, contents: Contents) -> None:
    """Raises BackupError if the backup is another service's, of a newer version, or for another kind of database."""
    if manifest.service != contents.service:
        raise BackupError(f"this is a backup of {manifest.service}, not of {contents.service}: nothing was changed")
    if manifest.format != FORMAT or (
        manifest.revision is not None and manifest.revision not in revisions(contents.migrations)
    ):
        raise BackupError(
            "this backup was made by a newer version: restore it with that version; nothing was changed"
        )
    if (manifest.revision is None) != (contents.sqlite is None):
        held, wanted = ("SQLite", "PostgreSQL") if manifest.revision else ("PostgreSQL", "SQLite")
        raise BackupError(
            f"this backup is of a service with {held}, and the settings name {wanted}: nothing was changed; set "
            f"{contents.service.upper()}_DATABASE_URL as it was"
        )


def _move(draft: Path, place: Path) -> None:
    if draft.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        for path in sorted(draft.iterdir()):
            path.rename(place / path.name)
    else:
        draft.rename(place)
    sync_folder(place.parent)


def _remove(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft)
    else:
        draft.unlink(missing_ok=True)


def _damaged(reason: str) -> BackupError:
    return BackupError(f"this is not a backup, or a damaged one ({reason}): nothing was changed; take another one")
