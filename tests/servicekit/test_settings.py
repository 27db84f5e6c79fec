"""Settings from the environment and from files."""

import os
from pathlib import Path

import pytest
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings, SettingsError, read_settings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="KITTEST_")

    port: int = Field(80, ge=0, le=65535)
    secret: SecretStr = SecretStr("none")
    shared: float = Field(1.0, validation_alias="KITTEST_UNDER_ANOTHER_NAME")
    threads: int = Field(1, validation_alias=AliasChoices("KITTEST_THREADS", "KITTEST_PLAIN"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "SECRET", "UNDER_ANOTHER_NAME", "THREADS", "PLAIN"):
        monkeypatch.delenv(f"KITTEST_{name}", raising=False)


def test_defaults_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that are absent or empty have their default."""
    monkeypatch.setenv("KITTEST_PORT", "")
    assert read_settings(Settings).port == 80
    monkeypatch.setenv("KITTEST_PORT", "8080")
    monkeypatch.setenv("KITTEST_UNDER_ANOTHER_NAME", "2.5")
    settings = read_settings(Settings)
    assert (settings.port, settings.shared) == (8080, 2.5)


def test_settings_are_frozen() -> None:
    """They cannot be changed."""
    with pytest.raises(ValidationError):
        read_settings(Settings).port = 1  # type: ignore[misc]


def test_every_malformed_variable_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a line that begins with its name, without its value, which may be a secret."""
    monkeypatch.setenv("KITTEST_PORT", "hunter2")
    monkeypatch.setenv("KITTEST_UNDER_ANOTHER_NAME", "hunter3")
    with pytest.raises(SettingsError) as caught:
        read_settings(Settings)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["KITTEST_PORT", "KITTEST_UNDER_ANOTHER_NAME"]
    assert "hunter" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("preferred", "plain", "named"),
    [("many", "1", "KITTEST_THREADS"), ("many", "few", "KITTEST_THREADS"), ("", "few", "KITTEST_PLAIN")],
)
def test_among_several_names_the_one_that_is_set_is_reported(
    monkeypatch: pytest.MonkeyPatch, preferred: str, plain: str, named: str
) -> None:
    """A malformed value is reported under the name that it was read from."""
    monkeypatch.setenv("KITTEST_THREADS", preferred)
    monkeypatch.setenv("KITTEST_PLAIN", plain)
    with pytest.raises(SettingsError) as caught:
        read_settings(Settings)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [named]


def test_secrets_do_not_show() -> None:
    """Secrets are hidden when settings are printed."""
    assert "none" not in repr(Settings(secret=SecretStr("none")))


def test_a_file_sets_what_no_variable_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It has the variable's name in lower case; the variable is used before it, and an empty file is none."""
    (tmp_path / "kittest_port").write_text("8080\n")
    (tmp_path / "kittest_secret").write_text("from a file\n")
    (tmp_path / "kittest_under_another_name").write_text("")
    monkeypatch.setenv("KITTEST_PORT", "9090")
    settings = read_settings(Settings, tmp_path)
    assert (settings.port, settings.secret.get_secret_value(), settings.shared) == (9090, "from a file", 1.0)


@pytest.mark.parametrize(("file", "name"), [("threads", "PLAIN"), ("plain", "THREADS")])
def test_a_variable_is_used_before_a_file_of_another_name_of_the_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, name: str
) -> None:
    """Whichever of the setting's names each of them has."""
    (tmp_path / f"kittest_{file}").write_text("2")
    monkeypatch.setenv(f"KITTEST_{name}", "3")
    assert read_settings(Settings, tmp_path).threads == 3
    monkeypatch.delenv(f"KITTEST_{name}")
    assert read_settings(Settings, tmp_path).threads == 2


def test_a_malformed_file_is_named_by_its_variable(tmp_path: Path) -> None:
    """Its content does not show."""
    (tmp_path / "kittest_port").write_text("hunter2")
    with pytest.raises(SettingsError) as caught:
        read_settings(Settings, tmp_path)
    assert str(caught.value).startswith("KITTEST_PORT: ")
    assert "hunter2" not in str(caught.value)


def test_bytes_that_are_no_text_are_an_error_without_them(tmp_path: Path) -> None:
    """For example a key in binary form."""
    (tmp_path / "kittest_secret").write_bytes(b"hunter2\xff")
    with pytest.raises(SettingsError) as caught:
        read_settings(Settings, tmp_path)
    assert str(caught.value) == f"settings in {tmp_path} cannot be read: not text in UTF-8"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """The service does not start without its secret."""
    secret = tmp_path / "kittest_secret"
    secret.touch(mode=0)
    with pytest.raises(SettingsError, match=f"{secret}: Permission denied"):
        read_settings(Settings, tmp_path)


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    """Docker makes one where the file of a secret is missing: the service would start without it."""
    (tmp_path / "kittest_secret").mkdir()
    with pytest.raises(SettingsError, match=r"kittest_secret.* but found a directory instead"):
        read_settings(Settings, tmp_path)


def test_a_folder_that_does_not_exist_has_no_settings(tmp_path: Path) -> None:
    """As on most machines."""
    assert read_settings(Settings, tmp_path / "none").port == 80
