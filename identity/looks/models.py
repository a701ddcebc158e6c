"""A look is a consent: for a short time a staff member sees the pages that one person of a customer opens."""

import datetime as dt

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User

LONGEST = dt.timedelta(minutes=30)
CODE_LIFETIME = dt.timedelta(minutes=10)


class Mode(models.TextChoices):
    """Says what a look allows: to see pages, or to fill forms too, which the person sends."""

    LOOK = "look"
    PREPARE = "prepare"


class LookRule(models.Model):
    """Holds an organization's standing rule: staff may begin a look at its people without a code, with a reason.

    In SQL: one rule at most has not ended, and an ended one stays ended.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="look_rules")
    mode = models.CharField(max_length=10, choices=Mode)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(valid_until=None), name="look_rule_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Look(models.Model):
    """Holds a consent by a code or by a rule, and the look that a staff member began by it.

    In SQL: every column keeps its first value, and the end is never later than `LONGEST` after the beginning.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="looks")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="looks")
    membership_epoch = models.PositiveIntegerField()
    session_key = models.CharField(max_length=80, blank=True)
    """The person's browser session that allowed it, the only one that is looked at; empty for a rule: any of them."""
    mode = models.CharField(max_length=10, choices=Mode)
    masked = models.BooleanField()
    """Whether names of colleagues, addresses and phone numbers are shortened or hidden."""
    rule = models.ForeignKey(LookRule, models.PROTECT, null=True, related_name="looks")
    code_hash = models.CharField(max_length=80, blank=True)
    """The keyed hash of the six digits; empty for a rule."""
    code_until = models.DateTimeField(null=True)
    allowed_at = models.DateTimeField()
    staff = models.ForeignKey(User, models.PROTECT, null=True, related_name="looks")
    staff_session = models.CharField(max_length=80, blank=True)
    staff_right = models.UUIDField(null=True)
    """The staff right by which it began; without it, the look has ended."""
    begun_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rule=None, code_until__isnull=False) & ~Q(code_hash="") & ~Q(session_key="")
                | Q(rule__isnull=False, code_until=None, code_hash="", session_key="", masked=True),
                name="look_by_code_or_rule",
            ),
            models.CheckConstraint(
                condition=Q(code_until=None) | Q(code_until__lte=F("allowed_at") + CODE_LIFETIME),
                name="look_code_short",
            ),
            models.CheckConstraint(
                condition=Q(staff=None, staff_session="", staff_right=None, begun_at=None, valid_until=None)
                | Q(
                    staff__isnull=False,
                    staff_right__isnull=False,
                    begun_at__gte=F("allowed_at"),
                    valid_until__gt=F("begun_at"),
                    valid_until__lte=F("begun_at") + LONGEST,
                )
                & ~Q(staff_session="")
                & (Q(code_until=None) | Q(begun_at__lt=F("code_until"))),
                name="look_begun_and_short",
            ),
        ]
        indexes = [
            models.Index(fields=["membership", "allowed_at"], name="look_of_membership"),
            models.Index(fields=["code_hash"], name="look_by_code", condition=Q(begun_at=None, rule=None)),
            models.Index(fields=["staff_session", "begun_at"], name="look_of_staff_session"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LookPage(models.Model):
    """Holds the page that the person has open now, as the staff member sees it; deleted when the look has ended."""

    look = models.OneToOneField(Look, models.CASCADE, primary_key=True, related_name="page")
    route = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    body = models.TextField()
    """HTML without forms, links and scripts, masked already and signed; empty for a page that is never shown."""
    subject = models.UUIDField(null=True)
    """The membership that the page is about."""
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
