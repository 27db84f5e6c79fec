"""A client in Go, with generated code."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Shop
from tests.contract.languages.conftest import FOLDER, PROTO, run

# Without a cache of the compiler, gRPC alone takes half a minute of a processor.
pytestmark = [pytest.mark.slow, pytest.mark.go]


def test_generated_code_compiles_and_calls(shop: Shop, tmp_path: Path) -> None:
    """`go_package` is a package that another one imports; the client gets three books of the category."""
    for file in (FOLDER / "go").iterdir():
        shutil.copy(file, tmp_path)
    offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOBIN": str(tmp_path / "bin")}
    run("go", "install", "tool", folder=tmp_path, **offline)
    names = {"go": "protoc-gen-go", "go-grpc": "protoc-gen-go-grpc"}
    plugins = [f"--plugin={name}={tmp_path / 'bin' / name}" for name in names.values()]
    outputs = [part for name in names for part in (f"--{name}_out=.", f"--{name}_opt=module=book-marketplace")]
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO.parent}"]
    run(*protoc, *plugins, *outputs, PROTO.name, folder=tmp_path)
    run("go", "build", "-o", "client", ".", folder=tmp_path, **offline)
    titles = run(tmp_path / "client", f"127.0.0.1:{shop.server.port}", folder=tmp_path).splitlines()
    assert len(titles) == 3
    assert all(title.startswith("SCIENCE_FICTION ") for title in titles)
