"""Tests of notices.settings."""

from pathlib import Path

import pytest

from events.signature import new_secret, parse_secret
from notices.settings import Settings, signing_secret
from servicekit.settings import SettingsError, read_settings, variable


def test_every_setting_is_described_and_named_for_notices() -> None:
    """Each has a description and the prefix NOTICES_."""
    assert all(field.description for field in Settings.model_fields.values())
    assert all(variable(Settings, name).startswith("NOTICES_") for name in Settings.model_fields)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("NOTICES_PORT", "65536", "NOTICES_PORT"),
        ("NOTICES_SECRET", "whsec_c2hvcnQ=", "NOTICES_SECRET"),
        ("NOTICES_SECRET", "not a secret", "NOTICES_SECRET"),
        ("NOTICES_AMQP_URL", "http://guest:s3cret@broker", "NOTICES_AMQP_URL"),
        ("NOTICES_SMTP_SECURITY", "ssl", "NOTICES_SMTP_SECURITY"),
        ("NOTICES_SMTP_HOST", "mail.example", "NOTICES_SENDER"),
        ("NOTICES_SENDER", "shop@example.org\nBcc: x@y", "NOTICES_SENDER"),
        ("NOTICES_STAFF_EMAIL", "nobody", "NOTICES_STAFF_EMAIL"),
        ("NOTICES_TELEGRAM_TOKEN", "12:s3cret", "NOTICES_TELEGRAM_CHAT"),
        ("NOTICES_TELEGRAM_URL", "ftp://telegram", "NOTICES_TELEGRAM_URL"),
        ("NOTICES_KEEP_DAYS", "0", "NOTICES_KEEP_DAYS"),
        ("NOTICES_DATABASE_URL", "mysql://a", "NOTICES_DATABASE_URL"),
    ],
)
def test_a_malformed_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str) -> None:
    """In one line without its value; what another one needs is named too."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings(Settings)
    assert str(caught.value).startswith(f"{named}: ")
    assert "s3cret" not in str(caught.value)


def test_the_secret_is_created_once(tmp_path: Path) -> None:
    """Both the shop and notices read the same one from the folder of secrets; a setting comes first."""
    settings = Settings(data_dir=tmp_path, secrets_dir=tmp_path / "secrets")
    secret = signing_secret(settings)
    assert parse_secret(secret) == secret == signing_secret(settings)
    assert (tmp_path / "secrets" / "notices").stat().st_mode & 0o077 == 0
    other = new_secret()
    assert signing_secret(Settings(data_dir=tmp_path, secrets_dir=tmp_path / "secrets", secret=other)) == other


@pytest.mark.parametrize("name", ["SECRETS_DIR", "NOTICES_SECRETS_DIR"])
def test_the_folder_of_secrets_has_a_shared_name_too(
    monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path
) -> None:
    """SECRETS_DIR is for both services, as IDS_DIR is."""
    monkeypatch.setenv(name, str(tmp_path))
    assert Settings().secrets_dir == tmp_path


def test_secrets_are_not_shown() -> None:
    """Neither password, token nor the broker's address, which has a password, is in the text of the settings."""
    settings = Settings(
        secret=new_secret(),
        amqp_url="amqp://a:s3cret@b",
        smtp_password="s3cret",
        telegram_token="s3cret",
        telegram_chat="1",
    )
    assert "s3cret" not in repr(settings)
    assert "whsec_" not in repr(settings)
