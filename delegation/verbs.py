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


@dataclass(frozen=True, slots=True)
class Rule:
    """What a verb asks for, apart from being held."""

    on: On
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


RULES: dict[Verb, Rule] = {
    Verb.ACCESS_CHANGE: Rule(On.MEMBERSHIP, within_gift=True),
    Verb.ACCOUNT_PUT_RIGHT: Rule(On.MEMBERSHIP, reach=Reach.TOUCH, state=State.ANY, on_self=True),
    Verb.ACTIVITY_SEE: Rule(On.ORGANIZATION, reading=True),
    Verb.APPLICATION_REGISTER: Rule(On.SUPPLIER, system=True),
    Verb.CATALOGUE_APPLY: Rule(On.SUPPLIER, system=True),
    Verb.CATALOGUE_TELL: Rule(On.SUPPLIER, system=True),
    Verb.CEILING_SET: Rule(On.SUPPLIER, system=True),
    Verb.INVITATION_ACCEPT: Rule(On.INVITATION),
    Verb.INVITATION_CANCEL: Rule(On.INVITATION),
    Verb.INVITATION_RESEND: Rule(On.INVITATION),
    Verb.MEMBER_ENROLL: Rule(On.ORGANIZATION, system=True),
    Verb.MEMBER_INVITE: Rule(On.ORGANIZATION, system=True, entails=(Verb.INVITATION_CANCEL,)),
    Verb.MEMBER_REMOVE: Rule(On.MEMBERSHIP, within_gift=True, entails=(Verb.INVITATION_CANCEL,)),
    Verb.MEMBER_RESTORE: Rule(On.MEMBERSHIP, state=State.ENDED, reach=Reach.TOUCH),
    Verb.MEMBER_SEE: Rule(On.MEMBERSHIP, reading=True, reach=Reach.TOUCH, state=State.ANY, on_self=True),
    Verb.ORGANIZATION_CREATE: Rule(On.SUPPLIER, system=True),
    Verb.PERSON_SIGN_OUT: Rule(On.PERSON, on_self=True),
    Verb.RECORD_FORGET: Rule(On.SUPPLIER, system=True),
    Verb.SITE_ADD: Rule(On.ORGANIZATION, system=True),
    Verb.TARGET_CHANGE: Rule(On.SUPPLIER, system=True),
    Verb.TARGET_REGISTER: Rule(On.SUPPLIER, system=True),
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
