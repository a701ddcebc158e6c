"""`manage.py hold` lists, places and lifts holds of customers, one by one or by a file of credit control."""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from delegation.holds import commands, queries
from delegation.holds.queries import HoldView
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.shell import forms as shell_forms
from portal.wording import hold_notices, refusals, time_zones

_REQUIRED, _COLUMNS = ("customer", "stops", "reason"), ("customer", "stops", "reason", "until", "note")
_MOST = 1000


@dataclass(frozen=True, slots=True)
class WantedHold:
    """Holds a checked hold, and whether the customer has it already."""

    customer: OrganizationView
    stops: str
    reason: str
    until: dt.datetime | None
    note: str
    is_there: bool

    @property
    def text(self) -> str:
        """Return `koskela: ordering:orders.place stops 4 people (overdue)`."""
        effects = queries.effects(organization=self.customer.id, stops=self.stops, at=clock.now())
        end = f" until {self.until.isoformat()}" if self.until else ""
        return f"{self.customer.key}: {self.stops} stops {effects.stopped} people ({self.reason}{end})"


class Command(BaseCommand):
    """Shows what a hold stops before it is placed, as the pages and the REST API do."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `list CUSTOMER`, `place CUSTOMER STOPS`, `lift CUSTOMER STOPS` and `apply FILE`."""
        what = parser.add_subparsers(dest="what", required=True)
        listing = what.add_parser("list", help="print what is on hold now")
        placing = what.add_parser("place", help="stop a service or an entitlement for all of a customer")
        lifting = what.add_parser("lift", help="end a hold now")
        for one in (listing, placing, lifting):
            one.add_argument("customer", metavar="CUSTOMER", help="the word of the customer in web addresses")
        for one in (placing, lifting):
            one.add_argument("stops", metavar="STOPS", help="the key of a service or of an entitlement")
            one.add_argument("--note", default="", help="why, for the supplier's log alone")
        placing.add_argument("--reason", required=True, choices=sorted(hold_notices.REASONS))
        placing.add_argument("--until", default="", metavar="DAY", help="the last day, such as 2027-01-31")
        applying = what.add_parser("apply", help="place the holds of a CSV file that are not there yet")
        applying.add_argument(
            "file", type=Path, metavar="FILE", help=f"with the columns {', '.join(_COLUMNS)}"
        )
        for one in (placing, applying):
            one.add_argument(
                "--dry-run", action="store_true", help="show what would stop, and change nothing"
            )

    def handle(self, *, what: str, **options: Any) -> None:
        """Run one of them. Raises CommandError with what is wrong."""
        try:
            if what == "list":
                for hold in _in_force(_customer(options["customer"])):
                    self.stdout.write(_line(hold))
            elif what == "lift":
                self._lift(_customer(options["customer"]), options["stops"], options["note"])
            elif what == "place":
                wanted = _wanted(options)
                if wanted.is_there:
                    raise CommandError(f"{wanted.stops} is on hold already.")
                self._place([wanted], dry_run=options["dry_run"])
            else:
                self._place(_of_file(options["file"]), dry_run=options["dry_run"])
        except DomainError as error:
            sentence = refusals.sentence_for(error)
            raise CommandError(f"{sentence.field or error.code}: {sentence.text}") from error

    def _place(self, wanted: list[WantedHold], *, dry_run: bool) -> None:
        """Place those that are not there; a file that was stopped half-way is applied again. Raises CommandError."""
        placed = 0
        for one in wanted:
            if one.is_there:
                self.stdout.write(f"{one.customer.key}: {one.stops} is on hold already.")
                continue
            self.stdout.write(one.text)
            if dry_run:
                continue
            try:
                commands.place(
                    actor=system(channel=Channel.SHELL),
                    organization=one.customer.row,
                    stops=one.stops,
                    reason=one.reason,
                    until=one.until,
                    note=one.note,
                )
            except DomainError as error:
                said = f"{one.customer.key}, {one.stops}: {refusals.sentence_for(error).text}"
                raise CommandError(f"{said}\nHolds placed before it: {placed}.") from error
            placed += 1
        self.stdout.write("Nothing was changed." if dry_run else "Done.")

    def _lift(self, customer: OrganizationView, stops: str, note: str) -> None:
        hold = next((one for one in _in_force(customer) if one.stops == stops), None)
        if hold is None:
            raise CommandError(f"{stops} is not on hold for {customer.key}.")
        commands.lift(actor=system(channel=Channel.SHELL), hold=hold.row, note=_note_of(note))
        self.stdout.write(f"The hold is lifted: {stops} for {customer.key}.")


def _customer(key: str) -> OrganizationView:
    found = organizations_queries.find_by_key(key=key)
    if found is None:
        raise CommandError(f"{key} is no customer.")
    return found


def _in_force(customer: OrganizationView) -> list[HoldView]:
    return queries.in_force(organization=customer.id, at=clock.now())


def _line(hold: HoldView) -> str:
    end = hold.valid_until.isoformat() if hold.valid_until else "without end"
    by = f", placed by {hold.placed_by}" if hold.placed_by else ""
    return f"{hold.stops}: {hold.reason}, since {hold.valid_from.isoformat()}, {end}{by}"


def _wanted(values: Mapping[str, Any]) -> WantedHold:
    """Check a hold before any is placed. Raises CommandError."""
    customer, stops, reason = _customer(values["customer"]), values["stops"], values["reason"]
    offered = queries.offered(organization=customer.id, at=clock.now())
    if stops not in offered and not any(stops in keys for keys in offered.values()):
        raise CommandError(f"{customer.key} is not offered {stops}.")
    if reason not in hold_notices.REASONS:
        raise CommandError(f"{reason} is no reason. There are: {', '.join(sorted(hold_notices.REASONS))}.")
    return WantedHold(
        customer=customer,
        stops=stops,
        reason=reason,
        until=_end_of(values["until"], customer) if values["until"] else None,
        note=_note_of(values["note"]),
        is_there=any(one.stops == stops for one in _in_force(customer)),
    )


def _note_of(text: str) -> str:
    """Clean a note as the command does that places or lifts, which names it `reason`. Raises CommandError."""
    try:
        return input_cleaning.reason(text)
    except DomainError as error:
        raise CommandError(f"note: {refusals.sentence_for(error).text}") from error


def _end_of(day: str, customer: OrganizationView) -> dt.datetime:
    zone = time_zones.first_known(customer.time_zone)
    try:
        return shell_forms.end_of_day(day, zone=zone, at=clock.now())
    except ValidationError as error:
        raise CommandError(f"until: {error.messages[0]}") from error


def _of_file(file: Path) -> list[WantedHold]:
    """Read and check all lines. Raises CommandError with each that is wrong: then nothing is placed."""
    found: dict[tuple[str, str], WantedHold] = {}
    faults: list[str] = []
    for number, row in _rows(file):
        try:
            wanted = _wanted(row)
        except CommandError as error:
            faults.append(f"line {number}: {error}")
            continue
        if (wanted.customer.key, wanted.stops) in found:
            faults.append(f"line {number}: {wanted.customer.key} and {wanted.stops} are there twice.")
        found[wanted.customer.key, wanted.stops] = wanted
    if faults:
        raise CommandError("\n".join([*faults, "Nothing was changed."]))
    return list(found.values())


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as UTF-8: {error}") from error
    reader = csv.reader(
        text.splitlines(), delimiter=max(";,\t", key=text.partition("\n")[0].count), strict=True
    )
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except csv.Error as error:
        raise CommandError(f"{file}, line {reader.line_num}: {error}") from error
    header = lines[0][1] if lines else []
    if set(_REQUIRED) - set(header) or set(header) - set(_COLUMNS) or len(set(header)) != len(header):
        raise CommandError(
            f"The first line names columns of {', '.join(_COLUMNS)}; the last two may be missing."
        )
    if len(lines) - 1 > _MOST:
        raise CommandError(f"These are too many holds: {_MOST} at most.")
    for number, cells in lines[1:]:
        if len(cells) > len(header):
            raise CommandError(f"Line {number} has more cells than the first line.")
        yield number, dict.fromkeys(_COLUMNS, "") | dict(zip(header, cells, strict=False))
