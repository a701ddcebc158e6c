"""A channel parses, calls one command and shows: it writes nothing itself."""

import ast

import pytest

from tests.laws import code

CHANNELS = ("portal/web", "portal/api", "portal/oidc", "portal/shell", "portal/wording", "portal/http")
ALWAYS = {
    "abulk_create",
    "acreate",
    "adelete",
    "aget_or_create",
    "asave",
    "atomic",
    "aupdate_or_create",
    "bulk_create",
    "bulk_update",
    "copy_expert",
    "cursor",
    "execute",
    "executemany",
    "get_or_create",
    "objects",
    "save",
    "save_m2m",
    "select_for_update",
    "update_or_create",
}
UNLESS_PLAIN = {"add", "aupdate", "clear", "create", "delete", "remove", "set", "update"}
PLAIN_KEEPERS = {"session", "headers", "cache", "META"}
PLAIN_MAKERS = {"dict", "set", "list", "copy", "defaultdict", "Counter", "OrderedDict"}


def writes(module: code.Module) -> list[str]:
    """Name every place that may write, as no call on a module, a session or a plain collection does."""
    plain = _modules(module.tree) | _collections(module.tree)
    return [
        f"{module.name}:{node.lineno} .{node.attr}"
        for node in code.nodes(module.tree)
        if isinstance(node, ast.Attribute)
        and (node.attr in ALWAYS or (node.attr in UNLESS_PLAIN and not _is_plain(node.value, plain)))
    ]


def _is_plain(receiver: ast.expr, plain: set[str]) -> bool:
    if isinstance(receiver, ast.Name):
        return receiver.id in plain
    return isinstance(receiver, ast.Attribute) and receiver.attr in PLAIN_KEEPERS


def _modules(tree: ast.Module) -> set[str]:
    """Name what is imported in lower case: modules, and functions, neither of which is a row."""
    imported = [
        alias for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import) for alias in node.names
    ]
    names = {(alias.asname or alias.name).split(".")[0] for alias in imported}
    return {name for name in names if name == name.lower()}


def _collections(tree: ast.Module) -> set[str]:
    kinds = ast.Dict | ast.DictComp | ast.List | ast.ListComp | ast.Set | ast.SetComp
    names: set[str] = set()
    for node in code.nodes(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and (
            isinstance(node.value, kinds)
            or (isinstance(node.value, ast.Call) and code.called(node.value) in PLAIN_MAKERS)
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_channels_write_no_rows() -> None:
    assert code.violations(writes, code.modules(*CHANNELS)) == []


@pytest.mark.parametrize(
    "bad",
    [
        "person.save()",
        "Person.objects.create(name='Ada')",
        "person.grants.create(role=1)",
        "Person.objects.filter(pk=1)",
        "person.grants.update(role=1)",
        "people.filter(left=True).update(left=False)",
        "person.grants.add(grant)",
        "person.sites.set([])",
        "person.sites.clear()",
        "person.delete()",
        "form.save_m2m()",
        "connection.cursor()",
        "cursor.execute('DELETE FROM person')",
        "transaction.atomic()",
        "people.select_for_update()",
        "write = person.save",
    ],
)
def test_write_in_a_channel_is_found(bad: str) -> None:
    assert writes(code.Module("portal/web/bad.py", bad))


def test_call_that_writes_no_row_is_not_reported() -> None:
    fine = """
from delegation.commands import members
def view(request):
    seen = set()
    seen.add(1)
    context = {"a": 1}
    context.update(b=2)
    request.session.update(x=1)
    members.remove(actor=request.actor, memberships=[], reason="")
"""
    assert writes(code.Module("portal/web/fine.py", fine)) == []
