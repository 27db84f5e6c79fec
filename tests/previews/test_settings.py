"""The settings of previews."""

from pathlib import Path

import pytest

from previews.settings import Settings
from servicekit.settings import SettingsError, read_settings, variable


def test_every_setting_is_described_and_named_for_the_service() -> None:
    """Each has a description and the prefix PREVIEWS_."""
    assert all(field.description for field in Settings.model_fields.values())
    assert all(variable(Settings, name).startswith("PREVIEWS_") for name in Settings.model_fields)


def test_no_setting_weakens_the_rules() -> None:
    """What may be fetched cannot be set: the settings are these, and none is about addresses, ports or limits."""
    own = {name for name in Settings.model_fields if not name.startswith("database_")}
    assert own == {
        *("bind", "port", "threads", "data_dir", "user_agent", "reflection", "log_requests", "slow_call_ms"),
        *("drain_seconds", "health_port", "metrics_port", "log_format"),
        *("tls_certificate", "tls_key", "tls_client_ca"),
    }


def test_it_listens_on_this_machine_by_default(tmp_path: Path) -> None:
    """Because it authenticates nobody; its database is a file in its folder."""
    settings = Settings(data_dir=tmp_path)
    assert (settings.hosts, settings.port) == (("127.0.0.1",), 50052)
    assert settings.database == f"sqlite:///{tmp_path}/previews.db"


@pytest.mark.parametrize(
    ("name", "value"), [("PREVIEWS_BIND", "a b:1"), ("PREVIEWS_USER_AGENT", "a\r\nb"), ("PREVIEWS_THREADS", "0")]
)
def test_malformed_settings_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A line break in the user agent would be another header."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        read_settings(Settings)
