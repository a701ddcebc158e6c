"""Two things never share a name: neither classes, nor modules outside the kinds of file that every capability has."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

from tests.laws import code

CLASSES = {
    "Command": "Django's name of a management command",
    "Meta": "Django's name of the options of a model or a form",
    "Migration": "Django's name of a migration",
    "Kind": "the values of the column `kind`, read as `Chain.Kind` and `Membership.Kind`",
    "Outcome": "`Event.Outcome` has the values of a column; a command returns the other one",
    "State": "the values of the column `state`, read as `MembershipPeriod.State` and `Account.State`",
}
"""Class names that occur in several modules: why."""
KINDS = {
    "__init__ __main__ apps checks middleware models": "Python's and Django's names",
    "commands effects impact queries rules scope state store subjects": "files of a capability",
    "context filters forms mail urls views wording": "files of a capability's pages",
    "errors events": "the errors of a package; the events of a capability: written, read, verified or worded",
    "connector delivery task": "files of a kind of target, or of delivery",
    "report": "what a verification found, or a comparison",
}
MODULES = {
    "accept": "the command, and the page that calls it",
    "access": "of a person: in words, and by the REST API",
    "break_glass": "the sign-in for emergencies: its rows, and its steps",
    "ceilings": "the rows, and the act that writes them",
    "details": "a person's own details: the commands, and the page",
    "instants": "how an event is dated, and how that is verified",
    "invitations": "of people: at the sign-in, and by the REST API",
    "refusals": "a refused act: recorded, and in words",
    "retention": "what each layer deletes, and when",
    "send": "the command, and the page that calls it",
    "session_endings": "why a session ended: read, and in words",
    "sessions": "sessions of members, and of staff",
}
"""Modules of one name, which are about one thing."""


def shared_classes(modules: Iterable[code.Module]) -> Mapping[str, set[str]]:
    """Find the class names that several modules define, nested classes included."""
    found = defaultdict(set)
    for module in modules:
        for node in code.nodes(module.tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].add(module.name)
    return {name: places for name, places in found.items() if len(places) > 1}


def shared_stems(modules: Iterable[code.Module]) -> Mapping[str, set[str]]:
    """Find the names of several modules; migrations and management commands have names of their own kind."""
    found = defaultdict(set)
    for module in modules:
        folder, _, file = module.name.rpartition("/")
        if not folder.endswith(("/migrations", "/management/commands")):
            found[file.removesuffix(".py")].add(module.name)
    kinds = {stem for stems in KINDS for stem in stems.split()}
    return {name: places for name, places in found.items() if len(places) > 1 and name not in kinds}


def test_two_classes_share_no_name() -> None:
    found = shared_classes(code.modules(*code.LAYERS))
    assert {name: places for name, places in found.items() if name not in CLASSES} == {}


def test_two_modules_share_no_name() -> None:
    found = shared_stems(code.modules(*code.LAYERS))
    assert {name: places for name, places in found.items() if name not in MODULES} == {}


def test_exceptions_are_needed() -> None:
    modules = code.modules(*code.LAYERS)
    assert set(CLASSES) - set(shared_classes(modules)) == set()
    assert set(MODULES) - set(shared_stems(modules)) == set()


@pytest.mark.parametrize(
    "second", ["class Offer: ...", "class Terms:\n    class Offer: ...", "def make():\n    class Offer: ..."]
)
def test_class_of_the_same_name_is_found(second: str) -> None:
    one, two = code.Module("delegation/a.py", "class Offer: ..."), code.Module("portal/b.py", second)
    assert shared_classes([one, two]) == {"Offer": {"delegation/a.py", "portal/b.py"}}
    assert shared_classes([one, code.Module("portal/b.py", "class Opening: ...")]) == {}


def test_module_of_the_same_name_is_found() -> None:
    def named(*names: str) -> list[code.Module]:
        return [code.Module(name, "") for name in names]

    assert set(shared_stems(named("audit/log/limits.py", "portal/front/limits.py"))) == {"limits"}
    assert shared_stems(named("delegation/holds/queries.py", "identity/clients/queries.py")) == {}
    assert shared_stems(named("portal/front/limits.py", "portal/front/lanes.py")) == {}
