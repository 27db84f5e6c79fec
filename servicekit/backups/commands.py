"""What the commands `backup` and `restore` of every service do."""

from pathlib import Path

import click

from servicekit.backups.contents import Contents, Manifest
from servicekit.backups.restoring import restore_backup
from servicekit.backups.writing import write_backup

backup_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
"""The file of a backup; `-` is standard output or input."""


def back_up(contents: Contents, file: Path) -> None:
    """Write a backup, and say what it has."""
    manifest = write_backup(contents, file)
    click.echo(f"backed up {_summary(manifest)}", err=True)
    if contents.sqlite is None:
        click.echo("the database is PostgreSQL's, and not in this file: dump it with pg_dump", err=True)


def restore(contents: Contents, file: Path, data_dir: Path) -> None:
    """Restore a backup, and say what it had."""
    manifest = restore_backup(contents, file, data_dir)
    click.echo(f"restored {_summary(manifest)}, as of {manifest.made_at}", err=True)


def _summary(manifest: Manifest) -> str:
    rows = f"{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables" if manifest.rows else "no database"
    return f"{manifest.service}: {rows}, {len(manifest.sha256)} files"
