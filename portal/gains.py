"""What an invitation gives, as the rest of "You will be able to …"."""

import datetime as dt
from collections.abc import Mapping

from django.utils import translation
from django.utils.translation import gettext as _

from delegation.models import Ceiling, Entitlement, Invitation, RoleEntitlement
from identity import memberships
from portal import sentences


def of(invitation: Invitation, *, at: dt.datetime) -> list[str]:
    """One sentence for each entitlement of the tier that is offered to the organization, in the active language."""
    offered = Ceiling.objects.filter(memberships.covering(at), organization=invitation.organization_id)
    held = RoleEntitlement.objects.filter(
        memberships.covering(at, "version__"),
        version__role=invitation.role_id,
        may_do=True,
        entitlement__in=offered.values("entitlement"),
    )
    known = held.select_related("entitlement").order_by("entitlement__rank", "entitlement__key")
    limits = {str(line["entitlement"]): line for line in invitation.limits}
    places = _places(invitation)
    return [_sentence(row.entitlement, limits, places) for row in known]


def in_language(text: Mapping[str, str]) -> str:
    """What a supplier wrote, in the active language or else in English."""
    language = translation.get_language() or "en"
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def _sentence(entitlement: Entitlement, limits: Mapping[str, Mapping[str, str | None]], places: str) -> str:
    parts = [in_language(entitlement.text)]
    limit = limits.get(entitlement.key)
    if limit and limit["amount"] is not None:
        amount = sentences.money(limit["amount"], str(limit["currency"]))
        parts.append(
            _("up to %(amount)s %(period)s") % {"amount": amount, "period": period(str(limit["period"]))}
        )
    if entitlement.takes_sites and places:
        parts.append(places)
    return ", ".join(parts)


def period(name: str) -> str:
    """Over what an amount counts, as the rest of "up to 5 000 € …"."""
    words = {
        "order": _("an order"),
        "day": _("a day"),
        "week": _("a week"),
        "month": _("a month"),
        "quarter": _("a quarter"),
        "year": _("a year"),
    }
    return words.get(name, name)


def _places(invitation: Invitation) -> str:
    if invitation.all_sites:
        return ""
    return ", ".join(site.name for site in sorted(invitation.sites.all(), key=lambda site: site.sort_key))
