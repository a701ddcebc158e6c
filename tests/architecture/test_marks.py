"""The mark that opens guarded tables is set by acts and notes alone, and checked by the database alone."""

import ast

import pytest

from tests.architecture import code

MAY_SET = {"audit/mark.py", "audit/noting.py", "delegation/act/acting.py"}
MAY_NAME = {"audit/mark.py", "audit/migrations/0001_log.py"}
"""`tests/world.py` may set it by hand; tests are not looked at."""


def setters(module: code.Module) -> list[str]:
    """Name every import of the module that sets the mark."""
    return [
        f"{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any(
            "mark" in (f"{getattr(node, 'module', '') or ''}.{alias.name}").split(".") for alias in node.names
        )
        and any(part in ast.unparse(node) for part in ("audit", "from audit"))
    ]


def named(module: code.Module) -> list[str]:
    """Name every string that holds the setting's own name, or turns triggers off."""
    telling = ("keyholder.act", "keyholder.note", "session_replication_role", "DISABLE TRIGGER")
    return [
        f"{module.name}:{text.lineno}"
        for text in code.strings(module.tree)
        if any(word in str(text.value) for word in telling)
    ]


@pytest.mark.parametrize("module", code.modules(*code.LAYERS), ids=lambda module: module.name)
def test_nobody_else_sets_the_mark(module: code.Module) -> None:
    if module.name not in MAY_SET:
        assert setters(module) == []
    if module.name not in MAY_NAME and not module.name.startswith("portal/postgres/"):
        assert named(module) == []


@pytest.mark.parametrize(
    "bad", ["from audit import mark", "from audit.mark import held", "import audit.mark"]
)
def test_the_check_sees_a_setter(bad: str) -> None:
    assert setters(code.Module("provisioning/bad.py", bad))
    assert (
        setters(code.Module("provisioning/fine.py", "from audit import noting\nfrom portal import marks"))
        == []
    )


@pytest.mark.parametrize(
    "bad",
    [
        "execute(\"SELECT set_config('keyholder.act', 'x', true)\")",
        "execute('SET session_replication_role = replica')",
        "execute('ALTER TABLE identity_user DISABLE TRIGGER ALL')",
    ],
)
def test_the_check_sees_a_name(bad: str) -> None:
    assert named(code.Module("portal/bad.py", bad))
