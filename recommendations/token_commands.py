"""The commands that add, list and revoke tokens."""

import click

from recommendations.domain.tokens import Scope, new_token
from recommendations.settings import Settings
from recommendations.store import Store
from servicekit.clock import now
from servicekit.commands import NotMigrated
from servicekit.table import print_table


@click.group()
def token() -> None:
    """Add, list and revoke the tokens of callers; running servers follow within a second."""


@token.command("add")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it allows; repeatable.",
)
@click.pass_obj
def add_token(obj: tuple[Settings, Store], name: str, scopes: tuple[str, ...]) -> None:
    """Add a token for a caller and print it, this once: only its hash is kept."""
    try:
        text, kept = new_token(name, frozenset(map(Scope, scopes)), now())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    with _migrated(obj).write() as work:
        if not work.tokens.add(kept):
            raise click.ClickException(f"there is a token {name} already: revoke it first, or choose another name")
        work.commit()
    click.echo(text)


@token.command("list")
@click.pass_obj
def list_tokens(obj: tuple[Settings, Store]) -> None:
    """List the tokens, without their secrets."""
    with _migrated(obj).read() as work:
        tokens = work.tokens.all()
    rows = [(kept.name, ", ".join(sorted(kept.scopes)), f"{kept.created_at:%Y-%m-%d %H:%M:%S}") for kept in tokens]
    print_table("tokens", ("name", "scopes", "made (UTC)"), rows)


@token.command()
@click.argument("name")
@click.pass_obj
def revoke(obj: tuple[Settings, Store], name: str) -> None:
    """Revoke a token: no call with it is answered any more."""
    with _migrated(obj).write() as work:
        if not work.tokens.revoke(name):
            raise click.ClickException(f"there is no token {name}")
        work.commit()
    click.echo(f"the token {name} is revoked")


def _migrated(obj: tuple[Settings, Store]) -> Store:
    """The store. Raises NotMigrated."""
    _, store = obj
    if not store.is_migrated():
        raise NotMigrated("recommendations")
    return store
