"""Each line of a file is checked by the form for one customer, against the other lines and against what exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from delegation.onboarding import known_customers, queries
from delegation.onboarding.known_customers import KnownCustomers
from delegation.onboarding.new_customer import NewCustomer
from delegation.onboarding.queries import OfferableService, OfferTemplate, Unit
from portal.desk.onboarding import customer_table
from portal.desk.onboarding.customer_table import CustomerTable, TableRow
from portal.desk.onboarding.forms import OnboardForm
from portal.wording import input_problems

NEW, EXISTS, WRONG = "new", "exists", "wrong"


@dataclass(frozen=True, slots=True)
class FormChoices:
    """Holds what the form for one customer offers, read once for all lines."""

    units: Sequence[Unit]
    services: Sequence[OfferableService]
    templates: Sequence[OfferTemplate]
    language: str


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """Describes a line: a customer to onboard, one that exists under its number and name, or one with faults."""

    line: int
    name: str
    number: str
    state: str
    faults: Sequence[tuple[str, str]] = ()
    """Column and sentence."""
    customer: NewCustomer | None = None
    key: str = ""
    """Of the customer that exists."""


def check(table: CustomerTable, choices: FormChoices) -> list[CheckedLine]:
    """Check all lines. Three statements, however many there are."""
    stems = {queries.key_stem(row.cells["name"]) for row in table.rows}
    known = known_customers.load(
        units=[unit.id for unit in choices.units],
        numbers={row.cells["number"] for row in table.rows},
        register_ids={row.cells.get("register_id", "") for row in table.rows},
        stems=stems | {row.cells["key"] for row in table.rows if _is_key(row.cells.get("key", ""))},
    )
    checking = _Checking(choices, known)
    return [checking.line(row) for row in table.rows]


def _is_key(text: str) -> bool:
    return bool(text) and text.replace("-", "").replace("_", "").isalnum() and text.isascii()


class _Checking:
    """Remembers the values of the lines before, so that a second one is named."""

    def __init__(self, choices: FormChoices, known: KnownCustomers) -> None:
        self.choices, self.known = choices, known
        self.keys = set(known.keys)
        self.seen: dict[tuple[str, Any], int] = {}

    def line(self, row: TableRow) -> CheckedLine:
        form = self._form(row)
        name, number = row.cells["name"], row.cells["number"]
        if not form.is_valid():
            return CheckedLine(row.line, name, number, WRONG, _faults(form))
        unit = form.unit_of_customer
        twice = self._twice(row.line, form, unit)
        if present := self.known.numbers.get((unit.id, form.cleaned_data["number"])):
            key, other = present
            if other == form.cleaned_data["name"] and not twice:
                return CheckedLine(row.line, name, number, EXISTS, key=key)
            text = _("“%(name)s” has this number.") % {"name": other}
            return CheckedLine(row.line, name, number, WRONG, [*twice, ("number", text)])
        faults = [*twice, *self._taken(form, unit)]
        if faults:
            return CheckedLine(row.line, name, number, WRONG, faults)
        self.keys.add(form.cleaned_data["key"])
        return CheckedLine(row.line, name, number, NEW, customer=form.customer)

    def _form(self, row: TableRow) -> OnboardForm:
        choices, cells = self.choices, row.cells
        data: dict[str, Any] = {
            "language": choices.language,
            "time_zone": "Europe/Helsinki",
            "unit": choices.units[0].key if len(choices.units) == 1 else "",
            **{column: text for column, text in cells.items() if text},
            "sites": "\n".join(customer_table.several(cells.get("sites", ""))),
            "domains": " ".join(customer_table.several(cells.get("domains", ""))),
            "services": customer_table.several(cells.get("services", "")),
        }
        data.setdefault("admin_language", data["language"])
        data.setdefault("key", queries.free_among(queries.key_stem(cells["name"]), self.keys))
        return OnboardForm(data, units=choices.units, services=choices.services, templates=choices.templates)

    def _twice(self, line: int, form: OnboardForm, unit: Unit) -> list[tuple[str, str]]:
        """Name the line before that has the number, or the business ID, of this one."""
        faults = []
        for column in ("number", "register_id"):
            value = form.cleaned_data[column]
            first = self.seen.setdefault((column, (unit.id, value)), line) if value else line
            if first != line:
                faults.append((column, _("Line %(line)d has it too.") % {"line": first}))
        return faults

    def _taken(self, form: OnboardForm, unit: Unit) -> list[tuple[str, str]]:
        faults = []
        if other := self.known.register_ids.get((unit.id, form.cleaned_data["register_id"])):
            faults.append(("register_id", _("“%(name)s” has this business ID.") % {"name": other}))
        if form.cleaned_data["key"] in self.keys:
            faults.append(("key", input_problems.in_use("key")))
        return faults


def _faults(form: OnboardForm) -> list[tuple[str, str]]:
    columns: Mapping[str, str] = {"__all__": ""}
    return [(columns.get(field, field), str(text)) for field, texts in form.errors.items() for text in texts]
