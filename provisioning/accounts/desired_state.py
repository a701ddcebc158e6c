"""What a target should believe about somebody now: computed from intervals when asked, never kept."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from provisioning.accounts.models import Account
from provisioning.connectors import rights_summary
from provisioning.connectors.scim import schema as scim_schema
from provisioning.connectors.scim.schema import OrganizationEntry, Resource
from provisioning.targets.models import Target

_MEMBERS = """
SELECT m.id, m.user_id, m.organization_id, m.organization_key, m.organization_name, m.email, m.name,
       coalesce(nullif(m.language, ''), m.organization_language), m.in_force IS TRUE,
       (SELECT jsonb_object_agg(n.unit_id, n.number) FROM identity_published_customer_number n
        WHERE n.organization_id = m.organization_id)
FROM identity_membership_at(%(at)s) m
WHERE m.user_id = ANY(%(users)s)
ORDER BY m.organization_key
"""


class _Member(NamedTuple):
    membership: uuid.UUID
    user: uuid.UUID
    organization: uuid.UUID
    key: str
    organization_name: str
    email: str
    name: str
    language: str
    active: bool
    numbers: str | None
    """JSON, {business unit: customer number}: Django's cursors give JSON as text."""


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """The record that should stand in the target, in the protocol's form and in ours."""

    record: Resource
    active: bool
    needed: bool
    """False where there is nothing to say: no right, and never told of any."""
    digest: str
    rights: dict[str, list[rights_summary.RightSummary]]
    """By membership; those told of before stay, with nothing."""
    organizations: dict[str, uuid.UUID]
    """Whose each of these memberships is."""
    next_change_at: dt.datetime | None


NO_RECORD = DesiredRecord(
    record={"active": False},
    active=False,
    needed=False,
    digest="",
    rights={},
    organizations={},
    next_change_at=None,
)
"""Stands in where it could not be computed."""


@dataclass(slots=True)
class PeopleSnapshot:
    """Everything about these persons at one instant: three statements, whatever their number."""

    members: dict[uuid.UUID, list[_Member]] = field(default_factory=dict)
    rights: dict[uuid.UUID, list[Right]] = field(default_factory=dict)
    changes: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)

    def of(self, account: Account, target: Target) -> DesiredRecord:
        """What `target` should hold for this account."""
        members = [
            one
            for one in self.members.get(account.user_id, [])
            if account.membership_id in {None, one.membership}
        ]
        told = set(account.acknowledged_rights)
        named: list[tuple[_Member, list[Right]]] = []
        for one in members:
            mine = rights_for_target(rights=self.rights[one.membership], target=target)
            if mine or str(one.membership) in told:
                named.append((one, mine))
        return self._wanted(account, target, members, named)

    def _wanted(
        self,
        account: Account,
        target: Target,
        members: Sequence[_Member],
        named: Sequence[tuple[_Member, list[Right]]],
    ) -> DesiredRecord:
        record = _record(account, target, members, named)
        changes = [self.changes[one.membership] for one in members if one.membership in self.changes]
        return DesiredRecord(
            record=record,
            active=record["active"],
            needed=bool(named),
            digest=scim_schema.digest(record),
            rights={str(one.membership): rights_summary.summarize(mine) for one, mine in named},
            organizations={str(one.membership): one.organization for one, _ in named},
            next_change_at=min(changes, default=None),
        )


def rights_for_target(*, rights: Sequence[Right], target: Target) -> list[Right]:
    """The rights here and, with them, those that the target is told besides."""
    own = target.application.key
    if not any(right.application == own for right in rights):
        return []
    return [right for right in rights if right.application in {own, *target.include_applications}]


def snapshot(*, users: Iterable[uuid.UUID], at: dt.datetime) -> PeopleSnapshot:
    """Read what is true of these persons at `at`."""
    seen = PeopleSnapshot()
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, {"users": list(set(users)), "at": at})
        for row in cursor.fetchall():
            seen.members.setdefault(row[1], []).append(_Member(*row))
    memberships = [one.membership for members in seen.members.values() for one in members]
    seen.rights = entitlements.rights_of(memberships=memberships, at=at)
    seen.changes = entitlements.next_change(memberships=memberships, at=at)
    return seen


def _record(
    account: Account,
    target: Target,
    members: Sequence[_Member],
    named: Sequence[tuple[_Member, list[Right]]],
) -> Resource:
    person: Mapping[str, Any] = members[0]._asdict() if members else {"email": "", "name": "", "language": ""}
    alone = account.membership_id is not None
    return scim_schema.user(
        external_id=str(account.membership_id or account.user_id),
        user_name=f"{person['key']}/{person['email']}" if alone else person["email"],
        email=person["email"],
        name=person["name"],
        language=person["language"],
        organizations=[
            _organization_entry(one, mine, str(target.application.unit_id)) for one, mine in named
        ],
    )


def _organization_entry(one: _Member, mine: Sequence[Right], unit: str) -> OrganizationEntry:
    return OrganizationEntry(
        organization=str(one.organization),
        key=one.key,
        name=one.organization_name,
        customer_number=json.loads(one.numbers or "{}").get(unit, ""),
        active=one.active and bool(mine),
        rights=tuple(mine),
    )
