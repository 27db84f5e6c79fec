"""The settings of the service."""

from pathlib import Path

import pytest

from recommendations.settings import Settings
from servicekit.settings import SettingsError, read_settings


def test_defaults() -> None:
    """By default the service listens on this machine only and keeps everything in one folder."""
    settings = Settings()
    assert (settings.bind, settings.port) == ("127.0.0.1", 50051)
    assert settings.database == "sqlite:///var/recommendations/recommendations.db"
    assert settings.models == Path("var/recommendations/models")
    assert settings.rejects == Path("var/recommendations/rejects")
    assert settings.half_life_days is None


def test_the_data_folder_moves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database, the models and the rejects follow the folder, unless the database is named."""
    monkeypatch.setenv("RECOMMENDATIONS_DATA_DIR", "/data")
    assert read_settings(Settings).database == "sqlite:////data/recommendations.db"
    assert read_settings(Settings).models == Path("/data/models")
    monkeypatch.setenv("RECOMMENDATIONS_DATABASE_URL", "postgresql://u:hunter2@host/name")
    settings = read_settings(Settings)
    assert settings.database == "postgresql://u:hunter2@host/name"
    assert "hunter2" not in repr(settings)


def test_workers_have_two_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain WORKERS counts if RECOMMENDATIONS_WORKERS is absent; an error names the variable that was read."""
    monkeypatch.delenv("WORKERS", raising=False)
    assert read_settings(Settings).workers == 1
    monkeypatch.setenv("WORKERS", "2")
    assert read_settings(Settings).workers == 2
    monkeypatch.setenv("RECOMMENDATIONS_WORKERS", "3")
    assert read_settings(Settings).workers == 3
    assert Settings(workers=4).workers == 4
    monkeypatch.delenv("RECOMMENDATIONS_WORKERS")
    monkeypatch.setenv("WORKERS", "many")
    with pytest.raises(SettingsError, match=r"^WORKERS: "):
        read_settings(Settings)


def test_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses, separated by commas, and Unix sockets; an error names the variable."""
    monkeypatch.setenv("RECOMMENDATIONS_BIND", "127.0.0.1,[::1],unix:/run/a.sock")
    assert read_settings(Settings).hosts == ("127.0.0.1", "::1", "unix:/run/a.sock")
    monkeypatch.setenv("RECOMMENDATIONS_BIND", "127.0.0.1:50051")
    with pytest.raises(SettingsError, match=r"^RECOMMENDATIONS_BIND: .*without a port$"):
        read_settings(Settings)


def test_workers_share_no_unix_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would take it from the other: the error says so, and names the variable."""
    monkeypatch.setenv("RECOMMENDATIONS_BIND", "127.0.0.1,unix:/run/a.sock")
    monkeypatch.setenv("RECOMMENDATIONS_WORKERS", "2")
    with pytest.raises(SettingsError, match=r"^RECOMMENDATIONS_WORKERS: .*cannot share the Unix socket"):
        read_settings(Settings)
    monkeypatch.setenv("RECOMMENDATIONS_BIND", "127.0.0.1,[::1]")
    assert read_settings(Settings).workers == 2


def test_several_workers_need_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system without fork, such as Windows, more than one worker is refused with the reason."""
    monkeypatch.delattr("os.fork", raising=False)
    monkeypatch.setenv("RECOMMENDATIONS_WORKERS", "1")
    assert read_settings(Settings).workers == 1
    monkeypatch.setenv("RECOMMENDATIONS_WORKERS", "2")
    with pytest.raises(SettingsError, match=r"^RECOMMENDATIONS_WORKERS: .*this system cannot fork processes"):
        read_settings(Settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("WORKERS", "65"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "hunter2"),
        ("THREADS", "0"),
        ("THREADS", "257"),
        ("DIVERSITY", "1.1"),
        ("DIVERSITY", "nan"),
        ("REFLECTION", "perhaps"),
        ("SLOW_CALL_MS", "0"),
        ("SLOW_CALL_MS", "nan"),
        ("DRAIN_SECONDS", "-1"),
        ("DRAIN_SECONDS", "601"),
        ("DATABASE_URL", "mysql://u:hunter2@host/name"),
    ],
)
def test_malformed_settings(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A malformed value is refused in one line that names the variable but not the value."""
    monkeypatch.setenv(f"RECOMMENDATIONS_{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings(Settings)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"RECOMMENDATIONS_{name}: ")
    assert "hunter2" not in line
