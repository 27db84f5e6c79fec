"""The commands of notices."""

from pathlib import Path

from click.testing import CliRunner

from notices.cli import main


def test_serve_does_not_migrate(tmp_path: Path) -> None:
    """Without tables it says what to do; `start` would make them."""
    result = CliRunner().invoke(main, ["serve"], env={"NOTICES_DATA_DIR": str(tmp_path / "notices")})
    assert result.exit_code == 1
    assert "run `python -m notices migrate` first" in " ".join(result.output.split())
