"""Taking a customer's existing people over from what the supplier had before: as many at once as there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.access import rules as access_rules
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.fingerprint import CHANGES_EACH_TIME
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, AlreadyMember
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from identity import lifecycle
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people import addresses
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class PersonToEnroll:
    """Somebody known to the supplier under a proven address. `password` is hashed; unusable: they reset it by mail."""

    email: str
    name: str
    password: str = field(metadata=CHANGES_EACH_TIME)
    language: str
    access: AccessSpec


@command
def enroll(
    *,
    actor: Actor,
    organization: Organization,
    people: Sequence[PersonToEnroll],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Make these people members with their access. Nobody is mailed. Statements: constant but for the kinds of access.

    Raises AlreadyMember, InvalidAccess, InvalidInput, ExceedsCeiling and AlreadyExists besides what every act raises.
    """
    people = _cleaned(people)
    with acting(
        actor, Verb.MEMBER_ENROLL, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        _within_ceiling(act, people)
        users = _users(act, people)
        (fresh,) = act.on
        joined = lifecycle.add_members(organization=fresh, users=users, at=act.at)
        assignments = [(membership.id, one.access) for membership, one in zip(joined, people, strict=True)]
        access_store.assign_each(assignments=assignments, actor=actor, act=act.id, at=act.at, reason="")
        _record_events(act, joined, people)
    return act.outcome


def _cleaned(people: Sequence[PersonToEnroll]) -> list[PersonToEnroll]:
    found = [
        replace(
            one,
            email=input_cleaning.address(one.email),
            name=input_cleaning.line(one.name, field="name", longest=input_cleaning.NAME, required=True),
            language=input_cleaning.language(one.language),
        )
        for one in people
    ]
    if len({one.email for one in found}) < len(found):
        raise AlreadyExists(field="email")
    return found


def _within_ceiling(act: Act, people: Sequence[PersonToEnroll]) -> None:
    for access in {str(one.access.to_json()): one.access for one in people}.values():
        access_rules.check_assignment_authority(
            actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
        )


def _users(act: Act, people: Sequence[PersonToEnroll]) -> list[User]:
    known = addresses.owners(addresses=[one.email for one in people])
    if len({user.id for user in known.values()}) < len(known):
        raise AlreadyExists(field="email")
    here = memberships_queries.active_or_suspended(at=act.at).filter(
        organization=act.organization, user__in=known.values()
    )
    if (first := here.first()) is not None:
        raise AlreadyMember(membership=str(first.id))
    fresh = [
        lifecycle.NewPerson(one.email, one.name, one.password, one.language)
        for one in people
        if one.email not in known
    ]
    known |= {user.email: user for user in lifecycle.create_people(people=fresh, at=act.at)}
    return [known[one.email] for one in people]


def _record_events(act: Act, joined: Sequence[Membership], people: Sequence[PersonToEnroll]) -> None:
    for membership, one in zip(joined, people, strict=True):
        act.also(
            Verb.MEMBER_ENROLL,
            Subject("membership", membership.id),
            cause=Verb.MEMBER_ENROLL,
            before={"state": "none"},
            after={"state": "active", "access": [one.access.to_json()]},
        )
    act.record(people=len(joined))
