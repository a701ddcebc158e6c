"""A catalogue is read from a TOML file; all its problems are listed with their places."""

import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from delegation.authorization import access_validation, input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from delegation.catalogue.defaults import Catalogue, EntitlementSpec, RoleSpec

CEILING = "ceiling"
"""Written in place of an amount: up to the organization's ceiling."""
READY_MADE = Path(__file__).with_name("b2b_supplier.toml")
"""The catalogue of a B2B supplier to start from."""
_MAX_LINE = 500
_Check = Callable[[Any], str]
"""Returns a description of the allowed values, or an empty string for a valid one."""


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


class _Problems:
    """Collects all problems of a parsed file. References must lead to declarations in the same file."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self.applications = _keys(data.get("applications"))
        self.entitlements = {str(table.get("key")): table for table in _tables(data.get("entitlements"))}
        self.roles = [str(table.get("key")) for table in _tables(data.get("roles"))]
        sections = {
            "units": (_is_table, True),
            "brands": (_is_table, False),
            "applications": (_is_table, True),
            "entitlements": (_is_list_of_tables, True),
            "roles": (_is_list_of_tables, True),
        }
        self._table("", data, sections)
        if not self.problems:
            self._contents(data)

    def _contents(self, data: Mapping[str, Any]) -> None:
        for key, name in data["units"].items():
            self._value(f"units.{key}", key, _is_key)
            self._value(f"units.{key}", name, _is_line)
        for key, brand in data.get("brands", {}).items():
            self._value(f"brands.{key}", key, _one_of(list(data["units"]), "the units of this file"))
            self._value(f"brands.{key}", brand, _is_key)
        for key, application in data["applications"].items():
            self._value(f"applications.{key}", key, _is_key)
            self._table(f"applications.{key}", application, {"icon": (_is_icon, False)})
        self._list("entitlements", data["entitlements"], self._entitlement_schema())
        self._list("roles", data["roles"], self._role_schema())

    def _entitlement_schema(self) -> dict[str, tuple[_Check, bool]]:
        return {
            "key": (self._is_entitlement_key, True),
            "text": (_is_translated, True),
            "takes_amount": (_is_switch, False),
            "takes_sites": (_is_switch, False),
        }

    def _role_schema(self) -> dict[str, tuple[_Check, bool]]:
        return {
            "key": (_is_key, True),
            "name": (_is_translated, True),
            "description": (_is_translated, True),
            "entitlements": (_each(_one_of(self.entitlements, "the entitlements of this file")), False),
            "verbs": (_each(_one_of([verb.value for verb in Verb], "the portal's verbs")), False),
            "assignable": (_each(_one_of(self.roles, "the roles of this file")), False),
            "assignable_up_to": (self._is_amounts, False),
            "assignable_days": (_is_days, False),
            "second_factor": (_is_switch, False),
            "working_admin": (_is_switch, False),
        }

    def _list(self, name: str, rows: list[Any], schema: Mapping[str, tuple[_Check, bool]]) -> None:
        keys: set[object] = set()
        for number, row in enumerate(rows, 1):
            key = row.get("key")
            place = f"{name}[{number}]" + (f" “{key}”" if isinstance(key, str) else "")
            self._table(place, row, schema)
            if isinstance(key, str) and key in keys:
                self.problems.append(f"{place}: the key occurs twice; each key must occur once.")
            keys.add(key if isinstance(key, str) else number)

    def _table(self, place: str, row: Any, schema: Mapping[str, tuple[_Check, bool]]) -> None:
        if not isinstance(row, dict):
            self.problems.append(f"{place}: must be a table.")
            return
        begin = f"{place}: " if place else ""
        for name in [name for name in row if name not in schema]:
            allowed = f"allowed are {', '.join(schema)}{_nearest(name, schema)}"
            self.problems.append(f"{begin}{name} is not known; {allowed}.")
        for name, (check, required) in schema.items():
            if name in row:
                self._value(f"{begin}{name}", row[name], check)
            elif required:
                self.problems.append(f"{begin}{name} is missing.")

    def _value(self, place: str, value: Any, check: _Check) -> None:
        if allowed := check(value):
            self.problems.append(f"{place} must be {allowed}.")

    def _is_entitlement_key(self, value: Any) -> str:
        application, colon, action = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not colon or not all(input_cleaning.KEY.fullmatch(part) for part in action.split(".")):
            return "application:thing.action, such as shop:orders.place"
        return _one_of(self.applications, "the applications of this file, before the colon")(application)

    def _is_amounts(self, value: Any) -> str:
        if not isinstance(value, dict):
            return "a table of entitlements and amounts"
        taking = [
            key for key, entitlement in self.entitlements.items() if entitlement.get("takes_amount") is True
        ]
        for key, amount in value.items():
            if wrong := _one_of(taking, "the entitlements of this file that take an amount")(key):
                return f"about {wrong}"
            if amount != CEILING and not access_validation.is_positive_amount(amount):
                return f"“{CEILING}” or an amount with at most two decimals, above 0, for {key}"
        return ""


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _tables(value: Any) -> list[dict[str, Any]]:
    return [table for table in value if isinstance(table, dict)] if isinstance(value, list) else []


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (nearest: {close[0]})" if close else ""


def _is_table(value: Any) -> str:
    return "" if isinstance(value, dict) else "a table"


def _is_list_of_tables(value: Any) -> str:
    return "" if isinstance(value, list) and len(_tables(value)) == len(value) else "a list of tables"


def _is_switch(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _is_days(value: Any) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 36_500
    return "" if good else "a whole number of days from 1 to 36500"


def _is_key(value: Any) -> str:
    good = isinstance(value, str) and input_cleaning.KEY.fullmatch(value)
    return "" if good else "a key of at most 40 small letters, digits, “-” and “_”"


def _is_icon(value: Any) -> str:
    return _is_key(value) and "the name of an icon, such as shopping-cart"


def _is_line(value: Any) -> str:
    try:
        good = isinstance(value, str) and bool(
            input_cleaning.line(value, field="text", longest=_MAX_LINE, required=True)
        )
    except InvalidInput:
        good = False
    return "" if good else f"one line of text, at most {_MAX_LINE} characters"


def _is_translated(value: Any) -> str:
    languages = [code for code, _name in settings.LANGUAGES]
    if isinstance(value, dict) and set(value) == set(languages) and not any(map(_is_line, value.values())):
        return ""
    return f"a table with one line of text for each language: {', '.join(languages)}"


def _one_of(known: Collection[str], what: str) -> _Check:
    def check(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return ""
        return f"one of {what}, and {value!r} is not{_nearest(str(value), known)}"

    return check


def _each(check: _Check) -> _Check:
    def check_all(value: Any) -> str:
        if not isinstance(value, list):
            return "a list"
        return next((f"a list in which each is {wrong}" for wrong in map(check, value) if wrong), "")

    return check_all
