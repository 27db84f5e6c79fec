"""Tests of tests.drills."""

import pytest

from tests.drills import DRILLS, VARIABLE, is_running, main
from tests.e2e.processes import ROOT


@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_has_a_short_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tests exist, and ask whether it runs."""
    sources = [(ROOT / path).read_text(encoding="utf-8") for path in DRILLS[name].tests]
    assert any(f'is_running("{name}")' in source for source in sources)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not is_running(name)
    monkeypatch.setenv(VARIABLE, name)
    assert is_running(name)


def test_an_unknown_drill_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The error lists the drills."""
    assert main(["nonsense"]) == 2
    assert ", ".join(DRILLS) in capsys.readouterr().err
