"""A case finds a new admin for an organization without one; proofs, verdicts and letters belong to it."""

from django.db import models
from django.db.models import F, Q

from audit.foundation import ids
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership
from identity.organizations.models import Organization

DIGEST_LENGTH = 64


class OrphanCase(models.Model):
    """Holds a case. In SQL: its steps follow one another, and two different people of the staff decide."""

    class CaseCause(models.TextChoices):
        """Says what opened the case."""

        NO_ADMIN = "no_admin"
        REQUEST = "request"
        SUPPORT = "support"
        CLAIM = "claim"
        """No working admin answered a colleague's question in time, and none has signed in since."""

    class State(models.TextChoices):
        """Says how far the case has come; docs/orphan-cases.md draws the steps."""

        OPEN = "open"
        PROPOSED = "proposed"
        APPROVED = "approved"
        INVITED = "invited"
        JOINED = "joined"
        RESOLVED = "resolved"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=CaseCause)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    threshold = models.PositiveSmallIntegerField()
    """The sum of weights that the accepted proofs need, as set when the case was opened."""
    email = models.EmailField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, default="en")
    """Of the person to invite, who is named once."""
    named_by = models.UUIDField(null=True)
    opened_by = models.UUIDField()
    opened_by_kind = models.CharField(max_length=16)
    opened_at = models.DateTimeField()
    digest = models.CharField(max_length=DIGEST_LENGTH, blank=True)
    """SHA-256 over the person and the proofs that the proposal is about."""
    proposed_by = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(null=True)
    proposed_act = models.UUIDField(null=True)
    waits_until = models.DateTimeField(null=True)
    """When the time for objections is over, unless one stopped it."""
    stopped_at = models.DateTimeField(null=True)
    """Since when an objection without a decision stops the clock."""
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_act = models.UUIDField(null=True)
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField(null=True)
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    """Of the new admin."""
    full_from = models.DateTimeField(null=True)
    """When the new admin gets all rights of an admin, unless an objection stops it."""
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(closed_at=None), name="orphan_case_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["resolved", "closed"], closed_at__isnull=False)
                | (~Q(state__in=["resolved", "closed"]) & Q(closed_at=None)),
                name="orphan_case_closed_with_state",
            ),
            models.CheckConstraint(
                condition=Q(email="", named_by=None) | (~Q(email="") & Q(named_by__isnull=False)),
                name="orphan_case_named_with_person",
            ),
            # One source is never enough.
            models.CheckConstraint(condition=Q(threshold__gte=2), name="orphan_case_threshold_of_two"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "closed"])
                | (Q(proposed_by__isnull=False, waits_until__isnull=False) & ~Q(email="") & ~Q(digest="")),
                name="orphan_case_proposed_with_person",
            ),
            # Four eyes are two different people.
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "invited", "joined", "resolved"])
                | (
                    Q(approved_by__isnull=False)
                    & ~Q(approved_by=F("proposed_by"))
                    & ~Q(approved_by=F("opened_by"))
                    & ~Q(approved_by=F("named_by"))
                ),
                name="orphan_case_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["invited", "joined", "resolved"])
                | Q(invitation__isnull=False, invited_at__gte=F("waits_until")),
                name="orphan_case_invited_after_the_wait",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["joined", "resolved"])
                | Q(membership__isnull=False, full_from__isnull=False),
                name="orphan_case_joined_with_member",
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="orphan_case_by_state")]


class OrphanProof(models.Model):
    """Holds one piece of evidence, which is never rewritten; the event of `act` holds its note, encrypted."""

    class ProofKind(models.TextChoices):
        """Says what the proof is; the supplier sets the weight of each."""

        MEMBER = "member"
        MAILBOX = "mailbox"
        DOMAIN = "domain"
        CONTACT = "contact"
        REGISTER = "register"
        MANDATE = "mandate"
        CALL_BACK = "call_back"
        LETTER = "letter"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    case = models.ForeignKey(OrphanCase, models.PROTECT, related_name="proofs")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=ProofKind)
    source = models.CharField(max_length=300)
    """What the proof rests on: two proofs with one source are no independent proofs."""
    weight = models.PositiveSmallIntegerField()
    added_by = models.UUIDField()
    added_by_kind = models.CharField(max_length=16)
    added_at = models.DateTimeField()
    act = models.UUIDField()
    file = models.BinaryField(null=True)
    """The encrypted file; its type, size and digest are those of the file before the encryption."""
    file_type = models.CharField(max_length=20, blank=True)
    file_size = models.PositiveIntegerField(default=0)
    file_digest = models.CharField(max_length=DIGEST_LENGTH, blank=True)
    stored_digest = models.CharField(max_length=DIGEST_LENGTH, blank=True)
    """SHA-256 of the bytes as stored."""


class OrphanVerdict(models.Model):
    """Holds what one of the two people thinks of a proof; those of the case's two acts count."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    proof = models.ForeignKey(OrphanProof, models.PROTECT, related_name="verdicts")
    act = models.UUIDField()
    judged_by = models.UUIDField()
    judged_at = models.DateTimeField()
    accepted = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["act", "proof"], name="orphan_verdict_once_in_act")]


class OrphanLetter(models.Model):
    """Holds a mailed link with a question or a notice; an answer or an objection is given once."""

    class Purpose(models.TextChoices):
        """Says what the letter asks for."""

        QUESTION = "question"
        NOTICE = "notice"

    class LetterRecipient(models.TextChoices):
        """Says who got the letter."""

        MEMBER = "member"
        FORMER_ADMIN = "former_admin"
        CONTACT = "contact"
        POST = "post"

    class LetterAnswer(models.TextChoices):
        """Says what the recipient answered."""

        YES = "yes"
        NO = "no"
        OBJECTED = "objected"

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    case = models.ForeignKey(OrphanCase, models.PROTECT, related_name="letters")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose)
    recipient = models.CharField(max_length=15, choices=LetterRecipient)
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    contact = models.UUIDField(null=True)
    """The supplier's contact at the customer, who is no member."""
    hash = models.CharField(max_length=80, unique=True)
    sent_by = models.UUIDField()
    sent_at = models.DateTimeField()
    act = models.UUIDField()
    answer = models.CharField(max_length=10, choices=LetterAnswer, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_act = models.UUIDField(null=True)
    decided_by = models.UUIDField(null=True)
    """Who decided on the objection."""
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None, answered_act=None)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_act__isnull=False)),
                name="orphan_letter_answered_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None, decided_at=None)
                | Q(answer="objected", decided_by__isnull=False, decided_at__isnull=False),
                name="orphan_letter_decides_on_objection",
            ),
            models.CheckConstraint(
                condition=Q(answer="")
                | Q(purpose="question", answer__in=["yes", "no"])
                | Q(purpose="notice", answer="objected"),
                name="orphan_letter_answer_fits_purpose",
            ),
        ]


class OrphanRequest(models.Model):
    """Holds a stranger's request for a case; it counts once the stranger's address has confirmed it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7)
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    """The customer that the details match; empty where they match none."""
    case = models.ForeignKey(OrphanCase, models.PROTECT, null=True, related_name="requests")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200)
    company = models.CharField(max_length=200)
    number = models.CharField(max_length=40, blank=True)
    """The customer number or business id, as entered."""
    language = models.CharField(max_length=10, default="en")
    hash = models.CharField(max_length=80, unique=True)
    asked_at = models.DateTimeField()
    act = models.UUIDField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    """Who of the staff connected it to a case, or closed it; empty where its confirmation found the case."""
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["email", "asked_at"], name="orphan_request_of_address"),
            models.Index(fields=["asked_at"], name="orphan_request_waiting", condition=Q(confirmed_at=None)),
            models.Index(
                fields=["confirmed_at"],
                name="orphan_request_open",
                condition=Q(case=None, decided_at=None, confirmed_at__isnull=False),
            ),
        ]
