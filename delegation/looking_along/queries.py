"""Pages of both sides read the looks that go on, the standing rule, and what was prepared."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from audit.foundation.actor import Actor
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.looking_along import rules
from delegation.looking_along.models import PreparedForm
from identity.looks import queries as looks_queries
from identity.looks.models import Look
from identity.looks.queries import OpenLook
from identity.memberships.models import SHOWN_NAME, Membership


@dataclass(frozen=True, slots=True)
class Prepared:
    """Describes a form that a staff member filled and the person has not sent."""

    id: uuid.UUID
    kind: str
    membership: uuid.UUID | None
    colleague: str
    """The name of the colleague; empty for an invitation."""
    content: Mapping[str, Any]
    staff: uuid.UUID
    staff_name: str


def of_person(*, look: uuid.UUID | None, at: dt.datetime) -> OpenLook | None:
    """Read the look that goes on at a person's pages; None without one. No statement without an id, two with one."""
    return rules.open_look(look=look, at=at) if look else None


def of_staff(*, actor: Actor, look: uuid.UUID, session: str, at: dt.datetime) -> OpenLook:
    """Read a look of this staff member in this session. Raises NotFound for any other, and for one that has ended."""
    found = rules.open_look(look=look, at=at)
    if found is None or (found.staff_id, found.staff_session) != (actor.id, session):
        raise NotFound
    own = rules.rights_for(actor=actor, organization=found.organization_id, verb=Verb.LOOK_BEGIN, at=at)
    if found.staff_right not in {authority.assignment for authority in own}:
        raise NotFound
    return found


def open_of_staff(*, actor: Actor, session: str, at: dt.datetime) -> list[OpenLook]:
    """List the looks of this staff member that go on in this session."""
    found = looks_queries.open_of_staff(staff=actor.id, session=session, at=at)
    return [look for look in found if rules.has_right(look, at=at)]


def rule_mode(*, organization: uuid.UUID) -> str:
    """Return what the standing rule allows; empty without a rule. One statement."""
    rule = looks_queries.rule(organization=organization)
    return rule.mode if rule else ""


def for_command(*, look: uuid.UUID) -> Look:
    """Read a look as the subject of a command. Raises NotFound."""
    row = Look.objects.select_related("membership", "rule").filter(id=look).first()
    if row is None:
        raise NotFound
    return row


def member_for_command(*, membership: uuid.UUID, organization: uuid.UUID) -> Membership:
    """Read a membership as the subject of a command. Raises NotFound for one of another organization."""
    row = Membership.objects.filter(id=membership, organization=organization).first()
    if row is None:
        raise NotFound
    return row


def prepared_for(*, look: uuid.UUID) -> list[Prepared]:
    """List the forms of this look that the person has not sent, the newest first. One statement."""
    rows = _forms().filter(look=look, sent_at=None)
    return [_prepared(row) for row in rows.order_by("-prepared_at", "-id")[:5]]


def offered(*, prepared: uuid.UUID, membership: uuid.UUID, at: dt.datetime) -> Prepared | None:
    """Read a form that was prepared for this member, while the look goes on. Three statements at most."""
    row = _forms().filter(id=prepared, sent_at=None, look__membership=membership).first()
    return _prepared(row) if row and rules.open_look(look=row.look_id, at=at) else None


def sent_form(*, prepared: uuid.UUID, membership: uuid.UUID) -> Prepared | None:
    """Read a form that this member has open and sends now: the log names who prepared it, also after the look.

    One statement.
    """
    row = _forms().filter(id=prepared, sent_at=None, look__membership=membership).first()
    return _prepared(row) if row else None


def _forms() -> QuerySet[Any]:
    colleague = Membership.objects.filter(id=OuterRef("membership")).values_list(SHOWN_NAME)
    return PreparedForm.objects.select_related("look__staff").annotate(colleague=Subquery(colleague))


def _prepared(row: Any) -> Prepared:
    staff = row.look.staff
    if staff is None:
        raise NotFound
    return Prepared(row.id, row.kind, row.membership, row.colleague or "", row.content, staff.pk, staff.name)
