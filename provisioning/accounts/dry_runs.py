"""Staff see what a target would get, before anything is sent: the record of one person, and the waiting changes."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Lower

from audit.foundation import db
from delegation.authorization.errors import InvalidInput
from delegation.authorization.input_cleaning import address
from identity.clients.models import Application
from identity.organizations.models import Organization
from identity.people.models import User
from provisioning.accounts import desired_state
from provisioning.accounts.desired_state import DesiredRecord, PeopleSnapshot
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountUpdate
from provisioning.connectors import registry
from provisioning.connectors.connector import Record
from provisioning.targets.models import Target

MOST = 100
"""Accounts that one dry run computes."""
PEOPLE = 20
"""People that it names."""

# Without DISTINCT: it would read all members before the first is known.
_MEMBERS = """
SELECT m.user_id
FROM delegation_published_offer o
JOIN identity_published_membership m ON m.organization_id = o.organization_id
WHERE o.application_id = %(application)s AND EXISTS (
    SELECT FROM identity_published_period p WHERE p.membership_id = m.id AND not_ended(p.valid_until, %(at)s))
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class RecordPreview:
    """Holds the record that the target should have of one person."""

    name: str
    record: Record
    state: str
    """A value of `Account.State`; empty where there is no account."""
    needs_call: bool
    """Whether the next delivery sends something."""
    members: Sequence[tuple[uuid.UUID, uuid.UUID]]
    """The person's memberships in the record, with their organizations: they are what staff read."""
    is_partial: bool
    """Whether organizations that the reader does not see are left out."""


@dataclass(frozen=True, slots=True)
class AffectedPerson:
    """Names a person whose record would be created, changed or ended."""

    change: str
    name: str
    organization: str
    organization_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class DryRun:
    """Counts what would be sent of the first `MOST` accounts; the named people are of organizations the reader sees."""

    created: int
    changed: int
    ended: int
    unchanged: int
    more: bool
    people: Sequence[AffectedPerson]

    @property
    def organizations(self) -> set[uuid.UUID]:
        """Return the organizations of the named people: staff read them."""
        return {person.organization_id for person in self.people}


def of_person(
    *, target: uuid.UUID, email: str, visible: QuerySet[Organization], at: dt.datetime
) -> RecordPreview | None:
    """Compute the record of the person with this address; None unless a customer in `visible` has the person.

    Six statements. Nothing is sent.
    """
    row = Target.objects.select_related("application").get(id=target)
    user = _user(email)
    if user is None:
        return None
    people = desired_state.snapshot(users=[user.pk], at=at)
    members = people.members.get(user.pk, [])
    seen = set(
        visible.filter(id__in=[member.organization for member in members]).values_list("id", flat=True)
    )
    shown = [member for member in members if member.organization in seen]
    if not shown:
        return None
    people.members[user.pk] = shown
    account = _account(row, user, shown[0].membership)
    desired = people.desired_record(account, row)
    return RecordPreview(
        name=shown[0].name,
        record=desired.record,
        state=account.state if account.pk else "",
        needs_call=AccountUpdate(account, row, desired).needs_call,
        members=[(member.membership, member.organization) for member in shown],
        is_partial=len(shown) < len(members),
    )


def _user(email: str) -> User | None:
    try:
        folded = address(email).lower()
        return User.objects.alias(folded=Lower("email")).filter(folded=folded).first()
    except InvalidInput:
        return None


def _account(target: Target, user: User, membership: uuid.UUID) -> Account:
    per_membership = target.record_per == Target.RecordPer.MEMBERSHIP
    own = membership if per_membership else None
    found = Account.objects.filter(target=target, user=user, membership=own).first()
    return found or Account(target=target, user=user, membership_id=own)


def dry_run(*, target: uuid.UUID, visible: QuerySet[Organization], at: dt.datetime) -> DryRun:
    """Compute what the waiting deliveries would do: at most `MOST`, removals first. Six statements."""
    row = Target.objects.select_related("application").get(id=target)
    waiting = Account.objects.filter(target=row, due_at__isnull=False).order_by("priority", "due_at")
    accounts = list(waiting[: MOST + 1])
    return _run(row, accounts, visible, at, more=len(accounts) > MOST)


def dry_run_of_new(*, application: Application, visible: QuerySet[Organization], at: dt.datetime) -> DryRun:
    """Compute what a target of this application would get first: at most `MOST` accounts. Five statements."""
    rows = db.fetch_all(_MEMBERS, {"application": application.id, "at": at, "limit": MOST + 1})
    target = Target(application=application, kind=next(iter(registry.CONNECTORS)))
    accounts = [Account(target=target, user_id=user) for user in dict.fromkeys(user for (user,) in rows)]
    return _run(target, accounts, visible, at, more=len(rows) > MOST)


def _run(
    target: Target,
    accounts: Sequence[Account],
    visible: QuerySet[Organization],
    at: dt.datetime,
    *,
    more: bool,
) -> DryRun:
    numbers, people = Counter[str](), list[AffectedPerson]()
    computed = accounts[:MOST]
    snapshot = desired_state.snapshot(users=[account.user_id for account in computed], at=at)
    for account in computed:
        change = _change(account, target, snapshot.desired_record(account, target))
        numbers[change] += 1
        people += _people(account, change, snapshot)
    return DryRun(
        created=numbers["created"],
        changed=numbers["changed"],
        ended=numbers["ended"],
        unchanged=numbers[""],
        more=more,
        people=_visible(people, visible),
    )


def _change(account: Account, target: Target, desired: DesiredRecord) -> str:
    if not AccountUpdate(account, target, desired).needs_call:
        return ""
    if not desired.active:
        return "ended"
    return "changed" if account.acknowledged_digest or account.remote_id else "created"


def _people(account: Account, change: str, people: PeopleSnapshot) -> list[AffectedPerson]:
    members = people.members.get(account.user_id, []) if change else []
    return [
        AffectedPerson(change, member.name, member.organization_name, member.organization)
        for member in members
        if account.membership_id in {None, member.membership}
    ]


def _visible(people: Sequence[AffectedPerson], visible: QuerySet[Organization]) -> list[AffectedPerson]:
    """Return the first people of organizations that the reader sees. One statement."""
    organizations = {person.organization_id for person in people}
    seen = set(visible.filter(id__in=organizations).values_list("id", flat=True))
    return [person for person in people if person.organization_id in seen][:PEOPLE]
