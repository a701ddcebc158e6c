"""The log refers to other apps by ids and not by foreign keys; triggers and the role allow inserts only."""

from django.db import models

from audit.foundation import ids


class Installation(models.Model):
    """Describes this installation, in a single row.

    Every restore from a backup raises `incarnation`; consumers identify an event by (incarnation, position).
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    uid = models.UUIDField()
    """Names the installation in its backups; random, from the first migration on."""
    incarnation = models.PositiveIntegerField(default=1)
    frozen_at = models.DateTimeField(null=True)
    """Since when nothing goes out, because this is a restored database; None: everything goes out."""
    clock_offset = models.FloatField(db_default=0.0)
    """The seconds by which tests move the clock of the insert trigger, beside KEYHOLDER_CLOCK_OFFSET_FILE."""

    class Meta:
        db_table = "audit_installation"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_installation_one_row")]


class Chain(models.Model):
    """A chain has a head row. Its id is that of the organization or person, or `ledger.SUPPLIER`."""

    class Kind(models.TextChoices):
        """The kind says who owns the chain."""

        ORGANIZATION = "organization"
        PERSON = "person"
        SUPPLIER = "supplier"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind)
    last_seq = models.BigIntegerField(db_default=0)
    last_hash = models.BinaryField(db_default=b"")
    last_at = models.DateTimeField(null=True)
    row_lock = models.BooleanField(db_default=False)
    """Never written: the one column with UPDATE granted to the application, because locking a row needs that right."""

    class Meta:
        db_table = "audit_chain"
        indexes = [
            models.Index(
                fields=["id"],
                name="chain_with_events",
                include=["last_seq", "last_at"],
                condition=models.Q(last_seq__gt=0),
            )
        ]


class Event(models.Model):
    """Records one subject of an act or observation.

    `body` holds the hashed bytes, and `mac` authenticates them; the other columns are copies for searching.
    """

    class Outcome(models.TextChoices):
        """Says whether a command made the change or was refused, or whether the event was observed outside commands."""

        DONE = "done"
        REFUSED = "refused"
        OBSERVED = "observed"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    at = models.DateTimeField()
    chain = models.UUIDField()
    seq = models.BigIntegerField(null=True)
    """The position in the chain; None beside the chain, where the sealer gives the only order."""
    act = models.UUIDField()
    verb = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16, choices=Outcome)
    actor_kind = models.CharField(max_length=16)
    actor = models.UUIDField()
    subject_kind = models.CharField(max_length=32)
    subject = models.UUIDField()
    organization = models.UUIDField(null=True)
    incarnation = models.PositiveIntegerField()
    prev = models.BinaryField(null=True)
    hash = models.BinaryField()
    body = models.BinaryField()
    mac = models.BinaryField()

    class Meta:
        db_table = "audit_event"


class Inbox(models.Model):
    """Holds an event until it is sealed."""

    event = models.UUIDField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_inbox"


class Leaf(models.Model):
    """Places one event in the sealed order of the log, which is the order of leaves in its Merkle tree.

    `position` counts from 1 and is the leaf's index plus one; the entry that is hashed is `event_hash`.
    """

    position = models.BigIntegerField(primary_key=True)
    incarnation = models.PositiveIntegerField()
    """The installation's incarnation when the event was sealed: after a restore, positions are given out again."""
    event = models.UUIDField(unique=True)
    at = models.DateTimeField()
    event_hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"


class Subtree(models.Model):
    """Holds the hash of a complete subtree of the Merkle tree; `level` is 8, 16, 24 and so on.

    It covers 2 to the power of `level` leaves. Hashes between two stored levels are computed from at most 256 rows.
    """

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_subtree"


class Checkpoint(models.Model):
    """Copies the newest checkpoint for metrics. What counts are the signed files outside the database."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField()
    signed_at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        db_table = "audit_checkpoint"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_checkpoint_one_row")]


class PersonKey(models.Model):
    """Each person has a key for the values in the log, encrypted under a key file outside the database.

    Empty once it is destroyed.
    """

    id = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField()

    class Meta:
        db_table = "audit_person_key"


class Refusal(models.Model):
    """Counts equal refusals (actor, verb, subject, code) within one minute, and failed sign-ins within one hour."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    actor = models.UUIDField()
    actor_kind = models.CharField(max_length=16)
    chain = models.UUIDField()
    """The chain beside which it is recorded."""
    organization = models.UUIDField(null=True)
    verb = models.CharField(max_length=64)
    subject = models.UUIDField()
    subject_kind = models.CharField(max_length=20, default="refusal")
    code = models.CharField(max_length=64)
    fact = models.CharField(max_length=16, default="code")
    """The name of `code` in the event's facts."""
    outcome = models.CharField(max_length=10, default="refused")
    minute = models.DateTimeField()
    """The minute, or the last minute of the hour, within which it counts."""
    mac = models.BinaryField()
    """Authenticates all other columns (audit.log.refusals)."""
    count = models.PositiveIntegerField(default=1)
    """The first is in the log at once; the others follow as one event."""

    class Meta:
        db_table = "audit_refusal"
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "verb", "subject", "code", "minute"], name="audit_refusal_once_a_minute"
            ),
        ]


class KeyFingerprint(models.Model):
    """Identifies a key outside the database without revealing it. Rows stay: an id is used once."""

    key_id = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=64)
    used_from = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    """Since when no key file has it any more."""

    class Meta:
        db_table = "audit_key_fingerprint"
