"""`manage.py ceiling` sets what a business unit offers a customer to a template of the catalogue."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from audit.foundation.errors import DomainError
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceiling_difference, ceilings, stored_catalogue, unit_ceilings
from delegation.catalogue.ceiling_difference import CeilingDifference
from delegation.catalogue.defaults import CeilingTemplateSpec
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.wording import refusals

_CURRENCY = "EUR"


class Command(BaseCommand):
    """Shows the difference, then applies it: `ceiling apply CUSTOMER TEMPLATE [--unit UNIT] [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `apply CUSTOMER TEMPLATE [--unit UNIT] [--dry-run]`."""
        apply = parser.add_subparsers(dest="what", required=True).add_parser(
            "apply", help="offer what the template names, and withdraw the rest"
        )
        apply.add_argument("customer", metavar="CUSTOMER", help="the word of the customer in web addresses")
        apply.add_argument("template", metavar="TEMPLATE", help="the key of a template of the catalogue")
        apply.add_argument(
            "--unit", default="", help="the business unit that offers it; without it, each of its units"
        )
        apply.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )

    def handle(self, *, customer: str, template: str, unit: str, dry_run: bool, **_: Any) -> None:
        """Compare the offers, and change those that differ. Raises CommandError."""
        found = organizations_queries.find_by_key(key=customer)
        if found is None:
            raise CommandError(f"{customer} is no customer.")
        try:
            self._apply(found, _template(template, unit), unit, dry_run=dry_run)
        except DomainError as error:
            sentence = refusals.sentence_for(error)
            raise CommandError(f"{sentence.field or error.code}: {sentence.text}") from error

    def _apply(
        self, found: OrganizationView, template: CeilingTemplateSpec, unit: str, *, dry_run: bool
    ) -> None:
        units = unit_ceilings.chosen_units(organization=found.id, unit=unit)
        at = clock.now()
        present = unit_ceilings.by_unit(organization=found.id, at=at)
        offer: dict[str, AmountLimit | None] = {
            key: None for one in units.values() for key in present.get(one, {})
        }
        offer |= {key: AmountLimit(amount, _CURRENCY) for key, amount in template.offer.items()}
        difference = ceiling_difference.check(organization=found.id, units=units, offer=offer, at=at)
        for line in _lines(difference):
            self.stdout.write(line)
        if dry_run or difference.is_empty:
            self.stdout.write("Nothing was changed.")
            return
        ceilings.set_ceiling(
            actor=system(channel=Channel.SHELL),
            organization=found.row,
            offer=offer,
            unit=unit,
            seen=difference.digest,
        )
        self.stdout.write("Applied.")


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
