"""The shop's settings and its secret key."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from events.signature import new_secret, parse_secret
from marketplace.settings import Settings, notices_secret, session_key
from servicekit.settings import SettingsError, read_settings, variable


def test_every_setting_is_described_and_named_for_its_service() -> None:
    """The README can list them all."""
    fields = Settings.model_fields
    assert all(field.description for field in fields.values())
    names = {variable(Settings, name) for name in fields}
    assert {"MARKETPLACE_PORT", "RECOMMENDATIONS_HOST", "MARKETPLACE_RECOMMENDATIONS_TIMEOUT_MS"} <= names
    assert all(name.startswith(("MARKETPLACE_", "RECOMMENDATIONS_", "PREVIEWS_")) for name in names)


def test_the_database_is_in_the_data_folder_unless_it_is_named(tmp_path: Path) -> None:
    """The default follows MARKETPLACE_DATA_DIR, and a set URL wins."""
    assert Settings(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/marketplace.db"
    named = Settings(data_dir=tmp_path, database_url=SecretStr("postgresql://u:p@h/d"))
    assert named.database == "postgresql://u:p@h/d"


def test_addresses_may_be_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in URLs; Recommendations may listen on a Unix socket too."""
    monkeypatch.setenv("MARKETPLACE_BIND", "[::1]")
    monkeypatch.setenv("RECOMMENDATIONS_HOST", "[::1]")
    settings = read_settings(Settings)
    assert (settings.bind, settings.recommendations_host) == ("::1", "::1")
    monkeypatch.setenv("RECOMMENDATIONS_HOST", "unix:///run/a.sock")
    assert read_settings(Settings).recommendations_host == "unix:/run/a.sock"


@pytest.mark.parametrize("service", ["RECOMMENDATIONS", "PREVIEWS"])
def test_an_own_certificate_needs_its_key_and_tls(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """A half of it is refused, and so is one for a plain connection, where it would not be shown."""
    monkeypatch.setenv(f"{service}_TLS_CLIENT_CERTIFICATE", "/tls/shop.pem")
    with pytest.raises(SettingsError, match=f"^{service}_TLS_CLIENT_KEY: .*set both {service}_TLS"):
        read_settings(Settings)
    monkeypatch.setenv(f"{service}_TLS_CLIENT_KEY", "/tls/shop.key")
    with pytest.raises(SettingsError, match=f"^{service}_TLS_CLIENT_KEY: .*set {service}_TLS_CA too"):
        read_settings(Settings)
    monkeypatch.setenv(f"{service}_TLS_CA", "/tls/ca.pem")
    assert getattr(read_settings(Settings), f"{service.lower()}_tls_ca") == Path("/tls/ca.pem")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARKETPLACE_BIND", "127.0.0.1:5001"),
        ("MARKETPLACE_BIND", "unix:/run/a.sock"),
        ("RECOMMENDATIONS_HOST", "localhost:50051"),
        ("PREVIEWS_HOST", "localhost:50052"),
        ("PREVIEWS_PORT", "0"),
        ("MARKETPLACE_PORT", "many"),
        ("MARKETPLACE_PORT", "65536"),
        ("MARKETPLACE_THREADS", "0"),
        ("MARKETPLACE_RELAY", "perhaps"),
        ("MARKETPLACE_LANGUAGE", "de"),
        ("MARKETPLACE_LANGUAGE", "../ru"),
        ("MARKETPLACE_PROXIES", "-1"),
        ("MARKETPLACE_TRUSTED_HOSTS", ","),
        ("MARKETPLACE_TRUSTED_HOSTS", "https://books.example.com"),
        ("MARKETPLACE_TRUSTED_HOSTS", "books.example.com:5001"),
        ("MARKETPLACE_TRUSTED_HOSTS", "::1"),
        ("MARKETPLACE_SECRET_KEY", "s3cret"),
        ("MARKETPLACE_DATABASE_URL", "mysql://u:s3cret@h/d"),
        ("MARKETPLACE_DATABASE_URL", "s3cret"),
        ("MARKETPLACE_PAYMENTS_URL", "payments:5002"),
        ("MARKETPLACE_PAYMENTS_URL", "ftp://payments"),
        ("MARKETPLACE_PAYMENTS_URL", "http://"),
        ("MARKETPLACE_PAYMENTS_URL", "http://user:s3cret@payments"),
        ("MARKETPLACE_PAYMENTS_URL", "http://payments:many"),
        ("MARKETPLACE_PAYMENTS_URL", "http://payments:0"),
        ("MARKETPLACE_PAYMENTS_URL", "http://[payments"),
        ("MARKETPLACE_PAYMENTS_URL", "http://pay ments"),
        ("MARKETPLACE_PAYMENTS_URL", "http://payments?key=s3cret"),
        ("MARKETPLACE_CALLBACK_URL", "books.example.com"),
        ("MARKETPLACE_CALLBACK_URL", "https://books.example.com/#top"),
        ("RECOMMENDATIONS_PORT", "x"),
        ("RECOMMENDATIONS_TOKEN", "shop.s3cret\n"),
        ("RECOMMENDATIONS_TLS_CLIENT_KEY", "/tls/shop.key"),
        ("PREVIEWS_TLS_CLIENT_KEY", "/tls/shop.key"),
        ("MARKETPLACE_PUBLIC_URL", "books.example.com"),
        ("MARKETPLACE_EVENTS_URL", "http://a, kafka://s3cret"),
        ("MARKETPLACE_EVENTS_URL", "http://user:s3cret@a"),
        ("MARKETPLACE_NOTICES_URL", "amqp://user:s3cret@"),
        ("MARKETPLACE_NOTICES_SECRET", "s3cret-s3cret-s3cret-s3cret-s3cret"),
        ("NOTICES_SECRET", "whsec_s3cret"),
        ("MARKETPLACE_RECOMMENDATIONS_TIMEOUT_MS", "-1"),
    ],
)
def test_a_malformed_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The line names the variable and does not repeat its value, which may be a secret."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        read_settings(Settings)
    assert str(raised.value).startswith(f"{name}: ")
    assert "\n" not in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_the_key_of_the_settings_is_used_and_never_shown() -> None:
    """Printing the settings hides it."""
    settings = Settings(secret_key=SecretStr("a long enough key"))
    assert session_key(settings) == "a long enough key"
    assert "long enough" not in repr(settings)


def test_a_key_is_created_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    """All processes that start at the same time get the same key."""
    settings = Settings(data_dir=tmp_path / "new")
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: session_key(settings), range(64)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    (kept,) = (tmp_path / "new").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_trusted_hosts_are_in_lower_case() -> None:
    """Spaces around commas do not count."""
    assert Settings().hosts == ("localhost", "127.0.0.1", "[::1]")
    assert Settings(trusted_hosts="Books.example.com , 10.0.0.7,").hosts == ("books.example.com", "10.0.0.7")


def test_the_hosts_of_its_addresses_are_trusted() -> None:
    """Those of readers and of the payment provider, with or without a port, in any case, and once."""
    settings = Settings(
        trusted_hosts="localhost", public_url="https://Books.example.com:8443", callback_url="http://[::1]:5001"
    )
    assert settings.hosts == ("localhost", "books.example.com", "[::1]")
    assert Settings(trusted_hosts="localhost", public_url="http://localhost:5001").hosts == ("localhost",)


def test_paths_can_be_appended_to_urls() -> None:
    """A slash at the end is removed, and a path is kept."""
    assert Settings().callback_url is None
    settings = Settings(payments_url="http://[::1]:5002/", callback_url="https://books.example.com/shop/")
    assert settings.payments_url == "http://[::1]:5002"
    assert settings.callback_url == "https://books.example.com/shop"


def test_the_secret_of_notices_is_a_setting_or_in_the_shared_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices reads the same variable and the same file; a file with something else is refused."""
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "shared"))
    created = notices_secret(read_settings(Settings))
    assert parse_secret(created) == (tmp_path / "shared" / "notices").read_text()
    assert notices_secret(read_settings(Settings)) == created
    monkeypatch.setenv("NOTICES_SECRET", new_secret())
    assert notices_secret(read_settings(Settings)) not in {"", created}
    monkeypatch.delenv("NOTICES_SECRET")
    (tmp_path / "shared" / "notices").write_text("something else")
    with pytest.raises(ValueError, match="whsec_"):
        notices_secret(read_settings(Settings))


def test_addresses_of_events_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may have passwords; each is there once."""
    monkeypatch.setenv("MARKETPLACE_EVENTS_URL", "amqp://user:s3cret@a/books, http://b")
    monkeypatch.setenv("MARKETPLACE_NOTICES_URL", " amqps://user:s3cret@a ")
    settings = read_settings(Settings)
    assert list(settings.events_urls) == ["amqp://user:s3cret@a/books", "http://b"]
    assert settings.notices_url.get_secret_value() == "amqps://user:s3cret@a"
    assert "s3cret" not in repr(settings)
    monkeypatch.delenv("MARKETPLACE_EVENTS_URL")
    assert Settings().events_urls == ()
