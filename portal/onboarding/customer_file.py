"""A customer is read from a TOML file; each of its problems is listed with its line and what is allowed."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from delegation.authorization import access_validation, input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.values import AmountLimit
from delegation.onboarding.new_customer import FirstAdmin, NewCustomer
from delegation.organizations import new_organization
from delegation.organizations.new_organization import NewOrganization

Check = Callable[[str], object]
_HINTS = {
    "key": "a key of at most 40 small letters, digits, “-” and “_”",
    "language": "one of the portal's languages",
    "time_zone": "a name such as Europe/Helsinki",
    "mail_domains": "domains such as acme.example",
    "email": "a mail address",
}
_REGISTER_ID = partial(input_cleaning.line, field="text", longest=new_organization.MAX_REGISTER_ID)
_CUSTOMER_NUMBER = partial(
    input_cleaning.line, field="text", longest=new_organization.MAX_CUSTOMER_NUMBER, required=True
)
_SITE = partial(input_cleaning.name, longest=new_organization.MAX_SITE_NAME)
_EXTERNAL_ID = partial(input_cleaning.line, field="text", longest=new_organization.MAX_EXTERNAL_ID)
_SECTIONS = {
    "organization": ("key", "name", "register_id", "language", "time_zone", "mail_domains"),
    "numbers": None,
    "sites": ("name", "external_id"),
    "offer": None,
    "admin": ("email", "name", "language"),
}
"""The names that a section may hold; None: keys of the catalogue."""


class InvalidCustomer(Exception):
    """The message has one line for each problem: file, line, place, and what is allowed."""


def load(path: Path, *, entitlements: Mapping[str, bool]) -> NewCustomer:
    """Read the file. `entitlements` are those of the catalogue, and whether each takes an amount.

    Raises InvalidCustomer with all problems.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise InvalidCustomer(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidCustomer(f"{path}: is not valid TOML: {error}.") from error
    reader = _Reader(data, text)
    customer = reader.customer(entitlements)
    if customer is None:
        raise InvalidCustomer("\n".join(f"{path}{problem}" for problem in reader.problems))
    return customer


class _Reader:
    def __init__(self, data: Mapping[str, Any], text: str) -> None:
        self.data = data
        self.lines = text.splitlines()
        self.problems: list[str] = []

    def customer(self, entitlements: Mapping[str, bool]) -> NewCustomer | None:
        """Return the customer, or None where there are problems."""
        self._check_names()
        if self.problems:
            return None
        organization, admin = self.data["organization"], self.data["admin"]
        language = self._text(organization, "organization", "language", input_cleaning.language, default="en")
        new = NewOrganization(
            key=self._text(organization, "organization", "key", input_cleaning.key),
            name=self._text(organization, "organization", "name", input_cleaning.name),
            register_id=self._text(organization, "organization", "register_id", _REGISTER_ID, default=""),
            language=language,
            time_zone=self._text(
                organization, "organization", "time_zone", input_cleaning.time_zone, default="Europe/Helsinki"
            ),
            mail_domains=self._domains(organization.get("mail_domains", [])),
            sites=self._sites(self.data.get("sites", [])),
            numbers={
                unit: self._text(self.data["numbers"], "numbers", unit, _CUSTOMER_NUMBER)
                for unit in self.data.get("numbers", {})
            },
        )
        first = FirstAdmin(
            email=self._text(admin, "admin", "email", input_cleaning.address),
            name=self._text(admin, "admin", "name", input_cleaning.name, default=""),
            language=self._text(admin, "admin", "language", input_cleaning.language, default=language),
        )
        customer = NewCustomer(organization=new, admins=[first], offer=self._offer(entitlements))
        return None if self.problems else customer

    def _check_names(self) -> None:
        for section in [section for section in self.data if section not in _SECTIONS]:
            self._add("", section, f"is not known. Allowed are {', '.join(_SECTIONS)}.")
        for section in [section for section in ("organization", "admin") if section not in self.data]:
            self._add("", section, "is missing. Add this section.")
        for section, names in _SECTIONS.items():
            for table in self._tables(section):
                for name in [name for name in table if names is not None and name not in names]:
                    self._add(section, name, f"is not known. Allowed are {', '.join(names or ())}.")

    def _tables(self, section: str) -> list[dict[str, Any]]:
        """Return the tables of a section; none where it is written in another way."""
        tables = self.data.get(section, [])
        if section != "sites":
            tables = [tables] if section in self.data else []
        if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
            return tables
        header = "[[sites]]" if section == "sites" else f"[{section}]"
        self._add("", section, f"must be written as {header}.")
        return []

    def _text(
        self, table: Mapping[str, Any], section: str, name: str, check: Check, *, default: str | None = None
    ) -> str:
        value = table.get(name, default)
        if value is None:
            self._add(section, name, f"is missing. Add {_HINTS.get(name, 'a line of text')}.")
            return ""
        if not isinstance(value, str):
            self._add(section, name, "must be text in quotes.")
            return ""
        if value == default:
            return value
        try:
            return str(check(value))
        except InvalidInput as error:
            self._add(
                section,
                name,
                f"must be {_HINTS.get(name, 'a line of text')} ({error.data['problem']}).",
                value,
            )
            return ""

    def _domains(self, values: Any) -> Sequence[str]:
        if not isinstance(values, list):
            self._add("organization", "mail_domains", "must be a list of domains.")
            return []
        domains = [
            self._text({"mail_domains": value}, "organization", "mail_domains", input_cleaning.mail_domain)
            for value in values
        ]
        return list(dict.fromkeys(domains))

    def _sites(self, tables: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
        sites = [
            (
                self._text(table, "sites", "name", _SITE),
                self._text(table, "sites", "external_id", _EXTERNAL_ID, default=""),
            )
            for table in tables
        ]
        names = [name for name, _ in sites]
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            self._add("sites", "name", f"“{name}” occurs twice. Each site occurs once.", name)
        return sites

    def _offer(self, entitlements: Mapping[str, bool]) -> dict[str, AmountLimit]:
        offer = {}
        for key, value in self.data.get("offer", {}).items():
            if key not in entitlements:
                known = ", ".join(sorted(entitlements)) or "none yet: run `manage.py catalog apply` first"
                self._add("offer", key, f"is no entitlement of the catalogue. Known are {known}.")
            elif value is True:
                offer[key] = AmountLimit(None)
            elif entitlements[key] and access_validation.is_positive_amount(value):
                offer[key] = AmountLimit(Decimal(value))
            else:
                allowed = (
                    "an amount above 0 with at most two decimals, or true" if entitlements[key] else "true"
                )
                self._add("offer", key, f"must be {allowed}.")
        return offer

    def _add(self, section: str, name: str, problem: str, value: str = "") -> None:
        line = self._line_of(section, name, value)
        place = f"{section}.{name}" if section else name
        self.problems.append(f"{f', line {line}' if line else ''}: {place} {problem}")

    def _line_of(self, section: str, name: str, value: str) -> int:
        """Find where the file says it, or where its section begins; 0 where it says nothing about it."""
        current, begin = "", 0
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
                current = header.group(1)
                begin = begin or (number if current == (section or name) else 0)
            elif (
                current == section
                and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line)
                and value in line
            ):
                return number
        return begin
