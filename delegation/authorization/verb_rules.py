"""A verb's rule says what it applies to, what it requires besides the permission, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum


class On(StrEnum):
    """Says which kind of subject a verb applies to."""

    ADMIN = "admin"
    """An admin of the colleague who asks."""
    ORGANIZATION = "organization"
    MEMBERSHIP = "membership"
    HANDOVER = "handover"
    INVITATION = "invitation"
    LOOK = "look"
    PERSON = "person"
    REVIEW = "review"
    SERVICE_USER = "service_user"
    SUPPLIER = "supplier"


class SiteReach(StrEnum):
    """Says how an authority limited to sites must cover a member's sites."""

    OVERLAPS = "overlaps"
    """One site in common is enough."""
    CONTAINS = "contains"
    """All sites of the member must be sites of the authority."""


class RequiredState(StrEnum):
    """Says which state of a membership a verb requires."""

    PRESENT = "present"
    ENDED = "ended"
    ANY = "any"


class Effect(StrEnum):
    """Says whose rights in other systems an act may change."""

    MEMBERSHIP = "membership"
    """The members that the act's events name, directly or through an invitation or a user."""
    ORGANIZATION = "organization"
    """Every member of the organization."""
    NONE = "none"


class Topic(StrEnum):
    """Groups events for the filter of an organization's log."""

    INVITATIONS = "invitations"
    ACCESS = "access"
    REMOVALS = "removals"
    SIGN_IN = "sign_in"
    SYSTEMS = "systems"
    MAILS = "mails"
    STAFF = "staff"
    """What the supplier's staff read of the organization, and who allowed them to look along."""
    OTHER = "other"
    """In the log, but under no filter."""
    NOT_LOGGED = "not_logged"
    """Not in an organization's log: acts of the supplier, and reading verbs."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule says what a verb requires besides the permission, and what follows from it."""

    on: On
    effect: Effect
    topic: Topic
    reading: bool = False
    """A reading verb leaves no event."""
    site_reach: SiteReach = SiteReach.CONTAINS
    all_sites: bool = False
    """On an organization: only a role for all sites allows it. Other verbs are limited by sites in what they act on."""
    state: RequiredState = RequiredState.PRESENT
    allow_self: bool = False
    within_authority: bool = False
    """Every role of the member must be assignable by the actor."""
    gives_access: bool = False
    """Whether it lets a person or a program do or see more, so that a page asks for a recent proof first."""
    allow_system: bool = False
    """Whether the system may do it: onboarding, catalogue, timers."""
    implies: tuple[str, ...] = ()
    """Consequences without a decision of their own: a removal may cancel invitations, a new customer has an offer."""
