"""What memory is available, by the files of a system."""

from pathlib import Path

import pytest

from recommendations.evaluation.baselines.memory import available_bytes

MEMINFO = "MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:  4000 kB\n"


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    path = tmp_path / "meminfo"
    path.write_text(MEMINFO)
    return path


def test_what_the_system_has_available(meminfo: Path, tmp_path: Path) -> None:
    """Without a container's limit it is what the system says, caches included."""
    assert available_bytes(meminfo, (tmp_path / "nowhere",)) == 4000 * 1024


@pytest.mark.parametrize(
    ("limit", "expected"), [("1048576", 1048576), ("max", 4096000), ("9223372036854771712", 4096000)]
)
def test_a_containers_limit(meminfo: Path, tmp_path: Path, limit: str, expected: int) -> None:
    """A lower limit counts; "max" is none."""
    file = tmp_path / "memory.max"
    file.write_text(f"{limit}\n")
    assert available_bytes(meminfo, (file,)) == expected


def test_a_system_that_does_not_say(tmp_path: Path) -> None:
    """All memory counts."""
    assert available_bytes(tmp_path / "nowhere", ()) > 2**27


def test_this_system() -> None:
    """It has more than this test needs."""
    assert available_bytes() > 2**24
