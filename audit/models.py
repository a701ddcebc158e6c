"""What happened. Ids, never foreign keys upward; insert-only by trigger and by role (migration 0001)."""

from django.db import models

from audit.foundation import ids


class Installation(models.Model):
    """The one row that says which life of this installation this is.

    `incarnation` is raised by every restore from a backup; consumers of the log key on (incarnation, position).
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    incarnation = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "audit_installation"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_installation_one_row")]


class Chain(models.Model):
    """The head of one chain of acts. Its id is the organization's, the person's or the supplier's."""

    class Kind(models.TextChoices):
        """Whose chain it is."""

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
    """One thing that happened to one subject. `body` is the very bytes hashed; the columns are copies of it."""

    class Outcome(models.TextChoices):
        """How it ended."""

        DONE = "done"
        REFUSED = "refused"
        OBSERVED = "observed"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    at = models.DateTimeField()
    chain = models.UUIDField()
    seq = models.BigIntegerField(null=True)
    """The place in the chain for an act; None for what is inserted beside it and sealed behind."""
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

    class Meta:
        db_table = "audit_event"


class Inbox(models.Model):
    """Events that the sealer has not yet given their place."""

    event = models.UUIDField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_inbox"


class Leaf(models.Model):
    """The place of one event in the log's one public order; `hash` covers the leaf before it."""

    position = models.BigIntegerField(primary_key=True)
    event = models.UUIDField(unique=True)
    at = models.DateTimeField()
    event_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"


class PersonKey(models.Model):
    """The key under which one person's values stand in the log, wrapped by a key kept outside the database."""

    id = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField()

    class Meta:
        db_table = "audit_person_key"


class Label(models.Model):
    """Names beside the log, for showing and for searching; erasing a person empties hers."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=320)

    class Meta:
        db_table = "audit_label"


class Refusal(models.Model):
    """How often the same thing was refused to the same actor in the same minute."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    actor = models.UUIDField()
    actor_kind = models.CharField(max_length=16)
    chain = models.UUIDField()
    """The chain beside which it is recorded."""
    organization = models.UUIDField(null=True)
    verb = models.CharField(max_length=64)
    subject = models.UUIDField()
    code = models.CharField(max_length=64)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    """The first stands in the log at once."""

    class Meta:
        db_table = "audit_refusal"
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "verb", "subject", "code", "minute"], name="audit_refusal_once_a_minute"
            )
        ]
