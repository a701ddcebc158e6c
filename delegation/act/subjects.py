"""What an act is done to: which chains and users that locks, and what is read again under the locks."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from audit import ledger
from audit.actor import Actor
from audit.ledger import Subject
from audit.models import Chain
from delegation import policy, scopes
from delegation.errors import NotFound
from delegation.models import Invitation
from delegation.policy import Decision
from delegation.verbs import Verb
from identity.models import Membership, Organization, User


@dataclass(frozen=True, slots=True)
class Founding:
    """An organization that is about to be made: its own chain, from its first event."""

    organization: uuid.UUID


@dataclass(frozen=True, slots=True)
class Supplier:
    """The supplier's own things; `affects` are the organizations that get a consequence event."""

    affects: tuple[uuid.UUID, ...] = ()


SUPPLIER = Supplier()

On = Sequence[Membership] | Sequence[Invitation] | Organization | User | Founding | Supplier


@dataclass(slots=True)
class Subjects:
    """The set of an act in one form, whatever its kind. `rows` are what was read last."""

    kind: str
    chain: uuid.UUID
    organization: uuid.UUID | None
    rows: list[Any]
    also_chains: tuple[uuid.UUID, ...] = ()
    founding: bool = False

    @property
    def ids(self) -> list[uuid.UUID]:
        """The ids of the set, in its order."""
        return [row.id for row in self.rows] if self.rows else [self.chain]

    def chains(self) -> list[uuid.UUID]:
        """Every chain that has to be held."""
        if self.founding:
            ledger.open_chain(chain=self.chain, kind=Chain.Kind.ORGANIZATION)
        return [self.chain, *self.also_chains]

    def users(self) -> set[uuid.UUID]:
        """Whose user rows have to be held."""
        if self.kind == "user":
            return set(self.ids)
        return set(self.people().values())

    def people(self) -> dict[uuid.UUID, uuid.UUID]:
        """The user behind each membership of the set."""
        return {row.id: row.user_id for row in self.rows} if self.kind == "membership" else {}

    def decide(self, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Ask the policy for the whole set."""
        if self.kind == "membership":
            return policy.on_memberships(actor=actor, verb=verb, memberships=self.ids, at=at)
        if self.kind == "invitation":
            return self._invitations(actor, verb, at)
        if self.kind == "organization" and not self.founding:
            return policy.on_organization(actor=actor, verb=verb, organization=self.chain, at=at)
        if self.kind == "user":
            return policy.on_person(actor=actor, user=self.chain)
        return policy.on_supplier(actor=actor, verb=verb)

    def _invitations(self, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        if verb is Verb.INVITATION_ACCEPT:
            return policy.YES  # whoever holds the link: the command checks it under the lock
        if self.organization is None:
            return Decision(allowed=False, reason="unseen", seen=False)
        mine = scopes.invitations_ever(actor=actor, verb=verb, at=at, organization=self.organization)
        found = set(mine.filter(id__in=self.ids).values_list("id", flat=True))
        refused = tuple(one for one in self.ids if one not in found)
        return (
            Decision(allowed=False, reason="unseen", refused=refused, seen=False) if refused else policy.YES
        )

    def read_again(self) -> None:
        """Replace the rows by what is true under the locks.

        Raises NotFound where one is gone, or is not of the organization whose chain is held.
        """
        if not self.rows:
            return
        rows = _ROWS[self.kind].filter(id__in=self.ids)
        fresh = {row.id: row for row in rows if getattr(row, "organization_id", self.chain) == self.chain}
        if len(fresh) != len(self.rows):
            raise NotFound
        self.rows = [fresh[one] for one in self.ids]

    def subject(self, one: uuid.UUID) -> Subject:
        """How the log names one of the set."""
        return Subject(self.kind, one)


_ROWS: dict[str, QuerySet[Any]] = {
    "membership": Membership.objects.all(),
    "invitation": Invitation.objects.select_related("organization", "role"),
    "organization": Organization.objects.all(),
    "user": User.everyone.all(),
}


def subjects(on: On) -> Subjects:
    """Raises NotFound for an empty set and for a set over several organizations."""
    if isinstance(on, Founding):
        return Subjects("organization", on.organization, on.organization, [], founding=True)
    if isinstance(on, Supplier):
        return Subjects("supplier", ledger.SUPPLIER, None, [], also_chains=on.affects)
    if isinstance(on, Organization):
        return Subjects("organization", on.id, on.id, [on])
    if isinstance(on, User):
        return Subjects("user", on.id, None, [on])
    return _set(list(on))


def _set(rows: Iterable[Membership | Invitation]) -> Subjects:
    unique = list({row.id: row for row in rows}.values())
    organizations = {row.organization_id for row in unique}
    if len(organizations) != 1:
        raise NotFound
    where = organizations.pop()
    kind = "membership" if isinstance(unique[0], Membership) else "invitation"
    return Subjects(kind, where, where, list(unique))
