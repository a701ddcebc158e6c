"""Owners give and end staff rights; the system appoints the first owner."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization.errors import NotFound
from delegation.authorization.models.staff import StaffRight, StaffScope
from delegation.authorization.policy import SupplierData
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.verbs import Verb
from delegation.staff import rules, store
from delegation.staff.subjects import StaffRightSet, StaffUserSet
from identity.organizations.models import BusinessUnit, Organization
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class RightGiven:
    """Names the new right."""

    right: uuid.UUID


@command
def give(
    *,
    actor: Actor,
    user: User,
    role: str,
    reason: str,
    unit: BusinessUnit | None = None,
    organization: Organization | None = None,
    until: dt.datetime | None = None,
    idempotency_key: str | None = None,
) -> Outcome[RightGiven]:
    """Give a staff user a role for a business unit, an organization, or the whole supplier where neither is named.

    The actor's own right must cover that scope until the same end. Raises InvalidInput, InvalidAccess, AlreadyExists,
    AuditorApart and ExceedsAuthority besides the errors of every act.
    """
    reason = rules.clean_reason(reason)
    rules.check_input(role=role, unit=unit, organization=organization)
    scope = _scope(unit, organization)
    subjects = StaffUserSet(user, scope)
    with acting(actor, Verb.STAFF_RIGHT_GIVE, on=subjects, idempotency_key=idempotency_key) as act:
        act.record(reason=reason)
        rules.check_giving(actor=actor, user=user.pk, role=role, scope=scope, until=until, at=act.at)
        stored = store.scope_of(unit=unit, organization=organization)
        return act.set_result(RightGiven(_add(act, user, role, stored, until)))


@command
def appoint_owner(
    *,
    actor: Actor,
    user: User,
    reason: str,
    until: dt.datetime | None = None,
    idempotency_key: str | None = None,
) -> Outcome[RightGiven]:
    """Make this staff user the owner of everything: until an end, or while no owner without end exists.

    Only the system may. It replaces an appointment of the same user that would end sooner. Raises OwnerExists,
    AlreadyExists, InvalidInput, InvalidAccess and AuditorApart besides the errors of every act.
    """
    reason = rules.clean_reason(reason)
    subjects = StaffUserSet(user, SupplierData())
    with acting(actor, Verb.OWNER_APPOINT, on=subjects, idempotency_key=idempotency_key) as act:
        act.record(reason=reason)
        if until is None:
            rules.require_no_owner(at=act.at)
        role = StaffRole.OWNER
        rules.check_giving(actor=actor, user=user.pk, role=role, scope=SupplierData(), until=until, at=act.at)
        replaced = rules.earlier_appointment(user=user.pk, until=until, at=act.at)
        if replaced is not None:
            store.end(rights=[replaced.id], users=[user.pk], at=act.at)
        stored = store.scope_of(unit=None, organization=None)
        return act.set_result(RightGiven(_add(act, user, role, stored, until, replaced=replaced)))


@command
def end(
    *, actor: Actor, rights: Sequence[StaffRight], reason: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """End these staff rights now; the next request of their users is decided without them.

    Raises LastOwner and InvalidInput besides the errors of every act; NotFound also for a right that has ended.
    """
    reason = rules.clean_reason(reason)
    subjects = StaffRightSet(rights)
    with acting(actor, Verb.STAFF_RIGHT_END, on=subjects, idempotency_key=idempotency_key) as act:
        if any(row.valid_until is not None and row.valid_until <= act.at for row in act.on):
            raise NotFound
        rules.require_remaining_owner(ended=act.on, at=act.at)
        act.record(reason=reason)
        store.end(rights=act.ids, users={row.user_id for row in act.on}, at=act.at)
        for row in act.on:
            act.record_change(
                row.id,
                before=_to_json(row.role, row.scope, row.valid_until),
                after={},
                facts={"right": str(row.id)},
            )
    return act.outcome


@command
def project(*, actor: Actor, idempotency_key: str | None = None) -> Outcome[None]:
    """Build guardian's projection of all staff rights again: after rows were lost, or rights ran out."""
    with acting(actor, Verb.STAFF_RIGHT_PROJECT, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        act.record(changed_permissions=store.project(users=store.projected_users(), at=act.at))
    return act.outcome


def _scope(unit: BusinessUnit | None, organization: Organization | None) -> SupplierData:
    if organization is not None:
        return SupplierData(organizations=(organization.id,))
    return SupplierData(units=(unit.id,)) if unit is not None else SupplierData()


def _add(
    act: Act,
    user: User,
    role: str,
    scope: StaffScope,
    until: dt.datetime | None,
    *,
    replaced: StaffRight | None = None,
) -> uuid.UUID:
    rules.check_other_rights(user=user.pk, role=role, scope=scope, until=until, at=act.at)
    right = store.add(
        user=user.pk, role=role, scope=scope, until=until, actor=act.actor, act=act.id, at=act.at
    )
    facts, before = {"right": str(right.id)}, {}
    if replaced is not None:
        facts["replaced_right"] = str(replaced.id)
        before = _to_json(role, scope, replaced.valid_until)
    act.record_change(user.pk, before=before, after=_to_json(role, scope, until), facts=facts)
    return right.id


def _to_json(role: str, scope: StaffScope, until: dt.datetime | None) -> dict[str, Any]:
    return {
        "staff_role": str(role),
        "business_unit": scope.unit.key if scope.unit else None,
        "organization": str(scope.organization_id) if scope.organization_id else None,
        "until": until.isoformat() if until else None,
    }
