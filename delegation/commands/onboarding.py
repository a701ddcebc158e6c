"""Taking a customer's existing people over from what the supplier had before: as many at once as there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.actor import Actor
from audit.ledger import Subject
from delegation import granting, rules
from delegation.act import Act, Outcome, acting, command
from delegation.errors import AlreadyMember
from delegation.verbs import Verb
from delegation.wanted import Access
from identity import lifecycle, memberships, names
from identity.models import Membership, Organization, User


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody known to the supplier under a proven address. `password` is hashed; unusable: they reset it by mail."""

    email: str
    name: str
    password: str
    language: str
    access: Access


@command
def enroll(
    *, actor: Actor, organization: Organization, people: Sequence[Enrolled], once: str | None = None
) -> Outcome:
    """Make these people members with their access. Nobody is mailed. Statements: constant but for the kinds of access.

    Raises AlreadyMember, BadAccess, BeyondCeiling besides what every act raises.
    """
    with acting(actor, Verb.MEMBER_ENROLL, on=organization, once=once, asked={"people": len(people)}) as act:
        _within_ceiling(act, people)
        users = _users(act, people)
        (fresh,) = act.on
        joined = lifecycle.join(organization=fresh, users=users, at=act.at)
        gifts = [(membership.id, one.access) for membership, one in zip(joined, people, strict=True)]
        granting.give_each(gifts=gifts, actor=actor, act=act.id, at=act.at, reason="")
        _tell(act, joined, people)
    return act.outcome


def _within_ceiling(act: Act, people: Sequence[Enrolled]) -> None:
    for access in {str(one.access.facts()): one.access for one in people}.values():
        rules.within_authority(
            actor=act.actor, verb=act.verb, organization=act.organization, access=access, at=act.at
        )


def _users(act: Act, people: Sequence[Enrolled]) -> list[User]:
    addresses = [one.email.lower() for one in people]
    known = {user.email: user for user in User.objects.filter(email__in=addresses)}
    here = memberships.present(at=act.at).filter(organization=act.organization, user__in=known.values())
    if (first := here.first()) is not None:
        raise AlreadyMember(membership=str(first.id))
    fresh = [
        lifecycle.NewPerson(one.email.lower(), names.cleaned(one.name), one.password, one.language)
        for one in people
        if one.email.lower() not in known
    ]
    known |= {user.email: user for user in lifecycle.create_people(people=fresh, at=act.at)}
    return [known[address] for address in addresses]


def _tell(act: Act, joined: Sequence[Membership], people: Sequence[Enrolled]) -> None:
    for membership, one in zip(joined, people, strict=True):
        act.also(
            Verb.MEMBER_ENROLL,
            Subject("membership", membership.id),
            because=Verb.MEMBER_ENROLL,
            before={"state": "none"},
            after={"state": "active", "access": [one.access.facts()]},
        )
    act.say(people=len(joined))
