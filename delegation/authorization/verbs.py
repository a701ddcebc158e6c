"""Every verb has the permission it needs, the event type it leaves, and its metadata."""

from dataclasses import replace
from enum import StrEnum

from delegation.authorization import step_rules, supplier_rules
from delegation.authorization.verb_rules import Effect, On, RequiredState, Rule, SiteReach, Topic

__all__ = ["RULES", "Effect", "On", "RequiredState", "Rule", "SiteReach", "Topic", "Verb", "with_effect"]


class Verb(StrEnum):
    """A verb is named `noun.verb`, and is the type of an act's event."""

    ABSENCE_CLAIM = "absence.claim"
    ABSENCE_CLOSE = "absence.close"
    ACCESS_CHANGE = "access.change"
    ACCOUNT_RESYNC = "account.resync"
    ACTIVITY_VIEW = "activity.view"
    ADMIN_ASK = "admin.ask"
    ADMIN_CONFIRM = "admin.confirm"
    APPLICATION_REGISTER = "application.register"
    APPLICATION_VIEW = "application.view"
    CATALOGUE_APPLY = "catalogue.apply"
    CATALOGUE_PROPAGATE = "catalogue.propagate"
    CATALOGUE_PROPOSE = "catalogue.propose"
    CATALOGUE_REFUSE = "catalogue.refuse"
    CATALOGUE_VIEW = "catalogue.view"
    CEILING_SET = "ceiling.set"
    CLIENT_REGISTER = "client.register"
    CLIENT_RETIRE = "client.retire"
    CLIENT_ROTATE = "client.rotate"
    CLIENT_UPDATE = "client.update"
    CUSTOMER_CONTACT_ADD = "customer_contact.add"
    CUSTOMER_CONTACT_CHANGE = "customer_contact.change"
    CUSTOMER_CONTACT_END = "customer_contact.end"
    DORMANCY_WARN = "dormancy.warn"
    DUTY_EXCEPTION_ACCEPT = "duty_exception.accept"
    DUTY_EXCEPTION_CLOSE = "duty_exception.close"
    DUTY_EXCEPTION_REQUEST = "duty_exception.request"
    DUTY_VIEW = "duty.view"
    FACTOR_RECOVERY_AGREE = "factor_recovery.agree"
    FACTOR_RECOVERY_OPEN = "factor_recovery.open"
    FACTOR_RECOVERY_REFUSE = "factor_recovery.refuse"
    FACTOR_RECOVERY_USE = "factor_recovery.use"
    FIRST_ADMIN_INVITE = "first_admin.invite"
    HANDOVER_ACCEPT = "handover.accept"
    HANDOVER_CLOSE = "handover.close"
    HANDOVER_COMPLETE = "handover.complete"
    HANDOVER_OPEN = "handover.open"
    HOLD_LIFT = "hold.lift"
    HOLD_PLACE = "hold.place"
    INVITATION_ACCEPT = "invitation.accept"
    INVITATION_CANCEL = "invitation.cancel"
    INVITATION_RESEND = "invitation.resend"
    KEY_ROTATE = "key.rotate"
    KEY_VIEW = "key.view"
    LOOK_ALLOW = "look.allow"
    LOOK_BEGIN = "look.begin"
    LOOK_END = "look.end"
    LOOK_PREPARE = "look.prepare"
    LOOK_RULE_SET = "look_rule.set"
    MAIL_DOMAIN_LAPSE = "mail_domain.lapse"
    MAIL_DOMAIN_VERIFY = "mail_domain.verify"
    MAIL_DOMAINS_SET = "mail_domains.set"
    MEMBER_ENROLL = "member.enroll"
    MEMBER_INVITE = "member.invite"
    MEMBER_REMOVE = "member.remove"
    MEMBER_UPDATE = "member.update"
    MEMBER_RESTORE = "member.restore"
    MEMBER_RESUME = "member.resume"
    MEMBER_SIGN_OUT = "member.sign_out"
    MEMBER_SUSPEND = "member.suspend"
    MEMBER_VIEW = "member.view"
    ORGANIZATION_CREATE = "organization.create"
    ORGANIZATION_RESUME = "organization.resume"
    ORGANIZATION_SUSPEND = "organization.suspend"
    ORPHAN_CASE_ANSWER = "orphan_case.answer"
    ORPHAN_CASE_APPROVE = "orphan_case.approve"
    ORPHAN_CASE_ASK = "orphan_case.ask"
    ORPHAN_CASE_CLOSE = "orphan_case.close"
    ORPHAN_CASE_COMPLETE = "orphan_case.complete"
    ORPHAN_CASE_CONFIRM = "orphan_case.confirm"
    ORPHAN_CASE_CONTINUE = "orphan_case.continue"
    ORPHAN_CASE_INVITE = "orphan_case.invite"
    ORPHAN_CASE_JOIN = "orphan_case.join"
    ORPHAN_CASE_NAME = "orphan_case.name"
    ORPHAN_CASE_NOTIFY = "orphan_case.notify"
    ORPHAN_CASE_OBJECT = "orphan_case.object"
    ORPHAN_CASE_OPEN = "orphan_case.open"
    ORPHAN_CASE_PROPOSE = "orphan_case.propose"
    ORPHAN_CASE_PROVE = "orphan_case.prove"
    ORPHAN_CASE_REQUEST = "orphan_case.request"
    ORPHAN_CASE_VIEW = "orphan_case.view"
    ORPHAN_CASE_WITHDRAW = "orphan_case.withdraw"
    ORPHAN_REQUEST_CLOSE = "orphan_request.close"
    ORPHAN_REQUEST_CONNECT = "orphan_request.connect"
    ORPHAN_REQUEST_ERASE = "orphan_request.erase"
    ORPHAN_REQUEST_VIEW = "orphan_request.view"
    OWNER_APPOINT = "owner.appoint"
    PERSON_ERASE = "person.erase"
    PERSON_UPDATE = "person.update"
    PERSON_SIGN_OUT = "person.sign_out"
    RECORD_PREVIEW = "record.preview"
    REMOVAL_CANCEL = "removal.cancel"
    REMOVAL_PLAN = "removal.plan"
    RETENTION_PURGE = "retention.purge"
    REVIEW_CANCEL = "review.cancel"
    REVIEW_DECIDE = "review.decide"
    REVIEW_SETTLE = "review.settle"
    REVIEW_START = "review.start"
    REVIEW_VIEW = "review.view"
    REVIEW_WARN = "review.warn"
    SERVICE_USER_CREATE = "service_user.create"
    SERVICE_USER_END = "service_user.end"
    SERVICE_USER_ROTATE = "service_user.rotate"
    SERVICE_USER_VIEW = "service_user.view"
    SITE_CREATE = "site.create"
    STAFF_RIGHT_END = "staff_right.end"
    STAFF_RIGHT_GIVE = "staff_right.give"
    STAFF_RIGHT_PROJECT = "staff_right.project"
    STAFF_RIGHT_VIEW = "staff_right.view"
    STAFF_SERVICE_CREATE = "staff_service.create"
    STAFF_SERVICE_END = "staff_service.end"
    STAFF_SERVICE_ROTATE = "staff_service.rotate"
    STAFF_SERVICE_VIEW = "staff_service.view"
    TAKEOVER_CLOSE = "takeover.close"
    TAKEOVER_REPORT = "takeover.report"
    TARGET_PAUSE = "target.pause"
    TARGET_REGISTER = "target.register"
    TARGET_RESUME = "target.resume"
    TARGET_SYNC = "target.sync"
    TARGET_UPDATE = "target.update"

    @property
    def rule(self) -> Rule:
        """Return the requirements and metadata of this verb."""
        return RULES[self]

    @property
    def topic(self) -> Topic:
        """Return the topic by which the log's filter finds these events."""
        return self.rule.topic


def with_effect(*effects: Effect) -> list[str]:
    """List the verbs of which an act has one of these effects."""
    return [verb.value for verb in Verb if verb.rule.effect in effects]


def _viewing(on: On) -> Rule:
    reach, state = SiteReach.OVERLAPS, RequiredState.ANY
    return Rule(
        on, Effect.NONE, Topic.NOT_LOGGED, reading=True, site_reach=reach, state=state, allow_self=True
    )


def _leaving(*implies: Verb) -> Rule:
    on, effect, topic = On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.REMOVALS
    return Rule(on, effect, topic, within_authority=True, implies=implies)


_GIVING = Rule(On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.ACCESS, within_authority=True, gives_access=True)
_OPERATED = Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, allow_system=True)
_OWN_DOMAIN = Rule(On.ORGANIZATION, Effect.NONE, Topic.OTHER, all_sites=True, allow_system=True)
RULES: dict[Verb, Rule] = {
    **{Verb(verb): rule for verb, rule in {**supplier_rules.RULES, **step_rules.RULES}.items()},
    **dict.fromkeys((Verb.CATALOGUE_APPLY, Verb.CATALOGUE_PROPOSE, Verb.RETENTION_PURGE), _OPERATED),
    **dict.fromkeys((Verb.APPLICATION_REGISTER, Verb.TARGET_REGISTER, Verb.TARGET_UPDATE), _OPERATED),
    **dict.fromkeys((Verb.CLIENT_REGISTER, Verb.CLIENT_RETIRE, Verb.CLIENT_ROTATE), _OPERATED),
    **dict.fromkeys((Verb.MAIL_DOMAIN_LAPSE, Verb.MAIL_DOMAIN_VERIFY, Verb.SITE_CREATE), _OWN_DOMAIN),
    Verb.ACCESS_CHANGE: _GIVING,
    Verb.ACCOUNT_RESYNC: Rule(
        On.MEMBERSHIP,
        Effect.MEMBERSHIP,
        Topic.OTHER,
        site_reach=SiteReach.OVERLAPS,
        state=RequiredState.ANY,
        allow_self=True,
    ),
    Verb.ACTIVITY_VIEW: _viewing(On.ORGANIZATION),
    Verb.INVITATION_ACCEPT: Rule(
        On.INVITATION, Effect.MEMBERSHIP, Topic.INVITATIONS, implies=(Verb.ORPHAN_CASE_JOIN,)
    ),
    Verb.INVITATION_CANCEL: Rule(On.INVITATION, Effect.NONE, Topic.INVITATIONS),
    Verb.MAIL_DOMAINS_SET: replace(_OWN_DOMAIN, implies=(Verb.MAIL_DOMAIN_LAPSE,)),
    Verb.MEMBER_ENROLL: Rule(On.ORGANIZATION, Effect.MEMBERSHIP, Topic.OTHER, allow_system=True),
    Verb.MEMBER_INVITE: Rule(
        On.ORGANIZATION,
        Effect.NONE,
        Topic.INVITATIONS,
        gives_access=True,
        allow_system=True,
        implies=(Verb.INVITATION_CANCEL,),
    ),
    Verb.MEMBER_REMOVE: _leaving(Verb.INVITATION_CANCEL, Verb.SERVICE_USER_END),
    # A consequence of `person.update` in each organization of the person, never an act.
    Verb.MEMBER_UPDATE: Rule(On.PERSON, Effect.MEMBERSHIP, Topic.OTHER, allow_self=True),
    Verb.MEMBER_RESTORE: Rule(
        On.MEMBERSHIP,
        Effect.MEMBERSHIP,
        Topic.ACCESS,
        state=RequiredState.ENDED,
        site_reach=SiteReach.OVERLAPS,
        gives_access=True,
    ),
    Verb.MEMBER_RESUME: _GIVING,
    Verb.MEMBER_SIGN_OUT: Rule(On.MEMBERSHIP, Effect.MEMBERSHIP, Topic.SIGN_IN, within_authority=True),
    Verb.MEMBER_SUSPEND: _leaving(Verb.SERVICE_USER_END),
    Verb.MEMBER_VIEW: _viewing(On.MEMBERSHIP),
    Verb.PERSON_UPDATE: Rule(
        On.PERSON, Effect.NONE, Topic.OTHER, allow_self=True, implies=(Verb.MEMBER_UPDATE,)
    ),
    Verb.REMOVAL_CANCEL: _GIVING,
    Verb.REMOVAL_PLAN: _leaving(),
}
