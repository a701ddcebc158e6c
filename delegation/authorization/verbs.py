"""Every verb: the permission needed and the event left. The matrix page, the docs and the tests are drawn from here."""

from dataclasses import dataclass
from enum import StrEnum


class On(StrEnum):
    """What kind of thing a verb is done to."""

    ORGANIZATION = "organization"
    MEMBERSHIP = "membership"
    INVITATION = "invitation"
    PERSON = "person"
    SUPPLIER = "supplier"


class Reach(StrEnum):
    """How a power that is limited to sites meets a colleague's access."""

    TOUCH = "touch"
    """It is enough that they have one site in common."""
    COVER = "cover"
    """All of the colleague's access must lie in the power's sites."""


class State(StrEnum):
    """In which state of a membership a verb makes sense."""

    PRESENT = "present"
    ENDED = "ended"
    ANY = "any"


class Effect(StrEnum):
    """Whose rights in other systems may change after an act."""

    MEMBERSHIP = "membership"
    """Those of the members that the act's events name, directly or as an invitation or a person."""
    ORGANIZATION = "organization"
    """Those of every member of the organization."""
    EVERYBODY = "everybody"
    """Those of every member of every organization."""
    NONE = "none"


class Topic(StrEnum):
    """Under which filter of an organization's log an event is found."""

    INVITATIONS = "invitations"
    ACCESS = "access"
    REMOVALS = "removals"
    SIGN_IN = "sign_in"
    SYSTEMS = "systems"
    MAILS = "mails"
    OTHER = "other"
    """In the log, under no filter of its own."""
    NOT_LOGGED = "not_logged"
    """Never in an organization's log: the supplier's own, and reading."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a verb asks for, apart from being held, and what follows from it."""

    on: On
    effect: Effect
    topic: Topic
    reading: bool = False
    """Reading verbs leave no event."""
    reach: Reach = Reach.COVER
    state: State = State.PRESENT
    allow_self: bool = False
    within_authority: bool = False
    """Every role the colleague holds must be one that the actor may give."""
    system: bool = False
    """The system may do it: onboarding, catalogue, timers."""
    implies: tuple["Verb", ...] = ()
    """What follows without being asked for: gone is gone, and a new invitation takes the place of an expired one."""


class Verb(StrEnum):
    """`noun.verb`, alphabetical within a noun."""

    ACCESS_CHANGE = "access.change"
    ACCOUNT_RESYNC = "account.resync"
    ACTIVITY_VIEW = "activity.view"
    APPLICATION_REGISTER = "application.register"
    CATALOGUE_APPLY = "catalogue.apply"
    CATALOGUE_PROPAGATE = "catalogue.propagate"
    CEILING_SET = "ceiling.set"
    INVITATION_ACCEPT = "invitation.accept"
    INVITATION_CANCEL = "invitation.cancel"
    INVITATION_RESEND = "invitation.resend"
    MEMBER_ENROLL = "member.enroll"
    MEMBER_INVITE = "member.invite"
    MEMBER_REMOVE = "member.remove"
    MEMBER_RESTORE = "member.restore"
    MEMBER_VIEW = "member.view"
    ORGANIZATION_CREATE = "organization.create"
    PERSON_SIGN_OUT = "person.sign_out"
    RETENTION_PURGE = "retention.purge"
    SITE_CREATE = "site.create"
    TARGET_UPDATE = "target.update"
    TARGET_REGISTER = "target.register"

    @property
    def rule(self) -> Rule:
        """What this verb asks for."""
        return RULES[self]

    @property
    def topic(self) -> Topic:
        """The filter of the log."""
        return self.rule.topic


def with_effect(*effects: Effect) -> list[str]:
    """The verbs whose acts have one of these effects."""
    return [verb.value for verb in Verb if verb.rule.effect in effects]


RULES: dict[Verb, Rule] = {
    Verb.ACCESS_CHANGE: Rule(On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.ACCESS, within_authority=True),
    Verb.ACCOUNT_RESYNC: Rule(
        On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.OTHER, reach=Reach.TOUCH, state=State.ANY, allow_self=True
    ),
    Verb.ACTIVITY_VIEW: Rule(On.ORGANIZATION, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    Verb.APPLICATION_REGISTER: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
    Verb.CATALOGUE_APPLY: Rule(On.SUPPLIER, Effect.EVERYBODY, Topic.NOT_LOGGED, system=True),
    Verb.CATALOGUE_PROPAGATE: Rule(On.SUPPLIER, Effect.NONE, Topic.ACCESS, system=True),
    Verb.CEILING_SET: Rule(On.SUPPLIER, Effect.ORGANIZATION, Topic.ACCESS, system=True),
    Verb.INVITATION_ACCEPT: Rule(On.INVITATION, Effect.MEMBERSHIP, Topic.INVITATIONS),
    Verb.INVITATION_CANCEL: Rule(On.INVITATION, Effect.NONE, Topic.INVITATIONS),
    Verb.INVITATION_RESEND: Rule(On.INVITATION, Effect.NONE, Topic.INVITATIONS),
    Verb.MEMBER_ENROLL: Rule(On.ORGANIZATION, Effect.MEMBERSHIP, Topic.OTHER, system=True),
    Verb.MEMBER_INVITE: Rule(
        On.ORGANIZATION, Effect.NONE, Topic.INVITATIONS, system=True, implies=(Verb.INVITATION_CANCEL,)
    ),
    Verb.MEMBER_REMOVE: Rule(
        On.MEMBERSHIP,
        Effect.MEMBERSHIP,
        Topic.REMOVALS,
        within_authority=True,
        implies=(Verb.INVITATION_CANCEL,),
    ),
    Verb.MEMBER_RESTORE: Rule(
        On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.ACCESS, state=State.ENDED, reach=Reach.TOUCH
    ),
    Verb.MEMBER_VIEW: Rule(
        On.MEMBERSHIP,
        Effect.NONE,
        Topic.NOT_LOGGED,
        reading=True,
        reach=Reach.TOUCH,
        state=State.ANY,
        allow_self=True,
    ),
    Verb.ORGANIZATION_CREATE: Rule(On.SUPPLIER, Effect.NONE, Topic.OTHER, system=True),
    Verb.PERSON_SIGN_OUT: Rule(On.PERSON, Effect.MEMBERSHIP, Topic.SIGN_IN, allow_self=True),
    Verb.RETENTION_PURGE: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
    Verb.SITE_CREATE: Rule(On.ORGANIZATION, Effect.NONE, Topic.OTHER, system=True),
    Verb.TARGET_UPDATE: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
    Verb.TARGET_REGISTER: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
}


class Observation(StrEnum):
    """What is noted beside the acts: done by people to their own sign-in, or by the system."""

    ACCOUNT_SYNCED = "account.synced"
    ACCOUNT_SYNC_FAILED = "account.sync_failed"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_RESET = "factor.reset"
    LOGOUT_DELIVERED = "logout.delivered"
    LOGOUT_FAILED = "logout.failed"
    MAIL_BOUNCED = "mail.bounced"
    MAIL_FAILED = "mail.failed"
    MAIL_SENT = "mail.sent"
    ORGANIZATION_ORPHANED = "organization.orphaned"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a verb
    PASSWORD_RESET = "password.reset"  # noqa: S105 - a verb
    SESSION_ENDED = "session.ended"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_DENIED = "sign_in.denied"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a verb
    TOKEN_REPLAYED = "token.replayed"  # noqa: S105 - a verb

    @property
    def topic(self) -> Topic:
        """The filter of the log."""
        return _TOPICS.get(self, Topic.OTHER)


FAILURES = frozenset({Observation.ACCOUNT_SYNC_FAILED, Observation.LOGOUT_FAILED, Observation.MAIL_FAILED})
"""What could not be delivered: a filter across topics."""
_TOPICS: dict[Observation, Topic] = {
    Observation.ACCOUNT_SYNCED: Topic.SYSTEMS,
    Observation.ACCOUNT_SYNC_FAILED: Topic.SYSTEMS,
    Observation.FACTOR_ADDED: Topic.SIGN_IN,
    Observation.FACTOR_REMOVED: Topic.SIGN_IN,
    Observation.FACTOR_RESET: Topic.SIGN_IN,
    Observation.LOGOUT_DELIVERED: Topic.SYSTEMS,
    Observation.LOGOUT_FAILED: Topic.SYSTEMS,
    Observation.MAIL_FAILED: Topic.MAILS,
    Observation.MAIL_SENT: Topic.MAILS,
    Observation.PASSWORD_CHANGED: Topic.SIGN_IN,
    Observation.PASSWORD_RESET: Topic.SIGN_IN,
    Observation.SESSION_ENDED: Topic.SIGN_IN,
    Observation.SIGN_IN_SUCCEEDED: Topic.SIGN_IN,
    Observation.SIGN_IN_FAILED: Topic.SIGN_IN,
    Observation.SIGN_IN_DENIED: Topic.SIGN_IN,
    Observation.TOKEN_REPLAYED: Topic.SIGN_IN,
}


def of_topic(topic: Topic) -> list[str]:
    """The verbs and observations found under this filter."""
    return sorted(str(one) for one in (*Verb, *Observation) if one.topic is topic)
