"""A catalogue is read from a TOML file; all its problems are listed with their places."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from delegation.authorization import access_validation, input_cleaning
from delegation.authorization.verbs import Verb
from delegation.catalogue import conflict_tables, file_checks
from delegation.catalogue.defaults import Catalogue, CeilingTemplateSpec, EntitlementSpec, RoleSpec
from delegation.catalogue.file_checks import Check

CEILING = "ceiling"
"""Written in place of an amount: up to the organization's ceiling."""
READY_MADE = Path(__file__).with_name("b2b_supplier.toml")
"""The catalogue of a B2B supplier to start from."""


class InvalidCatalogue(Exception):
    """The message has one line for each problem of the file: file, place, problem, allowed values."""


def load(*, path: Path) -> Catalogue:
    """Read the catalogue of this file. Raises InvalidCatalogue with all problems of the file."""
    return parse(text=read_text(path=path), name=str(path))


def read_text(*, path: Path) -> str:
    """Return the file as text. Raises InvalidCatalogue where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidCatalogue(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InvalidCatalogue(f"{path}: is not valid TOML: {error}.") from error


def parse(*, text: str, name: str = "") -> Catalogue:
    """Read the catalogue of this text. Raises InvalidCatalogue with all problems, each after the file's `name`."""
    begin = f"{name}: " if name else ""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidCatalogue(f"{begin}is not valid TOML: {error}.") from error
    problems = _Problems(data).problems
    if problems:
        raise InvalidCatalogue("\n".join(f"{begin}{problem}" for problem in problems))
    return _catalogue(data)


def _catalogue(data: Mapping[str, Any]) -> Catalogue:
    applications = data["applications"]
    return Catalogue(
        units=data["units"],
        brands=data.get("brands", {}),
        entitlements=[EntitlementSpec(**entitlement) for entitlement in data["entitlements"]],
        roles=[_role_spec(role) for role in data["roles"]],
        icons={
            key: application["icon"] for key, application in applications.items() if "icon" in application
        },
        ceiling_templates=[_template_spec(template) for template in data.get("ceiling_templates", ())],
        conflicts=[conflict_tables.spec(conflict) for conflict in data.get("conflicts", ())],
    )


def _role_spec(role: Mapping[str, Any]) -> RoleSpec:
    amounts = role.get("assignable_up_to", {})
    return RoleSpec(
        key=role["key"],
        name=role["name"],
        description=role["description"],
        entitlements=role.get("entitlements", ()),
        verbs=[Verb(verb) for verb in role.get("verbs", ())],
        assignable_roles=role.get("assignable", ()),
        assignable_amounts={
            key: None if value == CEILING else Decimal(value) for key, value in amounts.items()
        },
        max_assignment_days=role.get("assignable_days"),
        mfa=role.get("second_factor", False),
        is_admin=role.get("working_admin", False),
    )


def _template_spec(template: Mapping[str, Any]) -> CeilingTemplateSpec:
    offer = {key: None if value is True else Decimal(value) for key, value in template["offer"].items()}
    return CeilingTemplateSpec(
        key=template["key"], name=template["name"], offer=offer, units=template.get("units", ())
    )


class _Problems:
    """Collects all problems of a parsed file. References must lead to declarations in the same file."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self.applications = file_checks.keys(data.get("applications"))
        self.entitlements = {
            str(table.get("key")): table for table in file_checks.tables(data.get("entitlements"))
        }
        self.roles = [str(table.get("key")) for table in file_checks.tables(data.get("roles"))]
        sections = {
            "units": (file_checks.is_table, True),
            "brands": (file_checks.is_table, False),
            "applications": (file_checks.is_table, True),
            "entitlements": (file_checks.is_list_of_tables, True),
            "roles": (file_checks.is_list_of_tables, True),
            "ceiling_templates": (file_checks.is_list_of_tables, False),
            "conflicts": (file_checks.is_list_of_tables, False),
        }
        self._units = file_checks.keys(data.get("units"))
        self._table("", data, sections)
        if not self.problems:
            self._contents(data)

    def _contents(self, data: Mapping[str, Any]) -> None:
        for key, name in data["units"].items():
            self._value(f"units.{key}", key, file_checks.is_key)
            self._value(f"units.{key}", name, file_checks.is_line)
        for key, brand in data.get("brands", {}).items():
            self._value(
                f"brands.{key}", key, file_checks.one_of(list(data["units"]), "the units of this file")
            )
            self._value(f"brands.{key}", brand, file_checks.is_key)
        for key, application in data["applications"].items():
            self._value(f"applications.{key}", key, file_checks.is_key)
            self._table(f"applications.{key}", application, {"icon": (file_checks.is_icon, False)})
        self._list("entitlements", data["entitlements"], self._entitlement_schema())
        self._list("roles", data["roles"], self._role_schema())
        self._list("ceiling_templates", data.get("ceiling_templates", []), self._template_schema())
        self._list("conflicts", data.get("conflicts", []), conflict_tables.schema(self.entitlements))
        self.problems.extend(conflict_tables.repeated(data.get("conflicts", [])))

    def _entitlement_schema(self) -> dict[str, tuple[Check, bool]]:
        return {
            "key": (self._is_entitlement_key, True),
            "text": (file_checks.is_translated, True),
            "takes_amount": (file_checks.is_switch, False),
            "takes_sites": (file_checks.is_switch, False),
        }

    def _role_schema(self) -> dict[str, tuple[Check, bool]]:
        return {
            "key": (file_checks.is_key, True),
            "name": (file_checks.is_translated, True),
            "description": (file_checks.is_translated, True),
            "entitlements": (
                file_checks.each(file_checks.one_of(self.entitlements, "the entitlements of this file")),
                False,
            ),
            "verbs": (
                file_checks.each(file_checks.one_of([verb.value for verb in Verb], "the portal's verbs")),
                False,
            ),
            "assignable": (file_checks.each(file_checks.one_of(self.roles, "the roles of this file")), False),
            "assignable_up_to": (self._is_amounts, False),
            "assignable_days": (file_checks.is_days, False),
            "second_factor": (file_checks.is_switch, False),
            "working_admin": (file_checks.is_switch, False),
        }

    def _template_schema(self) -> dict[str, tuple[Check, bool]]:
        return {
            "key": (file_checks.is_key, True),
            "name": (file_checks.is_translated, True),
            "units": (file_checks.each(file_checks.one_of(self._units, "the units of this file")), False),
            "offer": (self._is_offer, True),
        }

    def _list(self, name: str, rows: list[Any], schema: Mapping[str, tuple[Check, bool]]) -> None:
        keys: set[object] = set()
        for number, row in enumerate(rows, 1):
            key = row.get("key")
            place = f"{name}[{number}]" + (f" “{key}”" if isinstance(key, str) else "")
            self._table(place, row, schema)
            if isinstance(key, str) and key in keys:
                self.problems.append(f"{place}: the key occurs twice; each key must occur once.")
            keys.add(key if isinstance(key, str) else number)

    def _table(self, place: str, row: Any, schema: Mapping[str, tuple[Check, bool]]) -> None:
        if not isinstance(row, dict):
            self.problems.append(f"{place}: must be a table.")
            return
        begin = f"{place}: " if place else ""
        for name in [name for name in row if name not in schema]:
            allowed = f"allowed are {', '.join(schema)}{file_checks.nearest(name, schema)}"
            self.problems.append(f"{begin}{name} is not known; {allowed}.")
        for name, (check, required) in schema.items():
            if name in row:
                self._value(f"{begin}{name}", row[name], check)
            elif required:
                self.problems.append(f"{begin}{name} is missing.")

    def _value(self, place: str, value: Any, check: Check) -> None:
        if allowed := check(value):
            self.problems.append(f"{place} must be {allowed}.")

    def _is_entitlement_key(self, value: Any) -> str:
        application, colon, action = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not colon or not all(input_cleaning.KEY.fullmatch(part) for part in action.split(".")):
            return "application:thing.action, such as shop:orders.place"
        return file_checks.one_of(self.applications, "the applications of this file, before the colon")(
            application
        )

    def _is_amounts(self, value: Any) -> str:
        if not isinstance(value, dict):
            return "a table of entitlements and amounts"
        taking = [
            key for key, entitlement in self.entitlements.items() if entitlement.get("takes_amount") is True
        ]
        for key, amount in value.items():
            if wrong := file_checks.one_of(taking, "the entitlements of this file that take an amount")(key):
                return f"about {wrong}"
            if amount != CEILING and not access_validation.is_positive_amount(amount):
                return f"“{CEILING}” or an amount with at most two decimals, above 0, for {key}"
        return ""

    def _is_offer(self, value: Any) -> str:
        if not isinstance(value, dict):
            return "a table of entitlements"
        for key, amount in value.items():
            if wrong := file_checks.one_of(self.entitlements, "the entitlements of this file")(key):
                return f"about {wrong}"
            takes = self.entitlements[key].get("takes_amount") is True
            if amount is not True and not (takes and access_validation.is_positive_amount(amount)):
                allowed = "true, or an amount with at most two decimals, above 0," if takes else "true"
                return f"{allowed} for {key}"
        return ""
