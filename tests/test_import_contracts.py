"""The import contracts in pyproject.toml cover every module."""

import pkgutil
import re
import tomllib

import pytest

from tests.e2e.processes import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


@pytest.mark.parametrize("package", ["recommendations", "marketplace", "payments", "notices", "previews", "live"])
def test_every_module_of_a_service_is_in_a_layer(package: str) -> None:
    """Every module and folder is in a layer, and every layer exists."""
    (contract,) = [contract for contract in CONTRACTS if contract.get("containers") == [package]]
    layers = {name for layer in contract["layers"] for name in re.findall(r"\w+", layer)}
    assert contract["exhaustive"]
    assert layers == {module.name for module in pkgutil.iter_modules([str(ROOT / package)])}


def test_contracts_have_no_exceptions() -> None:
    """No import is ignored, and contracts name folders of services, not modules inside them."""
    assert not [contract["name"] for contract in CONTRACTS if "ignore_imports" in contract]
    named = [name for contract in CONTRACTS for name in contract.get("source_modules", ())]
    assert [name for name in named if name.count(".") > 1] == []
