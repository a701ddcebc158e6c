"""A person blocks the own sign-in, and a member of staff closes the report."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from delegation.people.subjects import PersonInOrganizations
from delegation.takeover_reports import rules
from delegation.takeover_reports.models import TakeoverReport
from delegation.takeover_reports.subjects import ReportingPerson
from identity import erasure, revocation
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class SignInBlocked:
    """Names the report, and counts the factors that were removed."""

    report: uuid.UUID
    removed_factors: int


@command
def report(
    *, actor: Actor, person: User, changed_at: dt.datetime, idempotency_key: str | None = None
) -> Outcome[SignInBlocked]:
    """Block the person's sign-in after a change that another person made, and open a report for support.

    Everything that was issued to the person ends, and factors added from `changed_at` on are removed, up to the first
    change that was reported before. The password is unusable until the mailbox sets a new one. Raises AlreadyExists for
    a change that a report covers.
    """
    on = PersonInOrganizations(person)
    with acting(actor, Verb.TAKEOVER_REPORT, on=on, idempotency_key=idempotency_key) as act:
        (current,) = act.on
        rules.require_unreported(person=current.id, changed_at=changed_at)
        until = rules.covered_until(person=current.id, changed_at=changed_at, at=act.at)
        row = TakeoverReport.objects.create(
            person=current.id, changed_at=changed_at, covered_until=until, reported_at=act.at, act=act.id
        )
        added = rules.factors_added(person=current.id, since=changed_at, until=until)
        removed = erasure.remove_factors(person=current, among=added)
        password = erasure.void_password(person=current)
        revoked = revocation.revoke_users(users=[current.id], at=act.at)
        act.record(
            takeover=str(row.id),
            changed_at=changed_at.isoformat(),
            covered_until=until.isoformat(),
            removed_factors=[str(one) for one in removed],
            password=password,
            everywhere=True,
            sessions=revoked.sessions,
            sign_ins=revoked.sign_ins,
            token_families=revoked.token_families,
        )
        _show_organizations(act, on, {"takeover": str(row.id), "changed_at": changed_at.isoformat()})
        return act.set_result(SignInBlocked(row.id, len(removed)))


@command
def close(
    *,
    actor: Actor,
    report: TakeoverReport,
    organization: uuid.UUID,
    note: str,
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Close the report with a note, for an organization that the person was a member of then. No access changes.

    Raises InvalidInput without a note, and TakeoverClosed besides the errors of every act.
    """
    note = input_cleaning.reason(note)
    if not note:
        raise InvalidInput(field="note", problem="missing")
    on = ReportingPerson(report, organization=organization)
    with acting(actor, Verb.TAKEOVER_CLOSE, on=on, idempotency_key=idempotency_key) as act:
        row = TakeoverReport.objects.select_for_update().get(id=report.id)
        rules.require_open(row)
        row.closed_by, row.closed_at = actor.id, act.at
        row.save(update_fields=["closed_by", "closed_at"])
        act.record(takeover=str(row.id))
        act.record_personal(on.chain, "reason", note, on.chain)
        _show_organizations(act, on, {"takeover": str(row.id)})
    return act.outcome


def _show_organizations(act: Act, on: PersonInOrganizations, facts: Mapping[str, Any]) -> None:
    """Record a consequence in each present organization of the person, for its admins."""
    for member in on.members:
        subject = Subject("membership", member.membership)
        act.also(act.verb, subject, cause=act.verb, facts=facts, chain=member.organization)
