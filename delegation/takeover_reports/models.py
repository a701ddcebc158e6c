"""A person says that a change of the own sign-in was another person's; support closes the report once."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids


class TakeoverReport(models.Model):
    """Holds what a person reported. In SQL: it is closed once, never rewritten, and no change is reported twice."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    person = models.UUIDField()
    """The user whose sign-in was blocked."""
    changed_at = models.DateTimeField()
    """The change that the mail was about; the report covers the changes from then on."""
    covered_until = models.DateTimeField()
    """The first change that an earlier report covers, or the report's own instant: a change before it is covered."""
    reported_at = models.DateTimeField()
    act = models.UUIDField()
    """Its event in the person's chain says what ended."""
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "reported_at"], name="takeover_report_of_person"),
            models.Index(fields=["reported_at"], name="takeover_report_open", condition=Q(closed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(changed_at__lt=F("covered_until"), covered_until__lte=F("reported_at")),
                name="takeover_report_after_change",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None, closed_at=None)
                | Q(closed_by__isnull=False, closed_at__gte=F("reported_at")),
                name="takeover_report_closed_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=F("person")),
                name="takeover_report_closed_by_another_person",
            ),
        ]
