"""Taking a customer's existing people over from what the supplier had before: as many at once as there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from audit.actor import Actor
from audit.ledger import Subject
from delegation import granting, inputs, rules
from delegation.act import Act, OrganizationSet, Outcome, acting, command
from delegation.act.fingerprint import CHANGES_EACH_TIME
from delegation.errors import AlreadyMember, Taken
from delegation.verbs import Verb
from delegation.wanted import Access
from identity import addresses, lifecycle, memberships
from identity.models import Membership, Organization, User


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody known to the supplier under a proven address. `password` is hashed; unusable: they reset it by mail."""

    email: str
    name: str
    password: str = field(metadata=CHANGES_EACH_TIME)
    language: str
    access: Access


@command
def enroll(
    *,
    actor: Actor,
    organization: Organization,
    people: Sequence[Enrolled],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Make these people members with their access. Nobody is mailed. Statements: constant but for the kinds of access.

    Raises AlreadyMember, BadAccess, BadInput, BeyondCeiling and Taken besides what every act raises.
    """
    people = _cleaned(people)
    with acting(
        actor, Verb.MEMBER_ENROLL, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        _within_ceiling(act, people)
        users = _users(act, people)
        (fresh,) = act.on
        joined = lifecycle.join(organization=fresh, users=users, at=act.at)
        gifts = [(membership.id, one.access) for membership, one in zip(joined, people, strict=True)]
        granting.give_each(gifts=gifts, actor=actor, act=act.id, at=act.at, reason="")
        _tell(act, joined, people)
    return act.outcome


def _cleaned(people: Sequence[Enrolled]) -> list[Enrolled]:
    found = [
        replace(
            one,
            email=inputs.address(one.email),
            name=inputs.line(one.name, field="name", longest=inputs.NAME, required=True),
            language=inputs.language(one.language),
        )
        for one in people
    ]
    if len({one.email for one in found}) < len(found):
        raise Taken(field="email")
    return found


def _within_ceiling(act: Act, people: Sequence[Enrolled]) -> None:
    for access in {str(one.access.to_json()): one.access for one in people}.values():
        rules.within_authority(
            actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
        )


def _users(act: Act, people: Sequence[Enrolled]) -> list[User]:
    known = addresses.holders(addresses=[one.email for one in people])
    if len({user.id for user in known.values()}) < len(known):
        raise Taken(field="email")
    here = memberships.present(at=act.at).filter(organization=act.organization, user__in=known.values())
    if (first := here.first()) is not None:
        raise AlreadyMember(membership=str(first.id))
    fresh = [
        lifecycle.NewPerson(one.email, one.name, one.password, one.language)
        for one in people
        if one.email not in known
    ]
    known |= {user.email: user for user in lifecycle.create_people(people=fresh, at=act.at)}
    return [known[one.email] for one in people]


def _tell(act: Act, joined: Sequence[Membership], people: Sequence[Enrolled]) -> None:
    for membership, one in zip(joined, people, strict=True):
        act.also(
            Verb.MEMBER_ENROLL,
            Subject("membership", membership.id),
            because=Verb.MEMBER_ENROLL,
            before={"state": "none"},
            after={"state": "active", "access": [one.access.to_json()]},
        )
    act.say(people=len(joined))
