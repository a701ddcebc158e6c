"""What an invitation gives, as the rest of "You will be able to …"."""

import datetime as dt
from collections.abc import Mapping

from django.utils import formats, translation
from django.utils.translation import gettext as _

from delegation.models import Ceiling, Entitlement, Invitation, RoleEntitlement, RoleVersion
from delegation.verbs import Verb
from identity import memberships
from portal import sentences


def of(invitation: Invitation, *, at: dt.datetime) -> list[str]:
    """A sentence for each power over colleagues and each entitlement on offer, in the active language."""
    version = RoleVersion.objects.filter(memberships.covering(at), role=invitation.role_id).first()
    own = [text for verb, text in looking_after().items() if version and verb.value in version.verbs]
    return own + _entitlements(invitation, at)


def ends(invitation: Invitation, *, zone: dt.tzinfo) -> str:
    """A sentence for access with an end date; nothing for access without one."""
    if invitation.access_until is None:
        return ""
    last = (invitation.access_until - dt.timedelta(microseconds=1)).astimezone(zone)
    return _("This access ends on %(day)s.") % {"day": formats.date_format(last, "DATE_FORMAT")}


def looking_after() -> dict[Verb, str]:
    """What people may do to colleagues through pages of ours, as the rest of "You will be able to …"."""
    return {
        Verb.MEMBER_SEE: _("see colleagues and what they may do"),
        Verb.MEMBER_INVITE: _("invite colleagues"),
        Verb.ACCESS_CHANGE: _("change what colleagues may do"),
        Verb.MEMBER_REMOVE: _("remove colleagues"),
        Verb.MEMBER_RESTORE: _("bring removed colleagues back"),
        Verb.ACTIVITY_SEE: _("see what happened"),
    }


def _entitlements(invitation: Invitation, at: dt.datetime) -> list[str]:
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
