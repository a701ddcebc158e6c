"""The import contracts of pyproject.toml, each tried on a small tree of the same names with one breach in it."""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

from tests.laws import code

SETTINGS = (code.ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads(SETTINGS)["tool"]["importlinter"]["contracts"]
BREACHES = [
    ("layers", "audit.log", "import identity.models"),
    ("layers", "delegation.authorization.policy", "def late():\n    from provisioning import models"),
    ("circles", "identity.people.models", "import identity.sessions"),
    ("capabilities", "delegation.authorization.policy", "import delegation.people"),
    ("capabilities", "delegation.access.commands", "import delegation.invitations"),
    ("capabilities", "delegation.unlisted", ""),
    ("inside", "delegation.access.rules", "import delegation.access.queries"),
    ("inside", "delegation.access.queries", "import delegation.access.commands"),
    ("engine", "provisioning.delivery", "import provisioning.accounts"),
    ("engine", "provisioning.mail", "import provisioning.logout"),
    ("engine", "provisioning.unlisted", ""),
    ("connectors", "provisioning.accounts", "from provisioning.connectors.scim import schema"),
    ("connectors", "provisioning.delivery", "import provisioning.connectors.scim.schema"),
    ("connectors", "provisioning.targets", "def late():\n    import provisioning.connectors.scim.schema"),
    ("registry", "provisioning.connectors.connector", "import provisioning.connectors.registry"),
    ("registry", "provisioning.connectors.unlisted", ""),
    ("lifecycle", "provisioning.models", "import identity.lifecycle"),
    ("lifecycle", "delegation.access.queries", "from identity import lifecycle"),
    ("stores", "provisioning.models", "from delegation.access import store"),
    ("stores", "delegation.access.queries", "import delegation.access.store"),
    ("checkpoints", "portal.web.people", "from audit.checkpoints import folder"),
    ("checkpoints", "identity.people.models", "import audit.checkpoints.signer"),
    ("effects", "portal.web.people", "from delegation.access import effects"),
    ("channels", "portal.web.people", "from identity.people import models"),
    ("channels", "portal.oidc", "import delegation.acts"),
    ("channels", "portal.shell.page_context", "from identity.people import models"),
    ("channels", "portal.http", "def late():\n    import identity.people.models"),
    ("channels", "portal.wording", "import delegation.access.store"),
    ("channels", "portal.middleware", "from identity import lifecycle"),
    ("pages", "portal.web.people", "import portal.web.invitations"),
    ("pages", "portal.web.unlisted", ""),
    ("desk", "portal.desk.desk_page", "import portal.desk.organizations"),
    ("desk", "portal.desk.unlisted", ""),
    ("wire", "delegation.access.commands", "import requests"),
    ("guardian", "delegation.access.commands", "import guardian.shortcuts"),
    ("samples", "demo.ordering", "import portal"),
    ("postgres", "portal.embedded_postgres", "import django.conf"),
]
KINDS = ("commands", "effects", "models", "queries", "rules", "scope", "store", "subjects")
EXAMPLES = {
    "delegation.authorization.policy",
    "identity.people.models",
    "identity.sessions",
    "provisioning.connectors.scim.schema",
    *(f"delegation.access.{kind}" for kind in KINDS),
}
"""What stands in the small tree besides the modules that a contract names."""


def small_tree() -> set[str]:
    """Every module of the small tree: those that a contract names, and the examples."""
    names = set(EXAMPLES)
    for contract in CONTRACTS:
        for key in ("source_modules", "forbidden_modules", "protected_modules", "allowed_importers"):
            names |= set(contract.get(key, []))
        for layer in contract.get("layers", []):
            inside = [f"{container}." for container in contract.get("containers", [])] or [""]
            names |= {inner + name for inner in inside for name in re.split(r"\s*[:|]\s*", layer)}
    ours = {name for name in names if name.split(".")[0] in (*code.LAYERS, "demo")}
    return {name for name in ours if "*" not in name and "(" not in name}


# In one process, which costs more than a judgement: the tree is judged with each breach alone, and at last without one.
JUDGE = """
import contextlib, io, json, pathlib, sys
from importlinter import cli
from importlinter.application import output

def judge(*contracts):
    with io.StringIO() as text:
        output.console.file = text
        status = cli.lint_imports(limit_to_contracts=contracts, no_cache=True, no_logo=True)
        return status, text.getvalue()

answers = []
for contract, module, breach in json.load(sys.stdin):
    folder = pathlib.Path(module.replace(".", "/"))
    place, is_new = folder / "__init__.py", not folder.exists()
    folder.mkdir(exist_ok=True)
    before = "" if is_new else place.read_text()
    place.write_text(breach)
    answers.append(judge(contract))
    place.write_text(before)
    if is_new:
        place.unlink()
        folder.rmdir()
print(json.dumps([*answers, judge()]))
"""


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    for module in small_tree():
        folder = tmp_path / module.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        while folder != tmp_path:
            (folder / "__init__.py").touch()
            folder = folder.parent
    (tmp_path / "identity/sessions/__init__.py").write_text("import identity.people.models\n")
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def judge(tree: pathlib.Path) -> list[tuple[int, str]]:
    """The status and the words of the program for each breach, and at last for the tree without one."""
    command = [sys.executable, "-c", JUDGE]
    done = subprocess.run(
        command, cwd=tree, input=json.dumps(BREACHES), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(status, words) for status, words in json.loads(done.stdout)]


def test_each_contract_is_broken_by_its_breach_alone(tree: pathlib.Path, subtests: pytest.Subtests) -> None:
    *answers, kept = judge(tree)
    for (contract, module, breach), (status, output) in zip(BREACHES, answers, strict=True):
        with subtests.test(contract=contract, module=module, breach=breach):
            assert (status, "1 broken" in output) == (1, True), output
    assert (kept[0], "0 broken" in kept[1]) == (0, True), kept[1]


def test_program_ends_with_the_status_of_its_contracts(tree: pathlib.Path) -> None:
    """What `make contracts` starts: the command itself."""
    program = str(pathlib.Path(sys.executable).with_name("lint-imports"))
    (tree / "audit/log/__init__.py").write_text("import identity.models")
    done = subprocess.run([program, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 broken" in done.stdout) == (1, True), done.stdout + done.stderr


def test_channels_contract_covers_every_part_of_the_portal_but_sign_in() -> None:
    folder = code.ROOT / "portal"
    parts = {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or path.joinpath("__init__.py").exists()
    }
    covered = next(contract["source_modules"] for contract in CONTRACTS if contract["id"] == "channels")
    assert {f"portal.{part}" for part in parts - {"__init__", "migrations", "signin"}} == set(covered)


def test_guardian_contract_covers_every_part_of_delegation_but_the_kernel() -> None:
    folder = code.ROOT / "delegation"
    parts = {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or path.joinpath("__init__.py").exists()
    }
    covered = next(contract["source_modules"] for contract in CONTRACTS if contract["id"] == "guardian")
    expected = parts - {"__init__", "apps", "authorization", "migrations", "models"}
    listed = {name for name in covered if name.startswith("delegation.")}
    assert listed == {f"delegation.{part}" for part in expected}, (
        "source_modules of guardian in pyproject.toml"
    )


def test_every_contract_has_a_breach_test() -> None:
    assert {contract["id"] for contract in CONTRACTS} == {contract for contract, *_ in BREACHES}
