"""A hold stops what the supplier offers the customer: an application, or one entitlement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.holds import queries
from delegation.holds.queries import HoldView
from portal.shell.page_context import PageContext
from portal.wording import hold_notices

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class HoldChoices:
    """Holds the customer's entitlements by application, what is on hold now, and the names of all."""

    offered: dict[str, list[str]]
    holds: Sequence[HoldView]
    names: DisplayNames

    @property
    def on_hold(self) -> Collection[str]:
        """Return the keys of what has a hold of its own."""
        return {hold.stops for hold in self.holds}

    @property
    def options(self) -> list[tuple[str, list[Option]]]:
        """Return a group for each application: all of it, then each entitlement."""
        return [
            (
                hold_notices.name_of(application, self.names),
                [
                    self._option(application, _("Everything in %(application)s")),
                    *(self._option(key, "%(application)s") for key in entitlements),
                ],
            )
            for application, entitlements in self.offered.items()
        ]

    def _option(self, key: str, text: str) -> Option:
        label = text % {"application": hold_notices.name_of(key, self.names)}
        return key, _("%(what)s (on hold)") % {"what": label} if key in self.on_hold else label

    def affected(self, stops: str) -> list[str]:
        """Return the entitlements that a hold on this key stops."""
        return self.offered.get(stops) or [stops]

    def remaining(self, stops: str) -> list[str]:
        """Return the entitlements that neither a hold on this key nor another one stops."""
        stopped = {*self.affected(stops), *(key for hold in self.holds for key in self.affected(hold.stops))}
        return [key for keys in self.offered.values() for key in keys if key not in stopped]


def of_customer(page: PageContext) -> HoldChoices:
    """Read what can be put on hold. Three statements."""
    return HoldChoices(
        offered=queries.offered(organization=page.organization_id, at=page.at),
        holds=queries.in_force(organization=page.organization_id, at=page.at),
        names=display_names.load(organization=page.organization_id),
    )
