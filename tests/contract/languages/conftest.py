"""Programs that the tests of languages run."""

import os
import subprocess
from pathlib import Path

from tests.e2e.processes import ROOT

FOLDER = Path(__file__).parent
PROTO = ROOT / "protobufs" / "recommendations.proto"
SECONDS = 240


def run(*command: object, folder: Path, given: str = "", **environment: str) -> str:
    """Run a program in a folder, which must succeed; returns what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        input=given,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
