"""An account is a person's record in a target; deliveries say why it became due."""

from django.db import models
from django.db.models import Q

from identity.memberships.models import Membership
from identity.people.models import User
from provisioning.delivery.models import Due
from provisioning.targets.models import Target

LAST_GENERATION = 2_000_000_000
"""The next one is 1: whatever the row says, the number fits into its column."""


class Account(Due):
    """Holds the last acknowledged state of one record in one target, and when it is due.

    `membership` is None where the target has one record per person. `generation` is raised each time the row becomes
    due: an outcome settles only the generation from which its record was computed.
    """

    class State(models.TextChoices):
        """Names the states of an account as pages show them."""

        UP_TO_DATE = "up_to_date"
        UPDATING = "updating"
        OUT_OF_DATE = "out_of_date"
        FAILED = "failed"
        NOT_NEEDED = "not_needed"

    target = models.ForeignKey(Target, models.PROTECT, related_name="accounts")
    user = models.ForeignKey(User, models.PROTECT, related_name="accounts")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="accounts")
    remote_id = models.CharField(max_length=200, blank=True)
    remote_mac = models.BinaryField(db_default=b"")
    """Proves that a delivery stored the id (`remote_ids`)."""
    acknowledged_digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the record last acknowledged."""
    acknowledged_active = models.BooleanField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_rights = models.JSONField(default=dict)
    """{membership: [`rights_summary` of each right]} as acknowledged; a membership acknowledged once stays a key."""
    observed = models.JSONField(null=True)
    """The differing state that reading the target showed: {"active": bool, "rights": {organization: [...]}}."""
    checked_at = models.DateTimeField(null=True)
    """When the target last had the record of `acknowledged_digest`, as far as known."""
    state = models.CharField(max_length=12, choices=State, default=State.UPDATING)
    priority = models.PositiveSmallIntegerField(default=1)
    """0 for removals, 1 otherwise."""
    generation = models.PositiveIntegerField(default=1)
    next_change_at = models.DateTimeField(null=True)
    """The next instant at which time alone changes the desired record."""
    uncertain_until = models.DateTimeField(null=True)
    """A call with an unknown result was sent: read the record first, and again at this instant."""
    act = models.UUIDField(null=True)
    """The act that last made it due."""

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
            models.Index(
                fields=["failing_since"], name="account_failing", condition=Q(failing_since__isnull=False)
            ),
            models.Index(fields=["leased_by"], name="account_leased", condition=Q(leased_by__isnull=False)),
            models.Index(
                fields=["user"],
                name="account_needs_attention",
                condition=Q(state__in=["failed", "out_of_date"]),
            ),
        ]


class Delivery(models.Model):
    """Says why an account became due, and when the target confirmed it: one per act and membership.

    Rows without a needed call are deleted; the others are the basis of the usual duration.
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
    """Holds the planner's position in a chain of the log."""

    chain = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(default=0)
