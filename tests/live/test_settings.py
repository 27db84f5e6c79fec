"""The settings of live."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from events.signature import new_secret
from live.settings import Settings, signing_secret


def test_origins_are_compared_in_lower_case() -> None:
    """As browsers send them: without a slash at the end."""
    settings = Settings(origins="https://Books.example/ , http://localhost:5001")
    assert settings.allowed_origins == {"https://books.example", "http://localhost:5001"}


@pytest.mark.parametrize("origins", [" ", "books.example", "https://books.example/path", "https://", "ftp://a", "*"])
def test_other_origins_are_refused(origins: str) -> None:
    """An origin that no browser sends would be a mistake that nobody sees."""
    with pytest.raises(ValidationError):
        Settings(origins=origins)


def test_the_secret_is_kept(tmp_path: Path) -> None:
    """Unless a setting names one."""
    settings = Settings(secrets_dir=tmp_path)
    assert signing_secret(settings) == signing_secret(settings) == (tmp_path / "live").read_text()
    given = new_secret()
    assert signing_secret(Settings.model_validate({"secrets_dir": tmp_path, "secret": given})) == given
