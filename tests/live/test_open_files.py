"""The limit of open files."""

import subprocess
import sys

import pytest

from tests.e2e.processes import ROOT

resource = pytest.importorskip("resource")

SCRIPT = """
import resource, sys
from live.open_files import allow_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (100, int(sys.argv[1])))
allow_open_files(int(sys.argv[2]))
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("hard", "wanted", "allowed"), [(1000, 600, 600), (1000, 50, 100), (500, 600, 500)])
def test_the_limit_is_raised_as_far_as_it_may_be(hard: int, wanted: int, allowed: int) -> None:
    """It is never lowered, and less than wanted is logged."""
    command = [sys.executable, "-c", SCRIPT, str(hard), str(wanted)]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == str(allowed)
    assert ("few_open_files" in output) is (allowed < wanted)
