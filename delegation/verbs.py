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
    on_self: bool = False
    within_gift: bool = False
    """Every role the colleague holds must be one that the actor may give."""
    system: bool = False
    """The system may do it: onboarding, catalogue, timers."""
    entails: tuple["Verb", ...] = ()
    """What follows without being asked for: gone is gone, and a new invitation takes the place of an expired one."""


class Verb(StrEnum):
    """`noun.verb`, alphabetical within a noun."""

    ACCESS_CHANGE = "access.change"
    ACCOUNT_PUT_RIGHT = "account.put_right"
    ACTIVITY_SEE = "activity.see"
    APPLICATION_REGISTER = "application.register"
    CATALOGUE_APPLY = "catalogue.apply"
    CATALOGUE_TELL = "catalogue.tell"
    CEILING_SET = "ceiling.set"
    INVITATION_ACCEPT = "invitation.accept"
    INVITATION_CANCEL = "invitation.cancel"
    INVITATION_RESEND = "invitation.resend"
    MEMBER_ENROLL = "member.enroll"
    MEMBER_INVITE = "member.invite"
    MEMBER_REMOVE = "member.remove"
    MEMBER_RESTORE = "member.restore"
    MEMBER_SEE = "member.see"
    ORGANIZATION_CREATE = "organization.create"
    PERSON_SIGN_OUT = "person.sign_out"
    RECORD_FORGET = "record.forget"
    SITE_ADD = "site.add"
    TARGET_CHANGE = "target.change"
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
    Verb.ACCESS_CHANGE: Rule(On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.ACCESS, within_gift=True),
    Verb.ACCOUNT_PUT_RIGHT: Rule(
        On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.OTHER, reach=Reach.TOUCH, state=State.ANY, on_self=True
    ),
    Verb.ACTIVITY_SEE: Rule(On.ORGANIZATION, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    Verb.APPLICATION_REGISTER: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
    Verb.CATALOGUE_APPLY: Rule(On.SUPPLIER, Effect.EVERYBODY, Topic.NOT_LOGGED, system=True),
    Verb.CATALOGUE_TELL: Rule(On.SUPPLIER, Effect.NONE, Topic.ACCESS, system=True),
    Verb.CEILING_SET: Rule(On.SUPPLIER, Effect.ORGANIZATION, Topic.ACCESS, system=True),
    Verb.INVITATION_ACCEPT: Rule(On.INVITATION, Effect.MEMBERSHIP, Topic.INVITATIONS),
    Verb.INVITATION_CANCEL: Rule(On.INVITATION, Effect.NONE, Topic.INVITATIONS),
    Verb.INVITATION_RESEND: Rule(On.INVITATION, Effect.NONE, Topic.INVITATIONS),
    Verb.MEMBER_ENROLL: Rule(On.ORGANIZATION, Effect.MEMBERSHIP, Topic.OTHER, system=True),
    Verb.MEMBER_INVITE: Rule(
        On.ORGANIZATION, Effect.NONE, Topic.INVITATIONS, system=True, entails=(Verb.INVITATION_CANCEL,)
    ),
    Verb.MEMBER_REMOVE: Rule(
        On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.REMOVALS, within_gift=True, entails=(Verb.INVITATION_CANCEL,)
    ),
    Verb.MEMBER_RESTORE: Rule(
        On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.ACCESS, state=State.ENDED, reach=Reach.TOUCH
    ),
    Verb.MEMBER_SEE: Rule(
        On.MEMBERSHIP,
        Effect.NONE,
        Topic.NOT_LOGGED,
        reading=True,
        reach=Reach.TOUCH,
        state=State.ANY,
        on_self=True,
    ),
    Verb.ORGANIZATION_CREATE: Rule(On.SUPPLIER, Effect.NONE, Topic.OTHER, system=True),
    Verb.PERSON_SIGN_OUT: Rule(On.PERSON, Effect.MEMBERSHIP, Topic.SIGN_IN, on_self=True),
    Verb.RECORD_FORGET: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
    Verb.SITE_ADD: Rule(On.ORGANIZATION, Effect.NONE, Topic.OTHER, system=True),
    Verb.TARGET_CHANGE: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
    Verb.TARGET_REGISTER: Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, system=True),
}


class Noted(StrEnum):
    """What is noted beside the acts: done by people to their own sign-in, or by the system."""

    ACCOUNT_DELIVERED = "account.delivered"
    ACCOUNT_FAILED = "account.failed"
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
    SIGN_IN_DONE = "sign_in.done"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_REFUSED = "sign_in.refused"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a verb
    TOKEN_REPLAYED = "token.replayed"  # noqa: S105 - a verb

    @property
    def topic(self) -> Topic:
        """The filter of the log."""
        return _TOPICS.get(self, Topic.OTHER)


FAILURES = frozenset({Noted.ACCOUNT_FAILED, Noted.LOGOUT_FAILED, Noted.MAIL_FAILED})
"""What could not be delivered: a filter across topics."""
_TOPICS: dict[Noted, Topic] = {
    Noted.ACCOUNT_DELIVERED: Topic.SYSTEMS,
    Noted.ACCOUNT_FAILED: Topic.SYSTEMS,
    Noted.FACTOR_ADDED: Topic.SIGN_IN,
    Noted.FACTOR_REMOVED: Topic.SIGN_IN,
    Noted.FACTOR_RESET: Topic.SIGN_IN,
    Noted.LOGOUT_DELIVERED: Topic.SYSTEMS,
    Noted.LOGOUT_FAILED: Topic.SYSTEMS,
    Noted.MAIL_FAILED: Topic.MAILS,
    Noted.MAIL_SENT: Topic.MAILS,
    Noted.PASSWORD_CHANGED: Topic.SIGN_IN,
    Noted.PASSWORD_RESET: Topic.SIGN_IN,
    Noted.SESSION_ENDED: Topic.SIGN_IN,
    Noted.SIGN_IN_DONE: Topic.SIGN_IN,
    Noted.SIGN_IN_FAILED: Topic.SIGN_IN,
    Noted.SIGN_IN_REFUSED: Topic.SIGN_IN,
    Noted.TOKEN_REPLAYED: Topic.SIGN_IN,
}


def of_topic(topic: Topic) -> list[str]:
    """The verbs and observations found under this filter."""
    return sorted(str(one) for one in (*Verb, *Noted) if one.topic is topic)
