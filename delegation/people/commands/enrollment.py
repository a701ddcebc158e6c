"""A customer's existing people are enrolled from the supplier's earlier system, all in one act."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from audit.personal_data import SUBJECT_LABEL, PersonalValue
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
from delegation.departures import due
from identity import lifecycle
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people import addresses, credentials, user_locks
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class PersonToEnroll:
    """Describes a person whose address is verified.

    `password` is a hash; with an unusable one the person resets it by mail.
    """

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
    """Make these people members with their access, without mail. Each different access costs its own check.

    Raises AlreadyMember, InvalidAccess, InvalidInput, ExceedsCeiling and AlreadyExists besides the errors of every act.
    """
    people = _cleaned(people)
    due.carry_out(organization=organization.id)
    with acting(
        actor, Verb.MEMBER_ENROLL, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        _check_each_access(act, people)
        users, new = _load_or_create_users(act, people)
        (locked,) = act.on
        members = lifecycle.add_members(organization=locked, users=users, at=act.at)
        assignments = [(member.id, person.access) for member, person in zip(members, people, strict=True)]
        access_store.assign_each(assignments=assignments, actor=actor, act=act.id, at=act.at)
        _record_events(act, list(zip(members, users, people, strict=True)), new)
    return act.outcome


def _cleaned(people: Sequence[PersonToEnroll]) -> list[PersonToEnroll]:
    cleaned = [
        replace(
            person,
            email=input_cleaning.address(person.email),
            name=input_cleaning.name(person.name),
            language=input_cleaning.language(person.language),
        )
        for person in people
    ]
    if len({person.email for person in cleaned}) < len(cleaned):
        raise AlreadyExists(field="email")
    return cleaned


def _check_each_access(act: Act, people: Sequence[PersonToEnroll]) -> None:
    for access in {str(person.access.to_json()): person.access for person in people}.values():
        access_rules.check_assignment_authority(
            actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
        )


def _load_or_create_users(act: Act, people: Sequence[PersonToEnroll]) -> tuple[list[User], set[uuid.UUID]]:
    """Return the users in the order of `people`, and the ids of those who are new."""
    known = _load_known(people)
    if len({user.id for user in known.values()}) < len(known):
        raise AlreadyExists(field="email")
    present = memberships_queries.active_or_suspended(at=act.at).filter(
        organization=act.organization, user__in=known.values()
    )
    if (member := present.first()) is not None:
        raise AlreadyMember(membership=str(member.id))
    new_people = [
        lifecycle.NewPerson(person.email, person.name, person.password, person.language)
        for person in people
        if person.email not in known
    ]
    created = lifecycle.create_people(people=new_people, at=act.at)
    known |= {user.email: user for user in created}
    return [known[person.email] for person in people], {user.id for user in created}


def _load_known(people: Sequence[PersonToEnroll]) -> dict[str, User]:
    """Load the users who have one of these addresses, and lock them: the memberships copy their sort keys."""
    emails = [person.email for person in people]
    known = addresses.owners(addresses=emails)
    if not known:
        return known
    user_locks.lock_users(users=sorted(user.id for user in known.values()), mode="SHARE")
    return addresses.owners(addresses=emails)


def _record_events(
    act: Act, enrolled: Sequence[tuple[Membership, User, PersonToEnroll]], new: Collection[uuid.UUID]
) -> None:
    for member, user, person in enrolled:
        is_new = user.id in new
        act.also(
            Verb.MEMBER_ENROLL,
            Subject("membership", member.id),
            cause=Verb.MEMBER_ENROLL,
            before={"state": "none"},
            after={
                "state": "active",
                "access": [person.access.to_json()],
                **credentials.joined(user=user, is_new=is_new),
            },
            personal={SUBJECT_LABEL: PersonalValue(user.name, (user.id,))}
            | ({"email": PersonalValue(user.email, (user.id,))} if is_new else {}),
        )
    act.record(members=len(enrolled))
