"""The rules of the verbs on the supplier's data, and of some others, stand apart, so that `verbs` has room."""

from collections.abc import Mapping

from delegation.authorization.verb_rules import Effect, On, Rule, Topic

_STEP = Rule(On.SUPPLIER, Effect.NONE, Topic.STAFF)
_OWN_SIGN_IN = Rule(On.PERSON, Effect.MEMBERSHIP, Topic.SIGN_IN, allow_self=True)
_STEPS = ("answer", "approve", "ask", "close", "continue", "name", "notify", "object", "prove", "withdraw")
_OPERATED = Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, allow_system=True)
_BY_OPERATORS = (
    "client.update",
    "key.rotate",
    "owner.appoint",
    "staff_right.project",
    "staff_service.create",
    "staff_service.end",
    "staff_service.rotate",
)
_ASKING = Rule(On.ADMIN, Effect.NONE, Topic.OTHER)
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_BY_OPERATORS, _OPERATED),
    **dict.fromkeys(("absence.claim", "absence.close", "admin.ask", "admin.confirm"), _ASKING),
    "dormancy.warn": Rule(On.MEMBERSHIP, Effect.NONE, Topic.OTHER, allow_system=True),
    "application.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    # Other systems learn of a catalogue by this, organization by organization.
    "catalogue.propagate": Rule(On.ORGANIZATION, Effect.ORGANIZATION, Topic.ACCESS, allow_system=True),
    "catalogue.refuse": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    "catalogue.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    "ceiling.set": Rule(On.SUPPLIER, Effect.ORGANIZATION, Topic.ACCESS, allow_system=True),
    **dict.fromkeys(
        ("customer_contact.add", "customer_contact.change", "customer_contact.end"),
        Rule(On.SUPPLIER, Effect.NONE, Topic.OTHER, allow_system=True),
    ),
    "factor_recovery.agree": Rule(On.SUPPLIER, Effect.NONE, Topic.SIGN_IN),
    "factor_recovery.open": Rule(On.SUPPLIER, Effect.NONE, Topic.SIGN_IN),
    "factor_recovery.refuse": Rule(On.SUPPLIER, Effect.NONE, Topic.SIGN_IN),
    "factor_recovery.use": _OWN_SIGN_IN,
    "hold.lift": Rule(On.SUPPLIER, Effect.ORGANIZATION, Topic.ACCESS, allow_system=True),
    "hold.place": Rule(On.SUPPLIER, Effect.ORGANIZATION, Topic.ACCESS, allow_system=True),
    "invitation.resend": Rule(
        On.INVITATION, Effect.NONE, Topic.INVITATIONS, gives_access=True, allow_system=True
    ),
    "key.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    "look.allow": Rule(On.LOOK, Effect.NONE, Topic.STAFF, gives_access=True),
    **dict.fromkeys(("look.begin", "look.end", "look.prepare"), Rule(On.LOOK, Effect.NONE, Topic.STAFF)),
    "look_rule.set": Rule(On.ORGANIZATION, Effect.NONE, Topic.STAFF, all_sites=True, gives_access=True),
    "organization.resume": Rule(On.SUPPLIER, Effect.ORGANIZATION, Topic.ACCESS, allow_system=True),
    "person.erase": Rule(On.PERSON, Effect.MEMBERSHIP, Topic.NOT_LOGGED, allow_system=True),
    "person.sign_out": _OWN_SIGN_IN,
    "record.preview": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    "staff_right.end": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    "staff_right.give": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    "staff_right.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    "staff_service.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    "takeover.close": Rule(On.PERSON, Effect.NONE, Topic.SIGN_IN),
    "takeover.report": _OWN_SIGN_IN,
    "target.pause": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    "target.resume": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    "target.sync": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    "first_admin.invite": Rule(
        On.SUPPLIER, Effect.NONE, Topic.INVITATIONS, implies=("member.invite", "invitation.cancel")
    ),
    "organization.create": Rule(
        On.SUPPLIER,
        Effect.NONE,
        Topic.OTHER,
        allow_system=True,
        implies=("ceiling.set", "customer_contact.add", "member.invite"),
    ),
    "organization.suspend": Rule(
        On.SUPPLIER,
        Effect.ORGANIZATION,
        Topic.ACCESS,
        allow_system=True,
        implies=("invitation.cancel", "member.sign_out"),
    ),
    **{f"orphan_case.{step}": _STEP for step in _STEPS},
    # The new admin's rights begin by a consequence event on the member.
    "orphan_case.complete": Rule(
        On.SUPPLIER, Effect.NONE, Topic.STAFF, allow_system=True, implies=("access.change",)
    ),
    # By the system, for a stranger who has the link of a mail.
    "orphan_case.confirm": Rule(
        On.SUPPLIER, Effect.NONE, Topic.STAFF, allow_system=True, implies=("orphan_case.open",)
    ),
    "orphan_case.invite": Rule(
        On.SUPPLIER, Effect.NONE, Topic.STAFF, implies=("member.invite", "invitation.cancel")
    ),
    # A consequence of `invitation.accept`, never an act.
    "orphan_case.join": _STEP,
    "orphan_case.open": Rule(On.SUPPLIER, Effect.NONE, Topic.STAFF, allow_system=True),
    "orphan_case.propose": Rule(On.SUPPLIER, Effect.NONE, Topic.STAFF, implies=("orphan_case.notify",)),
    "orphan_case.request": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, allow_system=True),
    "orphan_request.close": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED),
    # A customer without a case gets one by the same act.
    "orphan_request.connect": Rule(On.SUPPLIER, Effect.NONE, Topic.STAFF, implies=("orphan_case.open",)),
    "orphan_request.erase": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, allow_system=True),
    "orphan_request.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
    "orphan_case.view": Rule(On.SUPPLIER, Effect.NONE, Topic.NOT_LOGGED, reading=True),
}
"""By verb."""
