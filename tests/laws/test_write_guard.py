"""The mark that opens guarded tables is set by acts and notes alone, and checked by the database alone."""

import ast

import pytest

from tests.laws import code

MAY_SET = {"audit/foundation/write_guard.py", "audit/log/observations.py", "delegation/acts/acting.py"}
MAY_NAME = {"audit/foundation/write_guard.py"}
TELLING = ("keyholder.act", "keyholder.observation", "session_replication_role", "DISABLE TRIGGER")
GUARDS = "audit/migrations/0002_guards.sql"
"""`tests/fixtures/world.py` may set it by hand; tests are not looked at."""


def setters(module: code.Module) -> list[str]:
    """Name every import of the module that sets the mark."""
    return [
        f"{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any(
            "write_guard" in (f"{getattr(node, 'module', '') or ''}.{alias.name}").split(".")
            for alias in node.names
        )
        and any(part in ast.unparse(node) for part in ("audit", "from audit"))
    ]


def guard_names(module: code.Module) -> list[str]:
    """Name every string that holds the setting's own name, or turns triggers off."""
    return [
        f"{module.name}:{text.lineno}"
        for text in code.strings(module.tree)
        if any(word in str(text.value) for word in TELLING)
    ]


def test_write_guard_alone_sets_the_mark() -> None:
    modules = code.modules(*code.LAYERS)
    assert code.violations(setters, [module for module in modules if module.name not in MAY_SET]) == []
    others = [module for module in modules if module.name not in MAY_NAME]
    others = [module for module in others if not module.name.startswith("portal/embedded_postgres/")]
    assert code.violations(guard_names, others) == []
    files = {
        str(path.relative_to(code.ROOT)): path.read_text("utf-8")
        for path in code.ROOT.glob("*/migrations/*.sql")
    }
    assert [name for name, text in files.items() if any(word in text for word in TELLING)] == [GUARDS]


@pytest.mark.parametrize(
    "bad",
    [
        "from audit.foundation import write_guard",
        "from audit.foundation.write_guard import allow",
        "import audit.foundation.write_guard",
    ],
)
def test_code_that_sets_the_mark_is_found(bad: str) -> None:
    assert setters(code.Module("provisioning/bad.py", bad))
    assert (
        setters(
            code.Module(
                "provisioning/fine.py", "from audit.log import observations\nfrom portal import marks"
            )
        )
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
def test_name_of_the_mark_in_other_code_is_found(bad: str) -> None:
    assert guard_names(code.Module("portal/bad.py", bad))
