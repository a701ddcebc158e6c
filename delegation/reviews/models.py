"""A review freezes its lines at the start, and each line is decided once."""

import uuid

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from delegation.authorization.models.roles import Role
from identity.memberships.models import Membership
from identity.organizations.models import Organization, Site
from identity.service_users.models import ServiceUser


class AccessReview(models.Model):
    """Holds a review. In SQL: what was set at the start is never rewritten, and it is completed without open lines."""

    class Scope(models.TextChoices):
        """Says which access is reviewed."""

        ALL = "all"
        TIER = "tier"
        SITE = "site"
        OUTLIERS = "outliers"
        """People whose access is unlike that of their peers."""

    class ReviewCause(models.TextChoices):
        """Says why it began."""

        STARTED = "started"
        ORPHAN_CASE = "orphan_case"
        """A new admin came by a case: `cause_id`."""

    class Silence(models.TextChoices):
        """Says what becomes of a line without an answer in time."""

        KEEP = "keep"
        LOWER = "lower"
        END = "end"

    class ReviewState(models.TextChoices):
        """Says how far it is."""

        OPEN = "open"
        COMPLETED = "completed"
        LAPSED = "lapsed"
        """Its time ended it: lines without an answer became what was set."""
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    scope = models.CharField(max_length=8, choices=Scope)
    role = models.ForeignKey(Role, models.PROTECT, null=True, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    cause = models.CharField(max_length=11, choices=ReviewCause, default=ReviewCause.STARTED)
    cause_id = models.UUIDField(null=True)
    size = models.PositiveIntegerField()
    """The number of its lines."""
    reviewer = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    fallback = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    """Decides about the reviewer, and about everyone after the second warning."""
    silence = models.CharField(max_length=5, choices=Silence)
    started_by = models.UUIDField()
    started_by_kind = models.CharField(max_length=10)
    started_at = models.DateTimeField()
    act = models.UUIDField()
    due_at = models.DateTimeField()
    warnings = models.PositiveSmallIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=9, choices=ReviewState, default=ReviewState.OPEN)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-started_at", "id"], name="review_of_organization"),
            models.Index(fields=["due_at"], name="review_open_due", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["cause_id"], name="review_once_by_cause"),
            models.CheckConstraint(
                condition=Q(scope="tier", role__isnull=False, site=None)
                | Q(scope="site", role=None, site__isnull=False)
                | Q(scope__in=["all", "outliers"], role=None, site=None),
                name="review_scope_named",
            ),
            models.CheckConstraint(
                condition=Q(silence__in=["keep", "lower", "end"]), name="review_silence_known"
            ),
            models.CheckConstraint(
                condition=Q(cause="started", cause_id=None) | Q(cause="orphan_case", cause_id__isnull=False),
                name="review_cause_named",
            ),
            models.CheckConstraint(condition=~Q(fallback=F("reviewer")), name="review_fallback_is_another"),
            models.CheckConstraint(condition=Q(due_at__gt=F("started_at")), name="review_due_after_start"),
            models.CheckConstraint(
                condition=Q(warnings=0, warned_at=None) | Q(warnings__in=[1, 2], warned_at__isnull=False),
                name="review_warned_at_most_twice",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_by=None, closed_at=None)
                | (
                    Q(
                        state__in=["completed", "lapsed", "cancelled"],
                        closed_by__isnull=False,
                        closed_at__isnull=False,
                    )
                ),
                name="review_closed_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="lapsed") | Q(warnings=2, closed_at__gte=F("due_at")),
                name="review_lapsed_after_warnings",
            ),
        ]


class ReviewLine(models.Model):
    """Holds one member or program of a review, as it was at the start. In SQL: decided once, by another person."""

    class LineDecision(models.TextChoices):
        """Says what was decided."""

        OPEN = ""
        KEEP = "keep"
        LOWER = "lower"
        END = "end"
        LEFT = "left"
        """The access had ended before an answer."""

    class Basis(models.TextChoices):
        """Says why it was decided so."""

        OPEN = ""
        REVIEWED = "reviewed"
        SILENCE = "silence"
        LAST_ADMIN = "last_admin"
        """Without an answer, and kept: the customer has no other admin."""
        NOT_LOWER = "not_lower"
        """Without an answer, and kept: there is no lower access."""
        LEFT = "left"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    review = models.ForeignKey(AccessReview, models.PROTECT, related_name="lines")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    service_user = models.ForeignKey(ServiceUser, models.PROTECT, null=True, related_name="+")
    person = models.UUIDField()
    """The user of the membership, or of the program's owner: this person does not decide."""
    frozen = models.JSONField()
    """The access at the start, when it was used, and what is unusual about it (`delegation.reviews.population`)."""
    decision = models.CharField(max_length=5, choices=LineDecision, blank=True)
    basis = models.CharField(max_length=10, choices=Basis, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_by_kind = models.CharField(max_length=10, blank=True)
    decided_at = models.DateTimeField(null=True)
    act = models.UUIDField(null=True)
    """Its event holds the reason, encrypted."""

    class Meta:
        indexes = [models.Index(fields=["review", "id"], name="review_line_open", condition=Q(decision=""))]
        constraints = [
            models.UniqueConstraint(fields=["review", "membership"], name="review_line_once"),
            models.UniqueConstraint(fields=["review", "service_user"], name="review_line_program_once"),
            models.CheckConstraint(
                condition=Q(membership__isnull=False, service_user=None)
                | (Q(membership=None, service_user__isnull=False) & ~Q(decision="lower")),
                name="review_line_of_one",
            ),
            models.CheckConstraint(
                condition=Q(
                    decision="", basis="", decided_by=None, decided_by_kind="", decided_at=None, act=None
                )
                | Q(
                    decision__in=["keep", "lower", "end"],
                    basis="reviewed",
                    decided_by_kind="person",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    act__isnull=False,
                )
                | (
                    (
                        Q(decision="left", basis="left")
                        | Q(decision="keep", basis__in=["last_admin", "not_lower"])
                        | Q(decision__in=["keep", "lower", "end"], basis="silence")
                    )
                    & Q(
                        decided_by_kind="system",
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                        act__isnull=False,
                    )
                ),
                name="review_line_decided_whole",
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("person")), name="review_line_by_another"),
        ]

    @property
    def subject(self) -> uuid.UUID:
        """Return the id of the member or the program."""
        found = self.membership_id or self.service_user_id
        if found is None:
            raise ValueError
        return found
