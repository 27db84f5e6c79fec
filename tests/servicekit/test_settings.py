"""Settings from the environment."""

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
