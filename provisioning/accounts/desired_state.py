"""The desired record of a person in a target is computed from intervals when needed; it is never stored."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from audit.foundation import db
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from provisioning.accounts.models import Account
from provisioning.connectors import registry, rights_summary
from provisioning.connectors.connector import DesiredPerson, OrganizationEntry, Record
from provisioning.targets.models import Target

_MEMBERS = """
SELECT m.id, m.user_id, m.organization_id, m.organization_key, m.organization_name, m.email, m.name, m.phone,
       coalesce(nullif(m.language, ''), m.organization_language), m.in_force IS TRUE,
       (SELECT jsonb_object_agg(n.unit_id, n.number) FROM identity_published_customer_number n
        WHERE n.organization_id = m.organization_id)
FROM identity_membership_at(%(at)s) m
WHERE m.user_id = ANY(%(users)s)
ORDER BY m.organization_key
"""


class MemberRow(NamedTuple):
    membership: uuid.UUID
    user: uuid.UUID
    organization: uuid.UUID
    key: str
    organization_name: str
    email: str
    name: str
    phone: str
    language: str
    active: bool
    numbers: str | None
    """JSON, {business unit: customer number}: Django's cursors give JSON as text."""


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """Holds a record in the target's format, and the rights by membership behind it."""

    record: Record
    active: bool
    digest: str
    rights: dict[str, list[rights_summary.RightSummary]]
    """By membership. A membership that was acknowledged stays a key, with an empty list once it has no right."""
    organizations: dict[str, uuid.UUID]
    """The organization of each of these memberships."""
    next_change_at: dt.datetime | None


NO_RECORD = DesiredRecord(
    record={},
    active=False,
    digest="",
    rights={},
    organizations={},
    next_change_at=None,
)
"""The placeholder where the record could not be computed."""

_Included = Sequence[tuple[MemberRow, list[Right]]]
"""The memberships that a record contains, each with its rights in the target."""


@dataclass(slots=True)
class PeopleSnapshot:
    """Holds the memberships, rights and next changes of people at one instant."""

    members: dict[uuid.UUID, list[MemberRow]] = field(default_factory=dict)
    """By user."""
    rights: dict[uuid.UUID, list[Right]] = field(default_factory=dict)
    """By membership."""
    changes: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    """By membership: the next instant at which time alone changes its rights."""

    def desired_record(self, account: Account, target: Target) -> DesiredRecord:
        """Compute the record that `target` should have for this account."""
        members = [
            member
            for member in self.members.get(account.user_id, [])
            if account.membership_id in {None, member.membership}
        ]
        included: list[tuple[MemberRow, list[Right]]] = []
        for member in members:
            rights = rights_for_target(rights=self.rights[member.membership], target=target)
            if rights or str(member.membership) in account.acknowledged_rights:
                included.append((member, rights))
        person = _person(account, target, members, included)
        record = registry.connector(kind=target.kind).build_record(person=person)
        changes = [self.changes[member.membership] for member in members if member.membership in self.changes]
        return DesiredRecord(
            record=record,
            active=person.active,
            digest=digest(record),
            rights={str(member.membership): rights_summary.summarize(rights) for member, rights in included},
            organizations={str(member.membership): member.organization for member, _ in included},
            next_change_at=min(changes, default=None),
        )


def rights_for_target(*, rights: Sequence[Right], target: Target) -> list[Right]:
    """Select the rights in the target's application and, where there is one, in its included applications."""
    own = target.application.key
    if not any(right.application == own for right in rights):
        return []
    return [right for right in rights if right.application in {own, *target.include_applications}]


def snapshot(*, users: Iterable[uuid.UUID], at: dt.datetime) -> PeopleSnapshot:
    """Load memberships, rights and next changes at `at`. Three statements, independent of the number of people."""
    people = PeopleSnapshot()
    for row in db.fetch_all(_MEMBERS, {"users": list(set(users)), "at": at}):
        people.members.setdefault(row[1], []).append(MemberRow(*row))
    memberships = [member.membership for members in people.members.values() for member in members]
    people.rights = entitlements.rights_of(memberships=memberships, at=at)
    people.changes = entitlements.next_change(memberships=memberships, at=at)
    return people


def digest(record: Record) -> str:
    """Return the SHA-256 of the record, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _person(
    account: Account, target: Target, members: Sequence[MemberRow], included: _Included
) -> DesiredPerson:
    row: Mapping[str, Any] = (
        members[0]._asdict() if members else {"email": "", "name": "", "phone": "", "language": ""}
    )
    per_membership = account.membership_id is not None
    unit = str(target.application.unit_id)
    in_parts = target.name_form == Target.NameForm.GIVEN_AND_FAMILY
    given_name, family_name = name_parts(row["name"]) if in_parts else ("", "")
    return DesiredPerson(
        external_id=str(account.membership_id or account.user_id),
        user_name=f"{row['key']}/{row['email']}" if per_membership else row["email"],
        email=row["email"],
        name=row["name"],
        given_name=given_name,
        family_name=family_name,
        phone=row["phone"] if target.send_phone else None,
        language=row["language"],
        organizations=tuple(_organization_entry(member, rights, unit) for member, rights in included),
    )


def name_parts(name: str) -> tuple[str, str]:
    """Split a name into given and family name, which is the last word; a name of one word is both.

    Keyholder stores the name as its owner writes it, so this is a guess for targets that demand both parts.
    """
    *given, family = name.split() or [""]
    return " ".join(given) or family, family


def _organization_entry(member: MemberRow, rights: Sequence[Right], unit: str) -> OrganizationEntry:
    return OrganizationEntry(
        organization=str(member.organization),
        key=member.key,
        name=member.organization_name,
        customer_number=json.loads(member.numbers or "{}").get(unit, ""),
        active=member.active and bool(rights),
        rights=tuple(rights),
    )
