"""Deliveries in the log: plain events beside the chain, one for each that arrived or newly failed, under its act."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from audit import actor, ids, ledger
from audit.ledger import Entry, Heading, Subject
from delegation.verbs import Noted
from provisioning.errand import Ending
from provisioning.models import Mail
from provisioning.settling import Known


class Notes:
    """Collects entries by organization and act, so that each group is one insert."""

    def __init__(self) -> None:
        self.entries: dict[tuple[uuid.UUID, uuid.UUID | None, uuid.UUID], list[Entry]] = defaultdict(list)

    def say(
        self,
        verb: Noted,
        *,
        subject: Subject,
        stream: uuid.UUID,
        organization: uuid.UUID | None,
        act: uuid.UUID,
        facts: Mapping[str, Any],
    ) -> None:
        """One event in the stream of the organization, else of the person, else of the supplier."""
        entry = Entry(verb=verb.value, subject=subject, outcome="noted", facts=facts)
        self.entries[stream, organization, act].append(entry)

    def write(self, *, at: dt.datetime) -> None:
        """Insert what was said; the caller's transaction."""
        for (stream, organization, act), entries in self.entries.items():
            heading = Heading(actor=actor.system(), act=act, at=at, organization=organization)
            ledger.note(chain=stream, heading=heading, entries=entries)


def seconds(since: dt.datetime, until: dt.datetime) -> str:
    """A duration as it stands in the log."""
    return f"{max((until - since).total_seconds(), 0):.3f}"


def mail(notes: Notes, verb: Noted, row: Mail, facts: Mapping[str, Any]) -> None:
    """Of one mail, under what it is about."""
    notes.say(
        verb,
        subject=Subject("mail", row.id),
        stream=row.organization or row.about or ledger.SUPPLIER,
        organization=row.organization,
        act=row.about or row.id,
        facts={"purpose": row.purpose, **({"about": str(row.about)} if row.about else {}), **facts},
    )


def accounts(*, delivered: Sequence[Known], failed: Sequence[Ending], at: dt.datetime) -> None:
    """Note what targets have learned, and what they newly refuse."""
    notes = Notes()
    for one in delivered:
        membership = str(one.membership)
        rights = one.ending.errand.row.wanted.rights.get(membership, [])
        # Of this membership alone: whether the person is active for others is nothing for this organization's log.
        held = {"active": bool(rights), "rights": len(rights), "seconds": seconds(one.asked_at, at)}
        facts = {**_facts(one.ending), **held}
        _say(notes, Noted.ACCOUNT_DELIVERED, one.membership, one.organization, one.act, facts)
    for ending in failed:
        code = {"code": ending.problem.code.value if ending.problem else ""}
        for membership, organization in ending.errand.row.wanted.organizations.items():
            held = {"active": bool(ending.errand.row.wanted.rights.get(membership))}
            facts = {**_facts(ending), **held, **code}
            _say(notes, Noted.ACCOUNT_FAILED, uuid.UUID(membership), organization, _act(ending), facts)
    notes.write(at=at)


def _say(
    notes: Notes,
    verb: Noted,
    membership: uuid.UUID,
    organization: uuid.UUID,
    act: uuid.UUID,
    facts: Mapping[str, Any],
) -> None:
    subject = Subject("membership", membership)
    notes.say(verb, subject=subject, stream=organization, organization=organization, act=act, facts=facts)


def _facts(ending: Ending) -> dict[str, Any]:
    push = ending.errand.row
    return {
        "target": str(push.target.id),
        "application": push.target.application.key,
    }


def _act(ending: Ending) -> uuid.UUID:
    return ending.errand.row.account.act or ids.uuid7()
