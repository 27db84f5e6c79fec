"""Tests of payments.settings."""

from pathlib import Path

import pytest

from payments.settings import Settings
from servicekit.settings import SettingsError, read_settings, variable


def test_every_setting_is_described_and_named_for_the_provider() -> None:
    """Each has a description and the prefix PAYMENTS_, but for where the shop is, which the shop reads too."""
    assert all(field.description for field in Settings.model_fields.values())
    names = {variable(Settings, name) for name in Settings.model_fields}
    assert {name for name in names if not name.startswith("PAYMENTS_")} == {
        "MARKETPLACE_PORT",
        "MARKETPLACE_CALLBACK_URL",
    }


def test_callbacks_go_where_the_shop_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shop itself computes it."""
    assert Settings().shop_url == "http://localhost:5001"
    monkeypatch.setenv("MARKETPLACE_PORT", "8001")
    assert Settings().shop_url == "http://localhost:8001"
    monkeypatch.setenv("MARKETPLACE_CALLBACK_URL", "http://marketplace:5001")
    assert Settings().shop_url == "http://marketplace:5001"


def test_it_listens_on_localhost_by_default() -> None:
    """Because it authenticates nobody."""
    assert Settings().bind == "127.0.0.1"


def test_the_database_is_in_the_data_folder(tmp_path: Path) -> None:
    """It is a SQLite file in PAYMENTS_DATA_DIR."""
    assert Settings(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/payments.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYMENTS_PORT", "65536"),
        ("PAYMENTS_SECONDS", "-1"),
        ("PAYMENTS_SECONDS", "inf"),
        ("PAYMENTS_SECONDS", "nan"),
        ("PAYMENTS_DECLINES", "1.1"),
        ("PAYMENTS_DECLINES", "nan"),
        ("PAYMENTS_DECLINES", "some"),
    ],
)
def test_a_malformed_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The line names the variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        read_settings(Settings)
    assert str(raised.value).startswith(f"{name}: ")
    assert "\n" not in str(raised.value)
