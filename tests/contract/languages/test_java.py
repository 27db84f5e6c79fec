"""Generated Java code."""

import os
from pathlib import Path

import grpc_tools  # type: ignore[import-untyped]
import pytest

from tests.contract.languages.conftest import FOLDER, PROTO, run

pytestmark = [pytest.mark.slow, pytest.mark.java]

PACKAGE = "bookmarketplace.recommendations"


def test_generated_code_can_be_imported(tmp_path: Path) -> None:
    """The classes are in the package, a file each; a class of another package compiles with them and runs."""
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    run("protoc", f"-I{PROTO.parent}", f"-I{well_known}", "--java_out=.", PROTO.name, folder=tmp_path)
    generated = sorted((tmp_path / "bookmarketplace" / "recommendations").glob("*.java"))
    assert {"Book.java", "RecommendationRequest.java"} <= {file.name for file in generated}
    assert all(f"package {PACKAGE};" in file.read_text(encoding="utf-8") for file in generated)
    jar, client = os.environ["PROTOBUF_JAVA"], FOLDER / "java" / "Client.java"
    run("javac", "-nowarn", "-cp", jar, "-d", "classes", *generated, client, folder=tmp_path)
    assert run("java", "-cp", f"classes{os.pathsep}{jar}", "Client", folder=tmp_path) == "Dune\n"
