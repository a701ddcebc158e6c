"""What people, services and access in an event are called, in the reader's language."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.activity.delivery_results import DeliveryResult
from delegation.activity.events import EventView
from delegation.catalogue.display_names import DisplayNames
from portal.wording import access as wording_access
from portal.wording import admin_abilities, cldr, dates


@dataclass(frozen=True, slots=True)
class EventNames:
    """Without a clock no end dates are said."""

    book: DisplayNames
    people: Mapping[uuid.UUID, str]
    clock: dates.Clock | None = None

    def actor(self, event: EventView) -> str:
        """Who did it: a colleague by name, the supplier for what the system did."""
        if event.actor_kind == "system":
            return str(settings.SUPPLIER_NAME)
        return self.people.get(event.actor) or event.personal.get("actor.label", "") or _("Unknown person")

    def who(self, event: EventView) -> str:
        """Whom it was done to."""
        if event.user is not None:
            return self.people.get(event.user, _("Unknown person"))
        return event.email or _("Unknown person")

    def application(self, event: EventView) -> str:
        """Which service it is about."""
        return self.service(str(event.facts.get("application", "")))

    def service(self, key: str) -> str:
        """What this service is called."""
        return admin_abilities.in_language(self.book.applications.get(key, {"en": key}))

    def access(self, facts: Mapping[str, Any]) -> str:
        """`Orderer, up to 2 000 €, Tampere and Oulu, until 31 Dec`, from what stands in the log."""
        tier = admin_abilities.in_language(self.book.tiers.get(facts["role"], {"en": facts["role"]}))
        wanted = set(facts["sites"])
        names = [place.name for one, place in self.book.sites.items() if str(one) in wanted]
        where = wording_access.places(everywhere=facts["all_sites"], names=names, inside=True)
        amounts = {money(one) for one in facts["limits"].values() if one["amount"] is not None}
        limit = _("up to %(amount)s") % {"amount": min(amounts)} if len(amounts) == 1 else ""
        return ", ".join(part for part in (tier, limit, where, self._until(facts.get("until"))) if part)

    def _until(self, until: str | None) -> str:
        return (
            wording_access.until(dt.datetime.fromisoformat(until), self.clock) if until and self.clock else ""
        )

    def accesses(self, held: Collection[Mapping[str, Any]]) -> str:
        """Several of them as one."""
        return "; ".join(self.access(one) for one in held) or _("no access")

    def deliveries(self, answers: Sequence[DeliveryResult]) -> str:
        """`Updated: Web shop (0.4 s), CRM portal (1.2 s)`; empty for an event that concerns no other system."""
        named = [(self.service(one.application), one.seconds) for one in answers]
        known = [
            _("%(application)s (%(span)s)") % {"application": name, "span": dates.span(seconds)}
            for name, seconds in named
            if seconds is not None
        ]
        late = [name for name, seconds in named if seconds is None]
        parts = [
            _("Updated: %(systems)s") % {"systems": ", ".join(known)} if known else "",
            _("Not updated yet: %(systems)s") % {"systems": ", ".join(late)} if late else "",
        ]
        return " · ".join(part for part in parts if part)


def money(limit: Mapping[str, Any]) -> str:
    """An amount as it stands in the log."""
    return cldr.money(limit["amount"], limit["currency"])
