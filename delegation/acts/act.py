"""What a command has in hand while it holds the locks."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from audit.foundation.actor import Actor
from audit.log.ledger import ChainHead, EventDraft, Subject
from audit.personal_data import PersonalValue
from delegation.acts import authorize
from delegation.acts.idempotency import Outcome
from delegation.acts.subjects import SubjectSet, organization_of
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership

R = TypeVar("R")


@dataclass(slots=True)
class EventDetails:
    """What is to stand in one event, or in all of an act."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    private: dict[str, PersonalValue] = field(default_factory=dict)


@dataclass(slots=True)
class Act:
    """One act under way. `on` is what was read again under the locks; a command uses nothing else."""

    id: uuid.UUID
    at: dt.datetime
    actor: Actor
    verb: Verb
    subjects: SubjectSet
    held: dict[uuid.UUID, ChainHead]
    said: dict[uuid.UUID, EventDetails] = field(default_factory=dict)
    common: EventDetails = field(default_factory=EventDetails)
    consequences: list[tuple[uuid.UUID, EventDraft]] = field(default_factory=list)
    result: Any = None

    @property
    def on(self) -> list[Any]:
        """The subjects as they are under the locks."""
        return list(self.subjects.rows)

    @property
    def ids(self) -> list[uuid.UUID]:
        """Their ids."""
        return list(self.subjects.ids)

    @property
    def organization(self) -> uuid.UUID:
        """The one organization of the set. Raises NotFound for the supplier's own acts, and for several."""
        organization = organization_of(self.subjects)
        if organization is None:
            raise NotFound
        return organization

    def say(self, *, reason: str = "", **facts: Any) -> None:
        """Facts of the whole act. `reason` is free text: it is about its writer and every subject, and is sealed."""
        self.common.facts |= facts
        if reason:
            self.common.private["reason"] = PersonalValue(reason, ())

    def changed(self, one: uuid.UUID, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """What was and what is now, for one of the set: ids, codes, numbers, instants."""
        said = self.said.setdefault(one, EventDetails())
        said.before |= before
        said.after |= after

    def require(self, verb: Verb, members: Sequence[Membership]) -> list[uuid.UUID]:
        """Authorize an effect on members, and give their ids: nothing more is asked where the act itself is that.

        Raises Denied or NotFound as an act of its own would, and TypeError where their users are not locked: let
        `users()` of the act's set name them.
        """
        ids = [row.id for row in members]
        if verb is self.verb and ids == self.ids:
            return ids
        if {row.user_id for row in members} - set(self.subjects.users()):
            raise TypeError(f"{verb} needs the locks of its members' users: name them in users() of the set.")
        if {row.organization_id for row in members} != {self.organization}:
            raise NotFound
        authorize.require_members(actor=self.actor, verb=verb, ids=ids, at=self.at)
        return ids

    def record_change(
        self, verb: Verb, one: Subject, *, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """What an effect changed: in the act's own event where it is about its own subject, else in a further one."""
        if verb is self.verb and self.subjects.has(one.id):
            self.changed(one.id, before=before, after=after)
            return
        entry = EventDraft(verb=verb.value, subject=one, before=before, after=after, cause=self.verb.value)
        self.consequences.append((self.subjects.home(self.ids[0]).chain, entry))

    def record_personal(self, one: uuid.UUID, name: str, text: str, *about: uuid.UUID) -> None:
        """A personal value of one of the set, sealed under the keys of those it is about; nothing where it is empty."""
        if text:
            self.said.setdefault(one, EventDetails()).private[name] = PersonalValue(text, about)

    def also(
        self,
        verb: Verb,
        subject: Subject,
        *,
        cause: Verb,
        facts: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        chain: uuid.UUID | None = None,
    ) -> None:
        """What follows in the same transaction: recorded like the first, and decided like it unless that entails it.

        Raises Denied or NotFound where the actor may not do `verb` to this subject.
        """
        if verb is not cause and verb not in cause.rule.implies:
            authorize.require_one(actor=self.actor, verb=verb, subject=subject, at=self.at)
        entry = EventDraft(
            verb=verb.value,
            subject=subject,
            facts=facts or {},
            before=before or {},
            after=after or {},
            cause=cause.value,
        )
        self.consequences.append((chain or self.subjects.home(self.ids[0]).chain, entry))

    def set_result(self, result: R) -> Outcome[R]:
        """What the command's caller needs besides ids, stored for a repetition. Returns what the command returns."""
        self.result = result
        return Outcome(self.id, self.at, organization_of(self.subjects), tuple(self.ids), result)

    @property
    def outcome(self) -> Outcome[Any]:
        """What the command returns, with the result that was set."""
        return Outcome(self.id, self.at, organization_of(self.subjects), tuple(self.ids), self.result)
