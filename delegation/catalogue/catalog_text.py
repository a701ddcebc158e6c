"""A catalogue is written as the text of a catalogue file, which `catalog_file` reads back to the same catalogue."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from delegation.authorization.models.duties import Enforcement
from delegation.catalogue.catalog_file import CEILING
from delegation.catalogue.defaults import (
    Catalogue,
    CeilingTemplateSpec,
    ConflictSpec,
    EntitlementSpec,
    RoleSpec,
)
from delegation.catalogue.stored_catalogue import StoredCatalogue


def text_of(stored: StoredCatalogue) -> str:
    """Return the catalogue in force as a file to change."""
    return "\n".join(_lines(stored.catalogue, list(stored.applications)))


def _lines(catalogue: Catalogue, applications: Sequence[str]) -> Iterator[str]:
    empty = {"entitlements": catalogue.entitlements, "roles": catalogue.roles}
    if lines := [f"{name} = []" for name, rows in empty.items() if not rows]:
        yield from (*lines, "")
    yield from ("[units]", *(f"{key} = {_quoted(name)}" for key, name in catalogue.units.items()), "")
    if catalogue.brands:
        yield from ("[brands]", *(f"{key} = {_quoted(brand)}" for key, brand in catalogue.brands.items()), "")
    yield "[applications]"
    for key in applications:
        icon = catalogue.icons.get(key)
        yield f"{key} = {_table({'icon': _quoted(icon)} if icon else {})}"
    for spec in catalogue.entitlements:
        yield from ("", "[[entitlements]]", *_entitlement(spec))
    for role in catalogue.roles:
        yield from ("", "[[roles]]", *_role(role))
    for template in catalogue.ceiling_templates:
        yield from ("", "[[ceiling_templates]]", *_template(template))
    for conflict in catalogue.conflicts:
        yield from ("", "[[conflicts]]", *_conflict(conflict))
    yield ""


def _entitlement(spec: EntitlementSpec) -> Iterator[str]:
    yield f"key = {_quoted(spec.key)}"
    yield f"text = {_texts(spec.text)}"
    if spec.takes_amount:
        yield "takes_amount = true"
    if not spec.takes_sites:
        yield "takes_sites = false"


def _role(role: RoleSpec) -> Iterator[str]:
    yield f"key = {_quoted(role.key)}"
    yield f"name = {_texts(role.name)}"
    yield f"description = {_texts(role.description)}"
    yield from _list("entitlements", role.entitlements)
    yield from _list("verbs", [verb.value for verb in role.verbs])
    yield from _list("assignable", role.assignable_roles)
    if role.assignable_amounts:
        amounts = {
            _quoted(key): _quoted(CEILING) if amount is None else f"{amount:f}"
            for key, amount in role.assignable_amounts.items()
        }
        yield f"assignable_up_to = {_table(amounts)}"
    if role.max_assignment_days is not None:
        yield f"assignable_days = {role.max_assignment_days}"
    if role.mfa:
        yield "second_factor = true"
    if role.is_admin:
        yield "working_admin = true"


def _template(template: CeilingTemplateSpec) -> Iterator[str]:
    yield f"key = {_quoted(template.key)}"
    yield f"name = {_texts(template.name)}"
    yield from _list("units", template.units)
    yield from ("", "[ceiling_templates.offer]")
    yield from (
        f"{_quoted(key)} = {'true' if amount is None else f'{amount:f}'}"
        for key, amount in template.offer.items()
    )


def _conflict(conflict: ConflictSpec) -> Iterator[str]:
    yield f"entitlements = [{', '.join(_quoted(key) for key in conflict.entitlements)}]"
    yield f"text = {_texts(conflict.text)}"
    if conflict.enforcement != Enforcement.REFUSE:
        yield f"enforcement = {_quoted(conflict.enforcement)}"


def _list(name: str, keys: Iterable[str]) -> Iterator[str]:
    """Write one key a line, so that a change is one line."""
    if lines := [f"    {_quoted(key)}," for key in keys]:
        yield from (f"{name} = [", *lines, "]")


def _texts(texts: Mapping[str, str]) -> str:
    return _table({language: _quoted(text) for language, text in texts.items()})


def _table(values: Mapping[str, str]) -> str:
    return f"{{ {', '.join(f'{key} = {value}' for key, value in values.items())} }}" if values else "{}"


def _quoted(text: str) -> str:
    """Quote as a TOML basic string, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
