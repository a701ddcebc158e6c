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
STAFF_VERBS: Mapping[str, frozenset[Verb]] = {
    "supplier.customers.read": frozenset({Verb.MEMBER_VIEW}),
    "supplier.customers.onboard": frozenset({Verb.ORGANIZATION_CREATE}),
    "supplier.ceilings.write": frozenset({Verb.CEILING_SET}),
    "supplier.holds.write": frozenset({Verb.HOLD_LIFT, Verb.HOLD_PLACE}),
    "supplier.suspensions.write": frozenset({Verb.ORGANIZATION_RESUME, Verb.ORGANIZATION_SUSPEND}),
    "supplier.contacts.write": frozenset(
        {Verb.CUSTOMER_CONTACT_ADD, Verb.CUSTOMER_CONTACT_CHANGE, Verb.CUSTOMER_CONTACT_END}
    ),
    "supplier.domains.write": frozenset({Verb.MAIL_DOMAIN_VERIFY, Verb.MAIL_DOMAINS_SET}),
    "supplier.activity.read": frozenset({Verb.ACTIVITY_VIEW}),
    "supplier.applications.read": frozenset({Verb.APPLICATION_VIEW}),
    "supplier.applications.write": frozenset(
        {
            Verb.APPLICATION_REGISTER,
            Verb.APPLICATION_VIEW,
            Verb.CLIENT_REGISTER,
            Verb.CLIENT_RETIRE,
            Verb.CLIENT_ROTATE,
            Verb.CLIENT_UPDATE,
        }
    ),
    "supplier.targets.write": frozenset(
        {
            Verb.APPLICATION_VIEW,
            Verb.TARGET_PAUSE,
            Verb.TARGET_REGISTER,
            Verb.TARGET_RESUME,
            Verb.TARGET_SYNC,
            Verb.TARGET_UPDATE,
        }
    ),
    "supplier.catalogue.read": frozenset({Verb.CATALOGUE_VIEW}),
    "supplier.catalogue.propose": frozenset({Verb.CATALOGUE_PROPOSE, Verb.CATALOGUE_VIEW}),
    "supplier.catalogue.write": frozenset(
        {Verb.CATALOGUE_APPLY, Verb.CATALOGUE_PROPOSE, Verb.CATALOGUE_VIEW}
    ),
}
"""The verbs of the scopes of service users that staff own. The database keeps both kinds of scopes apart."""

_ALL: Mapping[str, frozenset[Verb]] = {**VERBS, **STAFF_VERBS}


def verbs_of(scopes: Iterable[str]) -> frozenset[str]:
    """Return the verbs that these scopes allow together; an unknown scope allows none."""
    return frozenset(verb.value for scope in scopes for verb in _ALL.get(scope, ()))


def with_verb(*verbs: Verb, among: Mapping[str, frozenset[Verb]] = VERBS) -> list[str]:
    """List the scopes that allow one of these verbs."""
    return [scope for scope, allowed in among.items() if not allowed.isdisjoint(verbs)]
