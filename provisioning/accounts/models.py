"""One person's record in one target, and what is known about it."""

from django.db import models
from django.db.models import Q

from identity.memberships.models import Membership
from identity.people.models import User
from provisioning.delivery.models import Due
from provisioning.targets.models import Target


class Account(Due):
    """What the target last acknowledged, and when it is next to be told.

    `membership` is None where the target keeps one record per person. `generation` is raised each time
    the row becomes due: an answer settles only the generation for which its content was computed.
    """

    class State(models.TextChoices):
        """The words people read."""

        IN_PLACE = "in_place"
        ON_ITS_WAY = "on_its_way"
        DIFFERS = "differs"
        FAILED = "failed"
        NOT_NEEDED = "not_needed"

    target = models.ForeignKey(Target, models.PROTECT, related_name="accounts")
    user = models.ForeignKey(User, models.PROTECT, related_name="accounts")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="accounts")
    remote_id = models.CharField(max_length=200, blank=True)
    acknowledged_digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the record last acknowledged."""
    acknowledged_active = models.BooleanField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_rights = models.JSONField(default=dict)
    """{membership: [`rights_summary` of each right]} as acknowledged; a membership once told of stays a key."""
    observed = models.JSONField(null=True)
    """What reading the target showed where that differs: {"active": bool, "rights": {organization: [...]}}."""
    checked_at = models.DateTimeField(null=True)
    """When the target was last known to hold what `acknowledged_digest` says."""
    state = models.CharField(max_length=12, choices=State, default=State.ON_ITS_WAY)
    priority = models.PositiveSmallIntegerField(default=1)
    """0 where somebody goes, 1 else."""
    generation = models.PositiveIntegerField(default=1)
    next_change_at = models.DateTimeField(null=True)
    """The next instant at which time alone changes what should be true."""
    uncertain_until = models.DateTimeField(null=True)
    """A call went out whose end is unknown: look before believing, and look again at this instant."""
    act = models.UUIDField(null=True)
    """The act that made it due last."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["target", "user", "membership"], name="account_unique", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(
                fields=["target", "priority", "due_at"], name="account_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["next_change_at"],
                name="account_next_change",
                condition=Q(next_change_at__isnull=False),
            ),
            models.Index(fields=["leased_by"], name="account_leased", condition=Q(leased_by__isnull=False)),
            models.Index(
                fields=["user"], name="account_needs_attention", condition=Q(state__in=["failed", "differs"])
            ),
        ]


class Delivery(models.Model):
    """Why an account became due, and when the target knew: one per account, act and membership.

    Rows of which nothing had to be told are deleted; the others are what "usually takes" is measured on.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="deliveries")
    target = models.ForeignKey(Target, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    organization = models.UUIDField()
    act = models.UUIDField()
    act_at = models.DateTimeField()
    """The instant of the act."""
    generation = models.PositiveIntegerField()
    """The account's `generation` when it was made due."""
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "act", "membership"], name="delivery_unique"),
        ]
        indexes = [
            models.Index(fields=["act"], name="delivery_of_act"),
            models.Index(fields=["account"], name="delivery_open", condition=Q(done_at__isnull=True)),
            models.Index(
                fields=["target", "-done_at"], name="delivery_recent", condition=Q(done_at__isnull=False)
            ),
        ]


class Cursor(models.Model):
    """How far the planner has read one chain of the log."""

    chain = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(default=0)
