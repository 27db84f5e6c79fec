"""The commands that add, list and revoke tokens."""

from pathlib import Path

import pytest

from recommendations.domain.tokens import Scope
from recommendations.store import Store
from servicekit.database.engine import open_engine
from tests.recommendations.test_cli import folder, run

__all__ = ["folder"]

pytestmark = pytest.mark.usefixtures("restored_logging")


@pytest.fixture
def migrated(folder: Path) -> Path:
    assert run(folder, "migrate").exit_code == 0
    return folder


def test_a_token_is_added_listed_and_revoked(migrated: Path) -> None:
    """It is printed alone on one line, once; the list has its name and scopes; afterwards it is gone."""
    added = run(migrated, "token", "add", "shop", "--scope", "recommend", "--scope", "record", "--scope", "record")
    assert (added.exit_code, added.output.count("\n")) == (0, 1)
    text = added.output.strip()
    store = Store(open_engine(f"sqlite:///{migrated / 'data' / 'recommendations.db'}"))
    with store.read() as work:
        (kept,) = work.tokens.all()
    store.close()
    assert kept.is_of(text)
    assert (kept.name, kept.scopes) == ("shop", frozenset({Scope.RECOMMEND, Scope.RECORD}))
    listed = run(migrated, "token", "list")
    assert "shop  recommend, record" in listed.output
    assert text.partition(".")[2] not in listed.output
    revoked = run(migrated, "token", "revoke", "shop")
    assert (revoked.exit_code, revoked.output) == (0, "the token shop is revoked\n")
    assert "shop" not in run(migrated, "token", "list").output


def test_mistakes_are_explained(migrated: Path) -> None:
    """A name that is taken, malformed or unknown, and a scope that there is not."""
    assert run(migrated, "token", "add", "shop", "--scope", "record").exit_code == 0
    for code, arguments, message in [
        (1, ("add", "shop", "--scope", "record"), "there is a token shop already: revoke it first"),
        (2, ("add", "My shop", "--scope", "record"), "write a name of at most 63 lower-case letters"),
        (2, ("add", "other"), "Missing option '--scope'"),
        (2, ("add", "other", "--scope", "all"), "'recommend', 'record', 'catalogue'"),
        (1, ("revoke", "other"), "there is no token other"),
    ]:
        result = run(migrated, "token", *arguments)
        assert result.exit_code == code
        assert message in result.output


def test_tokens_need_an_up_to_date_database(folder: Path) -> None:
    """The error names the command to run first."""
    result = run(folder, "token", "list")
    assert result.exit_code == 1
    assert "run `python -m recommendations migrate` first" in result.output
