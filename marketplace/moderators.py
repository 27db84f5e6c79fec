"""The operator's commands that make moderators."""

import click

from marketplace.domain.accounts import normalized_email
from marketplace.settings import Settings
from marketplace.store import Store
from servicekit.commands import NotMigrated


@click.group()
@click.pass_obj
def moderator(obj: tuple[Settings, Store]) -> None:
    """Say who may change books and orders at /moderator."""
    if not obj[1].is_migrated():
        raise NotMigrated("marketplace")


@moderator.command()
@click.argument("email")
@click.pass_obj
def add(obj: tuple[Settings, Store], email: str) -> None:
    """Make an account a moderator's."""
    _set(obj[1], email, is_moderator=True)
    click.echo(f"{email} is a moderator")


@moderator.command()
@click.argument("email")
@click.pass_obj
def remove(obj: tuple[Settings, Store], email: str) -> None:
    """Take a moderator's rights away, from the next page on."""
    _set(obj[1], email, is_moderator=False)
    click.echo(f"{email} is no moderator")


@moderator.command("list")
@click.pass_obj
def list_(obj: tuple[Settings, Store]) -> None:
    """Print the e-mails of all moderators."""
    _, store = obj
    with store.read() as work:
        for account in work.accounts.moderators():
            click.echo(account.email)


def _set(store: Store, email: str, *, is_moderator: bool) -> None:
    spelled = normalized_email(email)
    with store.write() as work:
        account = work.accounts.by_email(spelled) if spelled else None
        if account is None:
            raise click.ClickException(f"no account has the e-mail {email}; sign up with it in the shop first")
        work.accounts.set_moderator(account.reader_id, is_moderator)
        work.commit()
