"""The import contracts of pyproject.toml, each tried on a small tree of the same names with one breach in it."""

import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

from tests.architecture import code

SETTINGS = (code.ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads(SETTINGS)["tool"]["importlinter"]["contracts"]
BREACHES = [
    ("layers", "audit.ledger", "import identity.models"),
    ("layers", "delegation.policy", "def late():\n    from provisioning import models"),
    ("circles", "identity.models", "import identity.signin"),
    ("lifecycle", "provisioning.models", "import identity.lifecycle"),
    ("lifecycle", "identity.signin", "from identity import lifecycle"),
    ("granting", "provisioning.models", "from delegation import granting"),
    ("effects", "portal.web", "import delegation.effects"),
    ("delegation", "delegation.effects", "import delegation.commands"),
    ("doors", "portal.web", "from identity import models"),
    ("doors", "portal.oidc", "import delegation.act"),
    ("wire", "delegation.commands", "import requests"),
    ("delegation", "delegation.policy", "import delegation.commands"),
    ("delegation", "delegation.verbs", "import delegation.models"),
    ("guardian", "delegation.commands", "import guardian.shortcuts"),
    ("samples", "demo.ordering", "import portal"),
    ("postgres", "portal.postgres", "import django.conf"),
]


def named() -> set[str]:
    """Give every module of ours that a contract names."""
    names = {"identity.signin"}
    for contract in CONTRACTS:
        for key in ("source_modules", "forbidden_modules", "protected_modules", "allowed_importers"):
            names |= set(contract.get(key, []))
        for layer in contract.get("layers", []):
            inside = [f"{container}." for container in contract.get("containers", [""])]
            names |= {inner + name for inner in inside for name in re.split(r"\s*[:|]\s*", layer)}
    return {name for name in names if name.split(".")[0] in (*code.LAYERS, "demo")}


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    for module in named():
        folder = tmp_path / module.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        for package in (folder, folder.parent):
            (package / "__init__.py").touch()
    (tmp_path / "identity/signin/__init__.py").write_text("import identity.models\n")
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def judge(tree: pathlib.Path, *options: str) -> tuple[int, str]:
    program = pathlib.Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", *options]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "module", "breach"), BREACHES)
def test_a_contract_catches_its_breach(tree: pathlib.Path, contract: str, module: str, breach: str) -> None:
    (tree / module.replace(".", "/") / "__init__.py").write_text(breach)
    status, said = judge(tree, "--contract", contract)
    assert (status, "1 broken" in said) == (1, True), said


def test_they_keep_quiet_without_one(tree: pathlib.Path) -> None:
    status, said = judge(tree)
    assert (status, "0 broken" in said) == (0, True), said


def test_every_contract_is_tried() -> None:
    assert {contract["id"] for contract in CONTRACTS} == {contract for contract, *_ in BREACHES}
