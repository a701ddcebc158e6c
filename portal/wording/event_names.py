"""The people, services and access of an event are named in the reader's language."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.personal_data import ACTOR_LABEL, SUBJECT_LABEL
from delegation.activity.delivery_results import DeliveryResult
from delegation.activity.events import EventView
from delegation.authorization.values import AmountLimit
from delegation.catalogue.display_names import DisplayNames
from portal.wording import access as wording_access
from portal.wording import cldr, dates, supplier_texts


@dataclass(frozen=True, slots=True)
class EventNames:
    """Holds the names for sentences of events; `people` has names that no event holds, by the id of the user.

    Without a clock, end dates are left out.
    """

    names: DisplayNames
    people: Mapping[uuid.UUID, str]
    clock: dates.Clock | None = None

    def actor(self, event: EventView) -> str:
        """Return who acted, with the supplier's name for its staff and programs; that name alone for the system."""
        if event.actor_kind == "system":
            return str(settings.SUPPLIER_NAME)
        name = self._person(event, ACTOR_LABEL, event.actor)
        if event.actor_kind in {"staff", "staff_service"}:
            return _("%(name)s of %(supplier)s") % {"name": name, "supplier": settings.SUPPLIER_NAME}
        return name

    def who(self, event: EventView) -> str:
        """Return the person that the event is about, else the invited address."""
        if event.user is None:
            return event.email or _("Unknown person")
        is_self = event.user == event.actor and SUBJECT_LABEL not in event.personal
        return self._person(event, ACTOR_LABEL if is_self else SUBJECT_LABEL, event.user)

    def _person(self, event: EventView, label: str, user: uuid.UUID) -> str:
        """Return the name that the event holds, as it was at the time."""
        if label in event.erased:
            return _("Erased person")
        return event.personal.get(label) or self.people.get(user) or _("Unknown person")

    def application(self, event: EventView) -> str:
        """Return the service that the event is about."""
        return self.service(str(event.facts.get("application", "")))

    def service(self, key: str) -> str:
        """Return the name of the service with this key; the key itself for an unknown one."""
        return supplier_texts.in_language(self.names.applications.get(key, {"en": key}))

    def access(self, facts: Mapping[str, Any]) -> str:
        """Return `Orderer, up to 2 000 €, Tampere and Oulu, until 31 Dec`, from the facts in the log."""
        tier = supplier_texts.in_language(self.names.tiers.get(facts["role"], {"en": facts["role"]}))
        site_ids = set(facts["sites"])
        sites = [site.name for key, site in self.names.sites.items() if str(key) in site_ids]
        where = wording_access.site_names(all_sites=facts["all_sites"], names=sites, in_sentence=True)
        limits = wording_access.each_limit(map(AmountLimit.from_json, facts["limits"].values()))
        return ", ".join(part for part in (tier, limits, where, self._until(facts.get("until"))) if part)

    def invitation(self, facts: Mapping[str, Any]) -> str:
        """Return `Viewer, all sites · mail in Finnish`: what an invitation offers, and its language."""
        language = _("mail in %(language)s") % {"language": cldr.language_name(facts["language"])}
        return f"{self.access(facts['access'])} · {language}"

    def _until(self, until: str | None) -> str:
        return (
            wording_access.until(dt.datetime.fromisoformat(until), self.clock) if until and self.clock else ""
        )

    def accesses(self, assignments: Collection[Mapping[str, Any]]) -> str:
        """Return the access of several assignments in the log; `no access` without any."""
        return "; ".join(self.access(assignment) for assignment in assignments) or _("no access")

    def deliveries(self, results: Sequence[DeliveryResult]) -> str:
        """Return `Updated: Web shop (0.4 s), CRM portal (1.2 s)`; empty without an updated system."""
        updated = [
            _("%(application)s (%(span)s)")
            % {"application": self.service(result.application), "span": dates.span(result.seconds)}
            for result in results
            if result.seconds is not None
        ]
        return _("Updated: %(systems)s") % {"systems": ", ".join(updated)} if updated else ""

    def not_updated(self, results: Sequence[DeliveryResult]) -> str:
        """Return `Not updated yet: CRM portal`; empty where no delivery has failed so far."""
        late = [self.service(result.application) for result in results if result.seconds is None]
        return _("Not updated yet: %(systems)s") % {"systems": ", ".join(late)} if late else ""


def money(limit: Mapping[str, Any]) -> str:
    """Return the amount of a limit in the log."""
    return cldr.money(limit["amount"], limit["currency"])


def repeats(facts: Mapping[str, Any]) -> str:
    """Return how many repeats one event of refusals or failures stands for; empty for none."""
    number = int(facts.get("repeats", 0))
    text = ngettext("%(number)d more time", "%(number)d more times", number)
    return text % {"number": number} if number else ""
