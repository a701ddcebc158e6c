"""A look is the subject of the acts of the person who allows it and of the staff member who begins it."""

import datetime as dt
import uuid
from collections.abc import Sequence

from audit.foundation import clock, ids
from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.subjects import EventChain, RowsOfOneOrganization
from delegation.authorization import authorities, policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.looks import queries as looks_queries
from identity.looks.models import Look
from identity.memberships.models import SHOWN_NAME, Membership


class _AboutMember(RowsOfOneOrganization):
    """Names the person of the look in its events, by the membership."""

    kind = On.LOOK
    member: Membership

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return the person of the look."""
        del subject
        return self.member.user_id

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the person's name, as the organization sees it."""
        del subject
        rows = Membership.objects.filter(id=self.member.id).annotate(person_name=SHOWN_NAME)
        return PersonalValue(rows.values_list("person_name", flat=True).get(), (self.member.user_id,))

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the membership of the person."""
        del subject
        return Subject("membership", self.member.id)


class LookSet(_AboutMember):
    """Holds one look that exists."""

    stored = Look.objects.select_related("membership", "rule")

    def __init__(self, look: Look) -> None:
        super().__init__([look])
        self.member = look.membership

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Let the two of the look end it, and the staff member prepare. Others do not see it."""
        (look,) = self.rows
        own = look.staff_id if actor.kind is ActorKind.STAFF else self.member.user_id
        if actor.kind not in {ActorKind.PERSON, ActorKind.STAFF} or own != actor.id:
            return policy.HIDDEN
        if verb is Verb.LOOK_END:
            return policy.YES
        is_staff = actor.kind is ActorKind.STAFF
        return _by_staff_right(actor, verb, self.organization, at) if is_staff else policy.HIDDEN


class NewLook(_AboutMember):
    """Holds the look that an act makes: a person's consent, or a staff member's beginning by the standing rule."""

    is_new = True

    def __init__(self, member: Membership) -> None:
        self.look = ids.uuid7()
        self.member = member
        self.organization = member.organization_id
        self.rows = [member]

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the id of the new look."""
        return [self.look]

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare by id."""
        return subject == self.look

    def users(self) -> Sequence[uuid.UUID]:
        """Lock the person: two consents of one person are made one after the other."""
        return [self.member.user_id]

    def reload(self) -> None:
        """Read the membership again under the lock."""
        self.rows = [Membership.objects.get(id=self.member.id)]

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Let the person allow it as an active member, and staff begin it by a right for the organization."""
        if authorities.period_states(ids=[self.member.id], at=at).get(self.member.id) != "active":
            return policy.HIDDEN
        if verb is Verb.LOOK_ALLOW:
            own = actor.kind is ActorKind.PERSON and actor.id == self.member.user_id
            return policy.YES if own else policy.HIDDEN
        return _by_staff_right(actor, verb, self.organization, at)


class LookOfCode(_AboutMember):
    """Holds the consent with this code.

    An unknown code, and one from outside the actor's rights, are refused alike.
    """

    is_new = True
    stored = Look.objects.select_related("membership", "rule")

    def __init__(self, code: str) -> None:
        self._code = code
        self._find(clock.now())

    def _find(self, at: dt.datetime) -> None:
        look = looks_queries.of_code(code=self._code, at=at)
        self.rows = [look] if look else []
        if look:
            self.member, self.organization = look.membership, look.organization_id

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the id of the consent; none for an unknown code."""
        return [look.id for look in self.rows]

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare by id."""
        return subject in self.ids

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the organization's chain."""
        del subject
        return EventChain(self.organization, self.organization)

    def reload(self) -> None:
        """Read the consent again under the locks: of two who enter a code at once, one begins."""
        known = self.ids
        self._find(clock.now())
        if self.ids != known:
            self.rows = []

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's right for the organization of the consent; hide everything else."""
        organization = self.organization if self.rows else ids.uuid7()
        decision = _by_staff_right(actor, verb, organization, at)
        return policy.YES if self.rows and decision else policy.HIDDEN


def _by_staff_right(actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> Decision:
    return policy.SupplierData((organization,)).decide(actor=actor, verb=verb, at=at)
