"""Prints tables in the terminal."""

from collections.abc import Sequence

import click


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a titled table with the first column aligned left and the others right."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    click.echo(f"\n{title}\n")
    for cells in (columns, rule, *rows):
        first, *rest = zip(cells, widths, strict=True)
        click.echo("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]).rstrip())
    click.echo()
