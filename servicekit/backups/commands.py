"""The commands `backup` and `restore` of every service."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from servicekit.backups.contents import Contents, Manifest
from servicekit.backups.restoring import restore_backup
from servicekit.backups.writing import write_backup
from servicekit.settings import DatabaseSettings

_Settings = TypeVar("_Settings", bound=DatabaseSettings)


def add_backup_commands(group: click.Group, contents: Callable[[_Settings], Contents], *, kept: str) -> None:
    """Add the commands to a service's group, whose object is its settings and its store.

    `kept` says what the service keeps.
    """
    file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))

    @group.command(help=f"Write {kept} into FILE, while it runs; - is standard output.")
    @file_argument
    @click.pass_obj
    def backup(obj: tuple[_Settings, object], file: Path) -> None:
        settings, _ = obj
        has = contents(settings)
        manifest = write_backup(has, file)
        click.echo(f"backed up {_summary(manifest)}", err=True)
        if has.sqlite is None:
            click.echo("the database is PostgreSQL's, and not in this file: dump it with pg_dump", err=True)

    @group.command(help="Restore FILE where there is nothing; - is standard input.")
    @file_argument
    @click.pass_obj
    def restore(obj: tuple[_Settings, object], file: Path) -> None:
        settings, _ = obj
        manifest = restore_backup(contents(settings), file, settings.data_dir)
        click.echo(f"restored {_summary(manifest)}, as of {manifest.made_at}", err=True)


def _summary(manifest: Manifest) -> str:
    rows = f"{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables" if manifest.rows else "no database"
    return f"{manifest.service}: {rows}, {len(manifest.sha256)} files"
