"""The rules of verbs of handovers, reviews, exceptions and programs stand apart, so that `verbs` has room."""

from collections.abc import Mapping
from dataclasses import replace

from delegation.authorization.verb_rules import Effect, On, Rule, Topic

_HANDOVER = Rule(On.HANDOVER, Effect.NONE, Topic.OTHER)
_REVIEW = Rule(On.ORGANIZATION, Effect.NONE, Topic.ACCESS, all_sites=True)
_PROGRAM = Rule(On.SERVICE_USER, Effect.NONE, Topic.ACCESS, all_sites=True, allow_system=True)
_LINE = Rule(On.REVIEW, Effect.NONE, Topic.ACCESS, all_sites=True, implies=("service_user.end",))
_EXCEPTION = Rule(On.MEMBERSHIP, Effect.NONE, Topic.ACCESS)
_VIEWED_WHOLE = Rule(
    On.ORGANIZATION, Effect.NONE, Topic.NOT_LOGGED, reading=True, all_sites=True, allow_self=True
)
RULES: Mapping[str, Rule] = {
    "duty.view": _VIEWED_WHOLE,
    "duty_exception.accept": replace(_EXCEPTION, gives_access=True),
    "duty_exception.close": _EXCEPTION,
    "duty_exception.request": _EXCEPTION,
    "service_user.create": replace(_PROGRAM, on=On.ORGANIZATION, gives_access=True),
    "service_user.end": _PROGRAM,
    "service_user.rotate": replace(_PROGRAM, gives_access=True),
    "service_user.view": _VIEWED_WHOLE,
    "handover.accept": _HANDOVER,
    "handover.close": _HANDOVER,
    "handover.complete": replace(_HANDOVER, gives_access=True, implies=("access.change", "member.remove")),
    "handover.open": replace(_HANDOVER, gives_access=True, implies=("member.invite", "invitation.cancel")),
    "review.cancel": _REVIEW,
    # The change of access that a decision brings is an effect with a decision of its own.
    "review.decide": _LINE,
    # What silence was set to do at the start, and the lines of people who left: by the system.
    "review.settle": replace(
        _LINE, allow_system=True, implies=("access.change", "member.remove", "service_user.end")
    ),
    "review.start": replace(_REVIEW, allow_system=True),
    "review.view": replace(_REVIEW, topic=Topic.NOT_LOGGED, reading=True, allow_self=True),
    "review.warn": replace(_REVIEW, allow_system=True),
}
"""By verb."""
