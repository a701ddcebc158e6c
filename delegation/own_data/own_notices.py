"""What the person owns, and what was asked, noted or confirmed about the person, is read by one statement each."""

import uuid

from django.db.models import OuterRef, Q, Subquery

from delegation.absence_claims.models import AbsenceClaim
from delegation.continuity_grades.models import AdminConfirmation
from delegation.dormancy.models import DormancyWarning
from delegation.factor_recoveries.models import FactorRecovery
from delegation.own_data.records import (
    OwnBlock,
    OwnConfirmation,
    OwnFactorRecovery,
    OwnProgram,
    OwnQuestion,
    OwnWarning,
)
from delegation.takeover_reports.models import TakeoverReport
from identity.people.models import User
from identity.service_users.models import ServiceUser


def programs(user: uuid.UUID) -> list[OwnProgram]:
    """List the service users that the person owns or owned."""
    names = User.all_directories.filter(pk=OuterRef("pk")).values("name")
    rows = ServiceUser.objects.filter(owner__user=user).annotate(name=Subquery(names))
    found = rows.values_list("organization__key", "name", "scopes", "valid_from", "valid_until")
    return [
        OwnProgram(key, name, scopes.split(), since, until)
        for key, name, scopes, since, until in found.order_by("-valid_from", "id")
    ]


def questions(user: uuid.UUID) -> list[OwnQuestion]:
    """List the questions about admins that are about or by the person."""
    rows = AbsenceClaim.objects.filter(Q(person=user) | Q(claimed_by=user)).select_related("organization")
    return [
        OwnQuestion(
            row.organization.key, row.person == user, row.reason, row.claimed_at, row.state, row.closed_at
        )
        for row in rows.order_by("-claimed_at", "id")
    ]


def blocks(user: uuid.UUID) -> list[OwnBlock]:
    """List when the person blocked the own sign-in."""
    rows = TakeoverReport.objects.filter(person=user).order_by("-reported_at", "id")
    return [OwnBlock(row.changed_at, row.reported_at, row.closed_at) for row in rows]


def recoveries(user: uuid.UUID) -> list[OwnFactorRecovery]:
    """List the requests for a new second sign-in method of the person; the proofs are in the log alone."""
    rows = FactorRecovery.objects.filter(membership__user=user).select_related("organization")
    return [
        OwnFactorRecovery(
            row.organization.key, row.recognition, row.state, row.opened_at, row.ends_at, row.used_at
        )
        for row in rows.order_by("-opened_at", "id")
    ]


def warnings(user: uuid.UUID) -> list[OwnWarning]:
    """List the warnings that a membership of the person is dormant."""
    rows = DormancyWarning.objects.filter(membership__user=user).select_related("organization")
    return [
        OwnWarning(row.organization.key, row.number, row.warned_at, row.suspends_at)
        for row in rows.order_by("-warned_at", "id")
    ]


def confirmations(user: uuid.UUID) -> list[OwnConfirmation]:
    """List when the person confirmed to be an admin still."""
    rows = AdminConfirmation.objects.filter(membership__user=user).select_related("organization")
    return [OwnConfirmation(row.organization.key, row.confirmed_at) for row in rows.order_by("-confirmed_at")]
