"""Every service's log has the form that its setting names."""

from importlib import import_module

import pytest
import structlog
from click.testing import CliRunner

pytestmark = pytest.mark.usefixtures("restored_logging")

SERVICES = ("recommendations", "marketplace", "payments", "notices", "previews", "live")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("given", "renderer"),
    [("json", structlog.processors.JSONRenderer), ("", structlog.processors.LogfmtRenderer)],
)
def test_each_service_reads_its_own_setting(
    monkeypatch: pytest.MonkeyPatch, service: str, given: str, renderer: type
) -> None:
    """`json`, and by default pairs; set before anything is logged."""
    monkeypatch.setenv(f"{service.upper()}_LOG_FORMAT", given)
    # Nothing listens there: the command fails, but has read its settings.
    monkeypatch.setenv(f"{service.upper()}_PORT", "1")
    assert CliRunner().invoke(import_module(f"{service}.cli").main, ["health"]).exit_code == 1
    assert isinstance(structlog.get_config()["processors"][-1], renderer)


def test_another_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable."""
    monkeypatch.setenv("LIVE_LOG_FORMAT", "xml")
    result = CliRunner().invoke(import_module("live.cli").main, ["health"])
    assert result.exit_code == 2
    assert "LIVE_LOG_FORMAT" in result.output
