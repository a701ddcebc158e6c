"""SQL text names tables of its own app only, and of the apps below what they publish."""

import ast
import re

from tests.laws import code

_NAME = re.compile(rf"\b({'|'.join(code.LAYERS)})_[a-z0-9_]+\b")
_STATEMENT = re.compile(r"\b(SELECT|UPDATE|INSERT INTO|DELETE FROM|FROM|JOIN)\b")
_CREATED = re.compile(r"^CREATE (?:VIEW|FUNCTION) (\w+)", re.MULTILINE)


def published() -> frozenset[str]:
    """The views and functions that an app's `published.sql` creates."""
    paths = [path for app in code.LAYERS for path in (code.ROOT / app / "migrations").glob("*published.sql")]
    return frozenset(name for path in paths for name in _CREATED.findall(path.read_text(encoding="utf-8")))


def _texts(tree: ast.AST) -> list[tuple[int, str]]:
    """Every string that is no docstring, f-strings as one text, with its line."""
    joined = [node for node in code.nodes(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    whole = [
        (
            node.lineno,
            "".join(str(part.value) if isinstance(part, ast.Constant) else " ? " for part in node.values),
        )
        for node in joined
    ]
    return whole + [(one.lineno, str(one.value)) for one in code.strings(tree) if id(one) not in parts]


def foreign(module: code.Module, allowed: frozenset[str]) -> list[str]:
    """Name every table of another app that a statement of this module names and that is not published."""
    own = f"{code.LAYERS[module.layer]}_"
    return [
        f"{module.name}:{line} {match.group()}"
        for line, text in _texts(module.tree)
        if _STATEMENT.search(text)
        for match in _NAME.finditer(text)
        if not match.group().startswith(own)
        and not (match.group() in allowed and code.LAYERS.index(match.group(1)) < module.layer)
    ]


def test_sql_names_own_tables_or_published_views_of_lower_apps() -> None:
    allowed = published()
    assert {"identity_membership_at", "audit_published_event", "delegation_assignment_at"} <= allowed
    modules = [one for one in code.modules(*code.LAYERS) if not one.is_migration]
    assert [name for module in modules for name in foreign(module, allowed)] == []


def test_sql_with_a_table_of_another_app_is_found() -> None:
    allowed = frozenset({"identity_membership_at", "provisioning_published_thing"})

    def names(text: str) -> list[str]:
        return [one.split()[-1] for one in foreign(code.Module("delegation/bad.py", text), allowed)]

    assert names("A = 'SELECT 1 FROM identity_membership m JOIN delegation_role r ON true'") == [
        "identity_membership"
    ]
    assert names("A = f'SELECT {x} FROM identity_user'") == ["identity_user"]
    assert names("A = 'SELECT 1 FROM provisioning_published_thing'") == ["provisioning_published_thing"]
    assert names("A = 'SELECT 1 FROM identity_membership_at(now()), delegation_role'") == []
