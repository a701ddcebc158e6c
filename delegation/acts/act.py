"""A command holds this unit of work while it has the locks."""

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
    """Holds the details of one event, or of all events of an act."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, PersonalValue] = field(default_factory=dict)


@dataclass(slots=True)
class Act:
    """Represents an act in progress. `on` holds the rows reloaded under the locks; a command uses no others."""

    id: uuid.UUID
    at: dt.datetime
    actor: Actor
    verb: Verb
    subjects: SubjectSet
    chain_heads: dict[uuid.UUID, ChainHead]
    details: dict[uuid.UUID, EventDetails] = field(default_factory=dict)
    common: EventDetails = field(default_factory=EventDetails)
    consequences: list[tuple[uuid.UUID, EventDraft]] = field(default_factory=list)
    result: Any = None

    @property
    def on(self) -> list[Any]:
        """Return the subjects as reloaded under the locks."""
        return list(self.subjects.rows)

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the ids of the subjects, in the order of the set."""
        return list(self.subjects.ids)

    @property
    def organization(self) -> uuid.UUID:
        """Return the organization of the set.

        Raises NotFound for an act of the supplier and for several organizations.
        """
        organization = organization_of(self.subjects)
        if organization is None:
            raise NotFound
        return organization

    def record(self, *, reason: str = "", **facts: Any) -> None:
        """Add facts to every event of the act. `reason` is free text: encrypted, about its writer and the subject."""
        self.common.facts |= facts
        if reason:
            self.common.personal["reason"] = PersonalValue(reason, ())

    def require(self, verb: Verb, members: Sequence[Membership]) -> list[uuid.UUID]:
        """Authorize an effect on members and return their ids; an effect that is the act itself is authorized already.

        So is one that the act's verb implies for its own subjects: a handover ends the giver's membership.
        Raises Denied or NotFound as a separate act would, and TypeError where the members' users are not locked:
        `users()` of the act's set must name them.
        """
        ids = [row.id for row in members]
        if (verb is self.verb or verb in self.verb.rule.implies) and ids == self.ids:
            return ids
        if {row.user_id for row in members} - set(self.subjects.users()):
            raise TypeError(f"{verb} needs the locks of its members' users: name them in users() of the set.")
        if {row.organization_id for row in members} != {self.organization}:
            raise NotFound
        authorize.require_members(actor=self.actor, verb=verb, ids=ids, at=self.at)
        return ids

    def record_change(
        self,
        subject: uuid.UUID,
        *,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        facts: Mapping[str, Any] | None = None,
        verb: Verb | None = None,
    ) -> None:
        """Record the state of a subject before and after: ids, codes, numbers and instants only, as its `facts` are.

        It goes into the subject's own event; a `verb` or subject other than the act's gets a consequence event.
        """
        changed_by = verb or self.verb
        if changed_by is self.verb and self.subjects.contains(subject):
            details = self.details.setdefault(subject, EventDetails())
            details.before |= before
            details.after |= after
            details.facts |= facts or {}
            return
        event = EventDraft(
            verb=changed_by.value,
            subject=Subject(changed_by.rule.on.value, subject),
            facts=facts or {},
            before=before,
            after=after,
            cause=self.verb.value,
        )
        self.consequences.append((self._default_chain, event))

    def record_personal(self, subject: uuid.UUID, name: str, text: str, *about: uuid.UUID) -> None:
        """Record a personal value, encrypted under the keys of those it is about. An empty value is left out."""
        if text:
            self.details.setdefault(subject, EventDetails()).personal[name] = PersonalValue(text, about)

    def also(
        self,
        verb: Verb,
        subject: Subject,
        *,
        cause: Verb,
        facts: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        personal: Mapping[str, PersonalValue] | None = None,
        chain: uuid.UUID | None = None,
    ) -> None:
        """Record a consequence in the same transaction; it is authorized first, unless `cause` implies it.

        Raises Denied or NotFound where the actor may not do `verb` to this subject.
        """
        if verb is not cause and verb not in cause.rule.implies:
            authorize.require_one(actor=self.actor, verb=verb, subject=subject, at=self.at)
        event = EventDraft(
            verb=verb.value,
            subject=subject,
            facts=facts or {},
            before=before or {},
            after=after or {},
            personal=personal or {},
            cause=cause.value,
        )
        self.consequences.append((chain or self._default_chain, event))

    @property
    def _default_chain(self) -> uuid.UUID:
        return self.subjects.event_chain(self.ids[0]).chain

    def set_result(self, result: R) -> Outcome[R]:
        """Store the result for a repeated request, and return the outcome that the command returns."""
        self.result = result
        return Outcome(self.id, self.at, organization_of(self.subjects), tuple(self.ids), result)

    @property
    def outcome(self) -> Outcome[Any]:
        """Return the outcome of the command, with the result set so far."""
        return Outcome(self.id, self.at, organization_of(self.subjects), tuple(self.ids), self.result)
