"""What a training costs."""

import subprocess
import sys

import pytest

from recommendations.evaluation.training_cost import Meter


def test_seconds_increase() -> None:
    """A later reading is greater."""
    meter = Meter()
    first = meter.read().train_seconds
    assert 0 <= first < meter.read().train_seconds


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports the peak of this process alone")
def test_the_peak_is_of_this_process_alone() -> None:
    """The peak includes freed memory, but not the memory of the process that started this one."""
    child = (
        "from recommendations.evaluation.training_cost import peak_mb\n"
        "held = b'x' * 150 * 2**20; del held; print(peak_mb())"
    )
    parent = (
        "import subprocess, sys; held = b'x' * 600 * 2**20;"
        f"print(subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, check=True, text=True).stdout)"
    )
    output = subprocess.run([sys.executable, "-c", parent], capture_output=True, check=True, text=True).stdout
    assert 150 < float(output) < 400
