"""Who could do this to this colleague? The same answer as `policy`, as people at an instant."""

import datetime as dt
import uuid

from django.db.models import QuerySet

from audit.foundation.intervals import InForce
from delegation.authorization import authorities
from delegation.authorization.authorities import MembershipState
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Reach, State, Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership


def who_could(*, verb: Verb, membership: uuid.UUID, at: dt.datetime) -> set[uuid.UUID]:
    """The ids of the users who could do `verb` to this colleague at `at`."""
    colleague = authorities.membership_states(ids=[membership], at=at).get(membership)
    if colleague is None or not colleague.open or not _made_sense(verb, colleague):
        return set()
    needed = {held.role for held in colleague.held} if verb.rule.within_authority else set()
    roles = [
        version.role_id
        for version in RoleVersion.objects.filter(InForce(at), verbs__contains=[verb.value])
        if needed <= set(version.gives)
    ]
    given = authorities.in_force(at).filter(role__in=roles, membership__in=_acting(colleague, at))
    rows = list(given.values_list("id", "membership__user_id", "all_sites"))
    places = authorities.sites_of(row[0] for row in rows)
    able = {
        user for one, user, everywhere in rows if everywhere or _in_reach(verb, places.get(one), colleague)
    }
    return able if verb.rule.allow_self else able - {colleague.user}


def _acting(colleague: MembershipState, at: dt.datetime) -> QuerySet[Membership]:
    active = memberships_queries.active(at=at)
    return active.filter(organization=colleague.organization, user__is_active=True)


def _made_sense(verb: Verb, colleague: MembershipState) -> bool:
    wanted = verb.rule.state
    return wanted is State.ANY or (wanted is State.ENDED) == (colleague.state == "ended")


def _in_reach(verb: Verb, sites: frozenset[uuid.UUID] | None, colleague: MembershipState) -> bool:
    mine = sites or frozenset()
    theirs: set[uuid.UUID] = set().union(*(held.sites for held in colleague.held))
    everywhere = any(held.all_sites for held in colleague.held)
    if verb.rule.reach is Reach.TOUCH:
        return everywhere or bool(theirs & mine)
    return bool(colleague.held) and not everywhere and theirs <= mine
