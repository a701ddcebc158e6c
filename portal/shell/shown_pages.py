"""Staff who look along see these pages, and no other."""

from collections.abc import Mapping

from django.urls import ResolverMatch

from delegation.staff.readings import Reading
from identity.memberships.queries import ActiveMembership

SHOWN: Mapping[str, Reading] = {
    "home": Reading.LOOK_HOME,
    "people": Reading.LOOK_PEOPLE,
    "person": Reading.LOOK_PERSON,
    "removal": Reading.LOOK_PERSON,
    "activity": Reading.LOOK_ACTIVITY,
    "my_access": Reading.LOOK_OWN,
    "invite": Reading.LOOK_FORM,
    "invitation_cancel": Reading.LOOK_FORM,
    "people_access": Reading.LOOK_FORM,
    "people_remove": Reading.LOOK_FORM,
    "people_sites": Reading.LOOK_FORM,
    "person_access": Reading.LOOK_FORM,
    "person_remove": Reading.LOOK_FORM,
    "person_restore": Reading.LOOK_FORM,
    "person_sign_out": Reading.LOOK_FORM,
    "second_admin": Reading.LOOK_FORM,
}
"""The pages that staff may see, by route, and what the log says of each. Any other page is never shown."""


def may_be_shown(match: ResolverMatch | None, membership: ActiveMembership) -> bool:
    """Return whether this is a page of the organization of the look, and one that staff may see."""
    return (
        match is not None
        and match.url_name in SHOWN
        and match.kwargs.get("organization") == membership.organization.key
    )
