"""Rights over colleagues are worded as rights, so that `access_changes` compares them like those in other systems."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from delegation.access.assignable import AssignableOptions
from delegation.access.queries import AssignmentView
from delegation.authorization.entitlements import Right, SiteRef
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.catalogue.display_names import DisplayNames
from portal.wording import dates, supplier_texts
from portal.wording.access_changes import AccessChanges

_NO_ID = uuid.UUID(int=0)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_MAX_TIERS = 8


class AdminRights(NamedTuple):
    """Holds an admin's rights over colleagues, and the keys of the tiers that the admin may assign."""

    rights: Sequence[Right]
    assignable_roles: frozenset[str]


NO_RIGHTS = AdminRights((), frozenset())


def admin_abilities() -> dict[Verb, str]:
    """Return what an admin may do to colleagues on our pages, as the rest of "You will be able to …"."""
    return {
        Verb.MEMBER_VIEW: _("view people and their access"),
        Verb.MEMBER_INVITE: _("invite people"),
        Verb.ACCESS_CHANGE: _("change people’s access"),
        Verb.MEMBER_REMOVE: _("remove people"),
        Verb.REMOVAL_PLAN: _("plan people’s last day"),
        Verb.MEMBER_SUSPEND: _("suspend people’s access"),
        Verb.MEMBER_RESTORE: _("restore removed people"),
        Verb.MEMBER_SIGN_OUT: _("sign people out"),
        Verb.ACTIVITY_VIEW: _("view the activity log"),
        Verb.REVIEW_VIEW: _("view access reviews"),
        Verb.REVIEW_START: _("start access reviews"),
        Verb.REVIEW_DECIDE: _("decide in access reviews"),
        Verb.DUTY_VIEW: _("see who has duties to keep apart"),
        Verb.DUTY_EXCEPTION_REQUEST: _("ask for exceptions from duties to keep apart"),
        Verb.DUTY_EXCEPTION_ACCEPT: _("accept such exceptions"),
        Verb.SERVICE_USER_VIEW: _("view programs"),
        Verb.SERVICE_USER_CREATE: _("create programs"),
        Verb.SERVICE_USER_END: _("end programs"),
    }


def texts() -> Mapping[str, Mapping[str, str]]:
    """Return the abilities in the active language, in the form in which `access_changes` looks up entitlements."""
    return {verb.value: {"en": text} for verb, text in admin_abilities().items()}


def current(assignments: Sequence[AssignmentView]) -> AdminRights:
    """Return the admin rights that these assignments give now."""
    all_rights = [
        right for assignment in assignments for right in rights(assignment.verbs, assignment.access)
    ]
    return AdminRights(
        all_rights, frozenset().union(*(assignment.assignable_roles for assignment in assignments))
    )


def requested(access: AccessSpec, options: AssignableOptions) -> AdminRights:
    """Return the admin rights that this access would give; none for a tier that is not among the options."""
    tier = options.tier(access.role)
    return AdminRights(rights(tier.verbs, access), tier.assignable_roles) if tier else NO_RIGHTS


def rights(verbs: Iterable[str], access: AccessSpec) -> list[Right]:
    """Return these verbs as rights at the sites of this access, in the order of `admin_abilities`."""
    known = set(verbs)
    return [_right(verb.value, access) for verb in admin_abilities() if verb.value in known]


def _right(verb: str, access: AccessSpec) -> Right:
    return Right(
        membership=_NO_ID,
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
        assignment=_NO_ID,
    )


def compare_assignable(*, before: AdminRights, after: AdminRights, names: DisplayNames) -> AccessChanges:
    """Return one sentence for the tiers that become assignable, and one for those that no longer are."""
    gains = assignable_tiers(after.assignable_roles - before.assignable_roles, names)
    losses = assignable_tiers(before.assignable_roles - after.assignable_roles, names)
    return AccessChanges(gains, losses, gained=len(gains), lost=len(losses))


def assignable_tiers(keys: frozenset[str], names: DisplayNames) -> list[str]:
    """Return one sentence that lists these tiers; an empty list without any."""
    tiers = [supplier_texts.in_language(name) for key, name in names.tiers.items() if key in keys]
    return (
        [_("assign these tiers: %(tiers)s") % {"tiers": dates.name_list(tiers, most=_MAX_TIERS)}]
        if tiers
        else []
    )
