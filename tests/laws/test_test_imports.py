"""Tests share helpers by tests/fixtures, or by a module of their own folder that holds no test."""

import ast

import pytest

from tests.laws import code

TEST_MODULES = ("test_", "conftest")
SHARED = ("tests.fixtures", "tests.settings", "tests.lanes")


def foreign_imports(module: code.Module) -> list[str]:
    """Name imports of another test module, and of a helper in another folder of tests."""
    folder = module.name.rpartition("/")[0].replace("/", ".")
    return [
        f"{module.name}:{node.lineno} {name}"
        for node in code.nodes(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _imported(node)
        if _is_test(name) or not _is_near(name, folder)
    ]


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.startswith("tests.")]


def _is_test(name: str) -> bool:
    return any(part.startswith(TEST_MODULES) for part in name.split("."))


def _is_near(name: str, folder: str) -> bool:
    return name.startswith((*SHARED, f"{folder}."))


def test_test_module_imports_no_other_test_module() -> None:
    assert code.violations(foreign_imports, code.modules("tests")) == []


@pytest.mark.parametrize(
    "bad",
    [
        "from tests.portal.web.test_outline import PAGES",
        "from tests.provisioning.conftest import register",
        "from tests.portal.web import test_outline",
        "import tests.portal.web.test_outline",
        "from tests.demo import cast",
        "def late():\n    from tests.demo.cast import orderer",
    ],
)
def test_import_from_another_test_folder_is_found(bad: str) -> None:
    assert foreign_imports(code.Module("tests/portal/web/test_bad.py", bad))


def test_import_of_fixtures_or_of_the_own_folder_is_not_reported() -> None:
    good = "from tests.fixtures import world\nfrom tests.demo import cast\nfrom tests import settings"
    assert foreign_imports(code.Module("tests/demo/test_good.py", good)) == []
