"""Secrets in files."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from servicekit.secret_file import kept_secret


def test_a_secret_is_created_once(tmp_path: Path) -> None:
    """The file is for the service alone, and later calls read it."""
    path = tmp_path / "new" / "secret"
    assert kept_secret(path, lambda: "first") == "first"
    assert kept_secret(path, lambda: "second") == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Many that create it at the same time all get the same one."""
    numbers = count()
    path = tmp_path / "secret"
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: kept_secret(path, lambda: str(next(numbers))), range(64)))
    assert len(secrets) == 1
