"""No statement of the product turns triggers off or decides when they run."""

import pytest

from tests.laws import code

SETTINGS = ("session_replication_role", "DISABLE TRIGGER", "SET CONSTRAINTS")


EXCEPTIONS = {
    "portal/embedded_postgres/database_roles.py": "lets the owner turn triggers off",
    "portal/operations/restore.py": "copies a backup into an empty database, as the owner",
}


def switches(module: code.Module) -> list[str]:
    """Name every string that holds a switch of triggers."""
    return [
        f"{module.name}:{text.lineno}"
        for text in code.strings(module.tree)
        if any(word.lower() in str(text.value).lower() for word in SETTINGS)
    ]


def test_no_statement_turns_triggers_off() -> None:
    modules = code.modules(*code.LAYERS)
    others = [module for module in modules if module.name not in EXCEPTIONS]
    assert code.violations(switches, others) == []
    files = [*code.ROOT.glob("*/migrations/*.sql")]
    assert len(files) >= 8
    assert [str(path) for path in files if any(word in path.read_text("utf-8") for word in SETTINGS)] == []


@pytest.mark.parametrize(
    "bad",
    [
        "execute('SET session_replication_role = replica')",
        "execute('ALTER TABLE identity_user DISABLE TRIGGER ALL')",
        "execute('set constraints all immediate')",
    ],
)
def test_switch_is_seen(bad: str) -> None:
    assert switches(code.Module("portal/bad.py", bad))
