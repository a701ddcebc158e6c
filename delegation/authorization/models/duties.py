"""The catalogue keeps pairs of entitlements apart (separation of duties), and a member can have an exception."""

import datetime as dt

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from audit.foundation.intervals import no_overlapping_intervals
from delegation.authorization.models.roles import Entitlement
from identity.memberships.models import Membership
from identity.organizations.models import Organization


class Enforcement(models.TextChoices):
    """Says what happens when an act would give a person both; `off` ends a conflict and stands in files alone."""

    REFUSE = "refuse"
    REPORT = "report"
    OFF = "off"


class DutyConflict(models.Model):
    """Names two entitlements and why they conflict; it is in force while one of its versions is.

    In SQL: what it is about is never rewritten, because accepted exceptions refer to it.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    key = models.CharField(max_length=170, unique=True)
    """The keys of both entitlements in alphabetical order, with a `|` between them."""
    first = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    second = models.ForeignKey(Entitlement, models.PROTECT, related_name="+")
    text = models.JSONField()
    """{language: text}: what a person can do who holds both, as the rest of "… can"."""
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(first=F("second")), name="duty_conflict_of_two"),
        ]


class DutyConflictVersion(models.Model):
    """Says how a conflict is enforced in an interval. It is never rewritten: a change is a new version."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    conflict = models.ForeignKey(DutyConflict, models.PROTECT, related_name="versions")
    enforcement = models.CharField(max_length=10, choices=Enforcement)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            no_overlapping_intervals("duty_conflict_no_overlap", "conflict"),
            models.CheckConstraint(
                condition=Q(enforcement__in=["refuse", "report"]), name="duty_conflict_enforced"
            ),
        ]


class DutyException(models.Model):
    """Lets a member hold both entitlements of a conflict until an end that was set when it was asked for.

    In SQL: what was asked for is never rewritten, and each state follows from one before it.
    """

    class State(models.TextChoices):
        """Says what became of it; one whose end has passed has no state of its own."""

        OPEN = "open"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        """By the person who asked, before it was accepted."""
        REVOKED = "revoked"
        """After it was accepted, by anyone who may."""
        ENDED = "ended"
        """The member left."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    person = models.UUIDField()
    """The user of the membership."""
    conflict = models.ForeignKey(DutyConflict, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requested_by = models.UUIDField()
    requested_at = models.DateTimeField()
    act = models.UUIDField()
    """Its event holds the reason, encrypted."""
    valid_until = models.DateTimeField()
    accepted_by = models.UUIDField(null=True)
    accepted_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["membership", "conflict"], name="duty_exception_of_member"),
            models.Index(fields=["organization", "state"], name="duty_exception_of_organization"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("requested_at"))
                & Q(valid_until__lte=F("requested_at") + dt.timedelta(days=366)),
                name="duty_exception_of_a_year",
            ),
            # Four eyes are two different people, and neither is the one who benefits.
            models.CheckConstraint(
                condition=~Q(requested_by=F("person"))
                & (Q(accepted_by=None) | (~Q(accepted_by=F("requested_by")) & ~Q(accepted_by=F("person")))),
                name="duty_exception_by_two_others",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None, accepted_at=None)
                | Q(
                    accepted_by__isnull=False,
                    accepted_at__gte=F("requested_at"),
                    accepted_at__lt=F("valid_until"),
                ),
                name="duty_exception_accepted_in_time",
            ),
            models.CheckConstraint(
                condition=Q(state="open", accepted_by=None, closed_by=None, closed_at=None)
                | Q(state="accepted", accepted_by__isnull=False, closed_by=None, closed_at=None)
                | Q(
                    state="withdrawn",
                    accepted_by=None,
                    closed_by=F("requested_by"),
                    closed_at__gte=F("requested_at"),
                )
                | (
                    Q(state="refused", accepted_by=None, closed_by__isnull=False)
                    & Q(closed_at__gte=F("requested_at"))
                    & ~Q(closed_by=F("requested_by"))
                )
                | Q(state="revoked", closed_by__isnull=False, closed_at__gte=F("accepted_at"))
                | Q(state="ended", closed_by__isnull=False, closed_at__gte=F("requested_at")),
                name="duty_exception_closed_with_state",
            ),
        ]
