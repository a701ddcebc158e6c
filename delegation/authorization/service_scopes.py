"""A scope lets a service user do some of what its owner may do, and nothing else."""

from collections.abc import Iterable, Mapping

from delegation.authorization.verbs import Verb

VERBS: Mapping[str, frozenset[Verb]] = {
    "people.read": frozenset({Verb.MEMBER_VIEW}),
    "people.write": frozenset({Verb.MEMBER_VIEW, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE}),
    "access.write": frozenset({Verb.MEMBER_VIEW, Verb.ACCESS_CHANGE}),
    "invitations.write": frozenset(
        {Verb.MEMBER_VIEW, Verb.MEMBER_INVITE, Verb.INVITATION_RESEND, Verb.INVITATION_CANCEL}
    ),
    "activity.read": frozenset({Verb.MEMBER_VIEW, Verb.ACTIVITY_VIEW}),
}
"""The verbs of each scope. One that changes people also reads them: the policy hides what an actor may not see."""


def verbs_of(scopes: Iterable[str]) -> frozenset[str]:
    """Return the verbs that these scopes allow together; an unknown scope allows none."""
    return frozenset(verb.value for scope in scopes for verb in VERBS.get(scope, ()))


def with_verb(*verbs: Verb) -> list[str]:
    """List the scopes that allow one of these verbs."""
    return [scope for scope, allowed in VERBS.items() if not allowed.isdisjoint(verbs)]
