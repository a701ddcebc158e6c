"""A service user has an end, and at its creation no scope that its owner could not use."""

import datetime as dt
from collections.abc import Collection, Mapping

from delegation.authorization import authorities, input_cleaning, service_scopes, staff_rights, staff_roles
from delegation.authorization.errors import ExceedsAuthority, InvalidAccess, InvalidInput
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from identity.people.models import User
from identity.service_users import queries as service_users_queries
from identity.service_users.models import ServiceUser
from identity.staff.models import StaffIdentity

MAX_VALIDITY = dt.timedelta(days=366)
MAX_VALIDITY_OF_STAFF = dt.timedelta(days=180)
MAX_IN_FORCE = 50
"""Service users of one organization, or of all staff; those whose owner has left are not counted."""
LONGEST_OVERLAP = 90 * 24
"""Hours for which a replaced secret may still be accepted."""


def check(
    *, owner: Membership, scopes: Collection[str], until: dt.datetime, jwks_uri: str, at: dt.datetime
) -> None:
    """Check scopes, end, the address of keys, and number. Raises InvalidInput, InvalidAccess and ExceedsAuthority."""
    _check_scopes(owner, scopes, at)
    check_end(until, at)
    check_keys(jwks_uri)
    present = service_users_queries.count_in_force(organization=owner.organization_id, at=at)
    if present >= MAX_IN_FORCE:
        raise InvalidInput(field="name", problem="too_many_service_users", longest=MAX_IN_FORCE)


def _check_scopes(owner: Membership, scopes: Collection[str], at: dt.datetime) -> None:
    """Check that the scopes exist, and that the owner may do all that they allow."""
    own = authorities.authorities_of_people(users=[owner.user_id], at=at, organization=owner.organization_id)[
        owner.user_id
    ]
    held = frozenset(verb for authority in own for verb in authority.verbs)
    _check_known(scopes, service_scopes.VERBS, held)


def check_for_staff(*, owner: User, scopes: Collection[str], until: dt.datetime, at: dt.datetime) -> None:
    """Check scopes, end and number for one that a staff member owns. Raises as `check`."""
    identity = StaffIdentity.objects.filter(user=owner).first()
    roles = identity.roles.split() if identity else []
    rights = staff_rights.rights_of(user=owner.pk, roles=roles, at=at)
    held = frozenset(verb for right in rights for verb in staff_roles.VERBS[right.role])
    _check_known(scopes, service_scopes.STAFF_VERBS, held)
    check_end(until, at, MAX_VALIDITY_OF_STAFF)
    if service_users_queries.count_of_staff(at=at) >= MAX_IN_FORCE:
        raise InvalidInput(field="name", problem="too_many_service_users", longest=MAX_IN_FORCE)


def _check_known(scopes: Collection[str], known: Mapping[str, frozenset[Verb]], held: frozenset[str]) -> None:
    """Check that the scopes exist, and that what they allow is among what the owner may do."""
    if not scopes:
        raise InvalidInput(field="scopes", problem="missing")
    if set(scopes) - known.keys():
        raise InvalidInput(field="scopes", problem="unknown")
    if not service_scopes.verbs_of(scopes) <= held:
        raise ExceedsAuthority(field="scopes")


def check_overlap(hours: int) -> None:
    """Raise InvalidInput unless a replaced secret ends within LONGEST_OVERLAP."""
    if not 0 <= hours <= LONGEST_OVERLAP:
        raise InvalidInput(field="overlap_hours", problem="unknown")


def check_keys(jwks_uri: str, *, required: bool = False) -> None:
    """Raise InvalidInput for an address that is no unambiguous https URL; an empty one stands for a secret."""
    if jwks_uri or required:
        input_cleaning.web_address(jwks_uri, field="jwks_uri")


def longest(service_user: ServiceUser) -> dt.timedelta:
    """Return how long this service user may last from now on."""
    return MAX_VALIDITY if service_user.staff_owner_id is None else MAX_VALIDITY_OF_STAFF


def check_end(until: dt.datetime, at: dt.datetime, longest: dt.timedelta = MAX_VALIDITY) -> None:
    """Check that the end lies ahead, and no further than `longest`. Raises InvalidAccess and ExceedsAuthority."""
    if until.tzinfo is None:
        raise InvalidAccess(field="until", problem="not_an_instant")
    if until <= at:
        raise InvalidAccess(field="until", problem="past")
    latest = at + longest
    if until > latest:
        raise ExceedsAuthority(field="until", until=latest.isoformat())
