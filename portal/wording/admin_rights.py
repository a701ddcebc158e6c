"""What looking after colleagues lets one do, in the shape of rights: so that it is compared like those elsewhere."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from delegation.access.assignable import AssignableOptions
from delegation.access.queries import AssignmentView
from delegation.authorization.entitlements import Right, SiteRef
from delegation.authorization.values import AccessSpec
from delegation.catalogue.display_names import DisplayNames
from portal.wording import admin_abilities, dates
from portal.wording.access_changes import AccessChanges

_NOBODY = uuid.UUID(int=0)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_MOST = 8


class AdminRights(NamedTuple):
    """Over whom, and which tiers one may give them."""

    rights: Sequence[Right]
    assignable_roles: frozenset[str]


NOTHING = AdminRights((), frozenset())


def texts() -> Mapping[str, Mapping[str, str]]:
    """What each verb lets one do, in the active language, as `effect` looks it up."""
    return {verb.value: {"en": text} for verb, text in admin_abilities.admin_abilities().items()}


def current(grants: Sequence[AssignmentView]) -> AdminRights:
    """What a colleague has now."""
    found = [right for grant in grants for right in rights(grant.verbs, grant.access)]
    return AdminRights(found, frozenset().union(*(grant.assignable_roles for grant in grants)))


def requested(access: AccessSpec, gifts: AssignableOptions) -> AdminRights:
    """What this access would bring with it."""
    tier = gifts.tier(access.role)
    return AdminRights(rights(tier.verbs, access), tier.assignable_roles) if tier else NOTHING


def rights(verbs: Iterable[str], access: AccessSpec) -> list[Right]:
    """What these verbs let one do to colleagues, where this access reaches."""
    known = set(verbs)
    return [_right(verb.value, access) for verb in admin_abilities.admin_abilities() if verb.value in known]


def _right(verb: str, access: AccessSpec) -> Right:
    return Right(
        membership=_NOBODY,
        application="",
        entitlement=verb,
        role=access.role,
        all_sites=access.all_sites,
        sites=tuple(SiteRef(site, "", "") for site in access.sites),
        takes_amount=False,
        amount=None,
        currency="",
        period="order",
        valid_from=_NEVER,
        valid_until=access.until,
        assignment=_NOBODY,
    )


def compare_gives(*, before: AdminRights, after: AdminRights, book: DisplayNames) -> AccessChanges:
    """One sentence for the tiers that one may give from now on, one for those that one no longer may."""
    return AccessChanges(
        gives(after.assignable_roles - before.assignable_roles, book),
        gives(before.assignable_roles - after.assignable_roles, book),
    )


def gives(tiers: frozenset[str], book: DisplayNames) -> list[str]:
    """One sentence for the tiers that one may give; none for none."""
    names = [admin_abilities.in_language(name) for key, name in book.tiers.items() if key in tiers]
    listed = {"tiers": dates.listed(names, most=_MOST)}
    return [_("assign these tiers: %(tiers)s") % listed] if names else []
