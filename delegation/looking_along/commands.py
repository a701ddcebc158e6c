"""A person allows a look by a code, a staff member begins it, either ends it; an admin sets the standing rule."""

import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from audit.foundation import ids
from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput, LookNotAllowed, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.looking_along import rules
from delegation.looking_along.models import PreparedForm
from delegation.looking_along.subjects import LookOfCode, LookSet, NewLook
from identity import machine_secrets
from identity.looks import looked_pages
from identity.looks import queries as looks_queries
from identity.looks.models import CODE_LIFETIME, LONGEST, Look, LookRule, Mode
from identity.memberships.models import Membership
from identity.organizations.models import Organization

_DIGITS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class LookAllowed:
    """Names the consent and the end of its code. Only the hash of the code is stored."""

    look: uuid.UUID
    until: str
    """An instant, by ISO 8601."""
    code: str = dataclasses.field(default="", metadata=NOT_STORED)


@dataclasses.dataclass(frozen=True, slots=True)
class LookBegun:
    """Names the look that a staff member began."""

    look: uuid.UUID


@dataclasses.dataclass(frozen=True, slots=True)
class FormPrepared:
    """Names the prepared form."""

    prepared: uuid.UUID


@command
def allow(
    *,
    actor: Actor,
    member: Membership,
    session: str,
    mode: str,
    masked: bool,
    idempotency_key: str | None = None,
) -> Outcome[LookAllowed]:
    """Allow a look at the own pages in this browser session, by a code that is good for ten minutes and once.

    It replaces an earlier consent, and ends a look that goes on. Raises InvalidInput besides the errors of every act.
    """
    _check_mode(mode)
    subjects = NewLook(member)
    with acting(actor, Verb.LOOK_ALLOW, on=subjects, idempotency_key=idempotency_key) as act:
        code, until = _unused_code(act.at), act.at + CODE_LIFETIME
        (row,) = act.on
        Look.objects.create(
            id=subjects.look,
            organization_id=act.organization,
            membership=row,
            membership_epoch=row.epoch,
            session_key=session,
            mode=mode,
            masked=masked,
            code_hash=machine_secrets.hash_secret(code),
            code_until=until,
            allowed_at=act.at,
        )
        looked_pages.delete_of_member(membership=row.id)
        act.record(look=str(subjects.look), mode=mode, masked=masked, code_until=until.isoformat())
        return act.set_result(LookAllowed(subjects.look, until.isoformat(), code))


def _check_mode(mode: str) -> None:
    if mode not in Mode.values:
        raise InvalidInput(field="mode", problem="unknown")


def _unused_code(at: dt.datetime) -> str:
    while True:
        code = "".join(secrets.choice("0123456789") for _digit in range(_DIGITS))
        if not looks_queries.is_code_in_use(code=code, at=at):
            return code


@command
def begin_by_code(
    *, actor: Actor, code: str, session: str, idempotency_key: str | None = None
) -> Outcome[LookBegun]:
    """Begin the look that a person has allowed by this code, in this staff session.

    Raises NotFound for a wrong, used or expired code, and for one from outside the actor's rights.
    """
    subjects = LookOfCode(code)
    with acting(actor, Verb.LOOK_BEGIN, on=subjects, idempotency_key=idempotency_key) as act:
        (look,) = act.on
        until = _begin(act, look, session)
        look.save(update_fields=["staff", "staff_session", "staff_right", "begun_at", "valid_until"])
        _require_begun(act, look, NotFound())
        act.record(look=str(look.id), right=str(look.staff_right), until=until.isoformat(), by="code")
        return act.set_result(LookBegun(look.id))


@command
def begin_by_rule(
    *, actor: Actor, member: Membership, reason: str, session: str, idempotency_key: str | None = None
) -> Outcome[LookBegun]:
    """Begin a look at a person by the standing rule of the organization. It replaces another by the rule.

    Raises LookNotAllowed without a rule, and for a person who is not signed in, has made a code or has just stopped.
    Raises InvalidInput without a reason.
    """
    reason = input_cleaning.line(reason, field="reason", longest=input_cleaning.REASON, required=True)
    subjects = NewLook(member)
    with acting(actor, Verb.LOOK_BEGIN, on=subjects, idempotency_key=idempotency_key) as act:
        act.record(reason=reason)
        rule = _rule(act, member)
        (row,) = act.on
        look = Look(
            id=subjects.look,
            organization_id=act.organization,
            membership=row,
            membership_epoch=row.epoch,
            mode=rule.mode,
            masked=True,
            rule=rule,
            allowed_at=act.at,
        )
        until = _begin(act, look, session)
        look.save(force_insert=True)
        looked_pages.delete_of_member(membership=row.id)
        _require_begun(act, look, LookNotAllowed(problem="signed_out"))
        facts = {"right": str(look.staff_right), "until": until.isoformat(), "by": "rule"}
        act.record(look=str(look.id), rule=str(rule.id), mode=rule.mode, masked=True, **facts)
        return act.set_result(LookBegun(look.id))


def _rule(act: Act, member: Membership) -> LookRule:
    rule = looks_queries.rule(organization=act.organization)
    if rule is None:
        raise LookNotAllowed(problem="rule")
    if looks_queries.has_consent(membership=member.id, at=act.at):
        raise LookNotAllowed(problem="code")
    if rules.has_stopped(member=member, at=act.at):
        raise LookNotAllowed(problem="stopped")
    if not looks_queries.is_signed_in(membership=member.id, at=act.at):
        raise LookNotAllowed(problem="signed_out")
    return rule


def _begin(act: Act, look: Look, session: str) -> dt.datetime:
    """Set who looks, in which session, by which right, and until when: never longer than the right."""
    own = rules.rights_for(actor=act.actor, organization=act.organization, verb=Verb.LOOK_BEGIN, at=act.at)
    look.staff_id, look.staff_session = act.actor.id, session
    look.staff_right, look.begun_at = own[0].assignment, act.at
    look.valid_until = until = act.at + LONGEST
    return until


def _require_begun(act: Act, look: Look, refusal: DomainError) -> None:
    """Refuse a look that does not hold at its own beginning: the log names none that was never seen."""
    if looks_queries.open_look(look=look.id, at=act.at) is None:
        raise refusal


@command
def end(*, actor: Actor, look: Look, idempotency_key: str | None = None) -> Outcome[None]:
    """End a look, or withdraw a consent that no look has used; both sides may. Raises Unchanged for an ended one.

    The end of the half hour is no act: the event of the beginning states it.
    """
    with acting(actor, Verb.LOOK_END, on=LookSet(look), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        limit = row.valid_until or row.code_until
        if row.ended_at is not None or limit <= act.at:
            raise Unchanged
        row.ended_at = act.at
        row.save(update_fields=["ended_at"])
        looked_pages.delete(look=row.id)
        act.record(look=str(row.id), begun=row.begun_at is not None)
    return act.outcome


@command
def set_rule(
    *, actor: Actor, organization: Organization, mode: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Let the supplier's staff begin looks without a code, or no longer with an empty mode: that ends open ones.

    Raises Unchanged where the rule is this one, and InvalidInput.
    """
    if mode:
        _check_mode(mode)
    subjects = OrganizationSet(organization)
    with acting(actor, Verb.LOOK_RULE_SET, on=subjects, idempotency_key=idempotency_key) as act:
        present = looks_queries.rule(organization=act.organization)
        before = present.mode if present else ""
        if mode == before:
            raise Unchanged
        act.record_change(act.organization, before={"mode": before}, after={"mode": mode})
        if present:
            present.valid_until = act.at
            present.save(update_fields=["valid_until"])
            act.record(ended_rule=str(present.id))
        if mode:
            rule = LookRule.objects.create(
                id=ids.uuid7(), organization_id=act.organization, mode=mode, valid_from=act.at
            )
            act.record(rule=str(rule.id))
    return act.outcome


@command
def prepare(
    *,
    actor: Actor,
    look: Look,
    kind: str,
    membership: uuid.UUID | None,
    content: Mapping[str, Any],
    idempotency_key: str | None = None,
) -> Outcome[FormPrepared]:
    """Fill a form for the person of a look, who sees it and sends it, or not. Changes nothing else.

    Raises NotFound for a look that has ended or allows no preparing, and InvalidInput.
    """
    if kind not in PreparedForm.Kind.values or (membership is None) != (kind == PreparedForm.Kind.INVITE):
        raise InvalidInput(field="kind", problem="unknown")
    with acting(actor, Verb.LOOK_PREPARE, on=LookSet(look), idempotency_key=idempotency_key) as act:
        rules.require_preparable(look=look.id, at=act.at)
        colleague = _colleague(membership, act.organization) if membership else None
        row = PreparedForm.objects.create(
            look=look, kind=kind, membership=membership, content=dict(content), prepared_at=act.at
        )
        act.record(look=str(look.id), form=kind, prepared=str(row.id))
        if colleague:
            act.record(colleague=str(colleague.id))
            act.record_personal(look.id, "name", colleague.shown_name, colleague.user_id)
        return act.set_result(FormPrepared(row.id))


def _colleague(membership: uuid.UUID, organization: uuid.UUID) -> Membership:
    row = Membership.objects.filter(id=membership, organization=organization).first()
    if row is None:
        raise NotFound
    return row
