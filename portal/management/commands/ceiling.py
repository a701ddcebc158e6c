"""`manage.py ceiling` shows what business units offer a customer, and sets it by a template or by entitlement."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from audit.foundation.errors import DomainError
from delegation.authorization import access_validation
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceiling_difference, ceilings, stored_catalogue, unit_ceilings
from delegation.catalogue.ceiling_difference import CeilingDifference
from delegation.catalogue.defaults import CeilingTemplateSpec
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.wording import refusals

_CURRENCY = "EUR"
_NO_LIMIT = "none"
Changes = Mapping[str, AmountLimit | None]
"""By entitlement; None withdraws one. What is not named stays."""


class Command(BaseCommand):
    """Shows the difference before it changes an offer, as the pages and the REST API do."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `show CUSTOMER`, `apply CUSTOMER TEMPLATE` and `set CUSTOMER [OFFER …] [--withdraw KEY]`."""
        what = parser.add_subparsers(dest="what", required=True)
        showing = what.add_parser("show", help="print what each business unit offers now")
        applying = what.add_parser("apply", help="offer what the template names, and withdraw the rest")
        setting = what.add_parser("set", help="offer or withdraw single entitlements; the rest stays")
        for one in (showing, applying, setting):
            one.add_argument("customer", metavar="CUSTOMER", help="the word of the customer in web addresses")
        applying.add_argument("template", metavar="TEMPLATE", help="the key of a template of the catalogue")
        setting.add_argument(
            "offer",
            nargs="*",
            metavar="OFFER",
            help="ordering:orders.see, ordering:orders.place=5000.00, or =none for any amount",
        )
        setting.add_argument("--withdraw", action="append", default=[], metavar="ENTITLEMENT")
        for one in (applying, setting):
            one.add_argument(
                "--unit", default="", help="the business unit that offers it; without it, each of its units"
            )
            one.add_argument(
                "--dry-run", action="store_true", help="show what would change, and change nothing"
            )

    def handle(self, *, what: str, customer: str, **options: Any) -> None:
        """Run one of them. Raises CommandError."""
        found = organizations_queries.find_by_key(key=customer)
        if found is None:
            raise CommandError(f"{customer} is no customer.")
        if what == "show":
            self._show(found)
            return
        try:
            if what == "apply":
                changes = _of_template(found, options["template"], options["unit"])
            else:
                changes = _of_options(options["offer"], options["withdraw"])
            self._change(found, changes, options["unit"], dry_run=options["dry_run"])
        except DomainError as error:
            sentence = refusals.sentence_for(error)
            raise CommandError(f"{sentence.field or error.code}: {sentence.text}") from error

    def _show(self, found: OrganizationView) -> None:
        """Print a heading for each unit, then the ceiling where several units offer something."""
        at = clock.now()
        present = unit_ceilings.by_unit(organization=found.id, at=at)
        offers = {
            key or "the supplier": present.get(unit, {})
            for key, unit in unit_ceilings.units_of(organization=found.id).items()
        }
        if len(offers) > 1:
            offers["ceiling"] = ceilings.current_offer(organization=found.row, at=at)
        for name, offer in offers.items():
            self.stdout.write(f"{name}:{'' if offer else ' nothing is offered'}")
            for key, limit in sorted(offer.items()):
                self.stdout.write(f"  {key}: {_side(limit)}")

    def _change(self, found: OrganizationView, changes: Changes, unit: str, *, dry_run: bool) -> None:
        units = unit_ceilings.chosen_units(organization=found.id, unit=unit)
        difference = ceiling_difference.check(
            organization=found.id, units=units, offer=changes, at=clock.now()
        )
        for line in _lines(difference):
            self.stdout.write(line)
        if dry_run or difference.is_empty:
            self.stdout.write("Nothing was changed.")
            return
        ceilings.set_ceiling(
            actor=system(channel=Channel.SHELL),
            organization=found.row,
            offer=changes,
            unit=unit,
            seen=difference.digest,
        )
        self.stdout.write("Applied.")


def _of_template(found: OrganizationView, key: str, unit: str) -> Changes:
    """Return what the template offers, and None for what the units offer besides. Raises CommandError."""
    template = _template(key, unit)
    units = unit_ceilings.chosen_units(organization=found.id, unit=unit)
    present = unit_ceilings.by_unit(organization=found.id, at=clock.now())
    offered = [key for one in units.values() for key in present.get(one, {})]
    wanted = {key: AmountLimit(amount, _CURRENCY) for key, amount in template.offer.items()}
    return {**dict.fromkeys(offered), **wanted}


def _of_options(offers: list[str], withdrawn: list[str]) -> Changes:
    """Return the named changes. Raises CommandError for what the catalogue has not, and for one named twice."""
    named = [text.partition("=") for text in offers]
    keys = [*(key for key, _, _ in named), *withdrawn]
    if not keys:
        raise CommandError("Name an entitlement to offer, or one to withdraw by --withdraw.")
    known = ceilings.entitlements_with_amount()
    for key in keys:
        if key not in known:
            raise CommandError(f"{key} is no entitlement of the catalogue.")
        if keys.count(key) > 1:
            raise CommandError(f"{key} is named twice.")
    changes: dict[str, AmountLimit | None] = dict.fromkeys(withdrawn)
    for key, separator, text in named:
        if separator and not known[key]:
            raise CommandError(f"{key} takes no amount.")
        if known[key] and not separator:
            # What someone forgot to type is no offer without a limit.
            raise CommandError(f"{key} takes an amount: {key}=5000.00, or {key}={_NO_LIMIT} for any amount.")
        limited = separator and text != _NO_LIMIT
        changes[key] = AmountLimit(_amount(key, text) if limited else None, _CURRENCY)
    return changes


def _amount(key: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not access_validation.is_positive_amount(amount):
        raise CommandError(f"{key}: {text} is no amount in {_CURRENCY}, such as 5000.00.")
    return amount


def _template(key: str, unit: str) -> CeilingTemplateSpec:
    """Return the template of this key. Raises CommandError for an unknown one, and for one of other units."""
    templates = {one.key: one for one in stored_catalogue.ceiling_templates()}
    found = templates.get(key)
    if found is None:
        raise CommandError(f"{key} is no template. The catalogue has: {', '.join(templates) or 'none'}.")
    if found.units and unit not in found.units:
        raise CommandError(f"{key} is a template of {', '.join(found.units)}. Name one of them with --unit.")
    return found


def _lines(difference: CeilingDifference) -> Iterator[str]:
    people = difference.people
    for change in difference.changes:
        lose = people.lose_by_entitlement.get(change.key, 0)
        gain = people.gain_by_entitlement.get(change.key, 0)
        sides = " → ".join(map(_side, (change.before, change.after)))
        yield f"{'-' if change.is_loss else '+'} {change.key}: {sides} ({lose} lose, {gain} gain)"
    if difference.hidden:
        yield f"Stays, because another business unit offers more: {', '.join(difference.hidden)}."
    yield f"People who lose something: {people.lose}; who gain something: {people.gain}."


def _side(limit: AmountLimit | None) -> str:
    if limit is None:
        return "not offered"
    return "offered" if limit.amount is None else f"up to {limit.amount:.2f} {limit.currency}"
