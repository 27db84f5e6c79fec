"""What a training costs."""

import subprocess
import sys

import pytest

from recommendations.evaluation.cost import Meter


def test_seconds_go_by() -> None:
    """A meter that is read later says more."""
    meter = Meter()
    first = meter.read().train_seconds
    assert 0 <= first < meter.read().train_seconds


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system knows no better")
def test_the_peak_is_the_processs_own() -> None:
    """What was given back counts; what the process held that started it does not."""
    child = (
        "from recommendations.evaluation.cost import peak_mb;held = b'x' * 150 * 2**20; del held; print(peak_mb())"
    )
    parent = (
        "import subprocess, sys; held = b'x' * 600 * 2**20;"
        f"print(subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, check=True, text=True).stdout)"
    )
    said = subprocess.run([sys.executable, "-c", parent], capture_output=True, check=True, text=True).stdout
    assert 150 < float(said) < 400
