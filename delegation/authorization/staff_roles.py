"""What each role of the supplier's staff allows is fixed here; customers' roles are data of the catalogue."""

from collections.abc import Mapping
from enum import StrEnum

from delegation.authorization.verbs import Verb


class StaffRole(StrEnum):
    """Names a role of the supplier's staff; groups of its identity provider are mapped to these names."""

    SUPPORT = "support"
    SENIOR_SUPPORT = "senior_support"
    ACCOUNT_MANAGER = "account_manager"
    CATALOGUE_OWNER = "catalogue_owner"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    OWNER = "owner"


_READ_CUSTOMERS = (Verb.ACTIVITY_VIEW, Verb.MEMBER_VIEW)
_CONTACTS = (
    Verb.CUSTOMER_CONTACT_ADD,
    Verb.CUSTOMER_CONTACT_CHANGE,
    Verb.CUSTOMER_CONTACT_END,
    Verb.MAIL_DOMAIN_VERIFY,
    Verb.MAIL_DOMAINS_SET,
)
_LOOK_ALONG = (Verb.LOOK_BEGIN, Verb.LOOK_PREPARE)
_OWN_PROGRAMS = (Verb.STAFF_SERVICE_CREATE, Verb.STAFF_SERVICE_VIEW)
"""An owner also changes and ends programs of their own (`delegation.service_users.subjects`)."""
_ALL_PROGRAMS = (Verb.STAFF_SERVICE_END, Verb.STAFF_SERVICE_VIEW)
_CASES = (
    Verb.ORPHAN_CASE_ASK,
    Verb.ORPHAN_CASE_CLOSE,
    Verb.ORPHAN_CASE_CONTINUE,
    Verb.ORPHAN_CASE_INVITE,
    Verb.ORPHAN_CASE_NAME,
    Verb.ORPHAN_CASE_NOTIFY,
    Verb.ORPHAN_CASE_OPEN,
    Verb.ORPHAN_CASE_PROPOSE,
    Verb.ORPHAN_CASE_PROVE,
    Verb.ORPHAN_CASE_VIEW,
    Verb.ORPHAN_CASE_WITHDRAW,
    Verb.ORPHAN_REQUEST_CLOSE,
    Verb.ORPHAN_REQUEST_CONNECT,
    Verb.ORPHAN_REQUEST_VIEW,
)
_REVIEWS = (Verb.REVIEW_CANCEL, Verb.REVIEW_VIEW)
_ALLOWED: Mapping[StaffRole, tuple[Verb, ...]] = {
    StaffRole.SUPPORT: (
        *_OWN_PROGRAMS,
        *_READ_CUSTOMERS,
        *_LOOK_ALONG,
        Verb.ABSENCE_CLOSE,
        *_CASES,
        *_REVIEWS,
        Verb.DUTY_VIEW,
        Verb.FACTOR_RECOVERY_OPEN,
        Verb.FACTOR_RECOVERY_REFUSE,
        Verb.TAKEOVER_CLOSE,
    ),
    StaffRole.SENIOR_SUPPORT: (
        *_OWN_PROGRAMS,
        *_READ_CUSTOMERS,
        *_CONTACTS,
        *_LOOK_ALONG,
        Verb.ABSENCE_CLOSE,
        *_CASES,
        *_REVIEWS,
        Verb.DUTY_EXCEPTION_ACCEPT,
        Verb.DUTY_EXCEPTION_CLOSE,
        Verb.DUTY_VIEW,
        Verb.ORPHAN_CASE_APPROVE,
        Verb.FACTOR_RECOVERY_AGREE,
        Verb.FACTOR_RECOVERY_OPEN,
        Verb.FACTOR_RECOVERY_REFUSE,
        Verb.ORGANIZATION_RESUME,
        Verb.ORGANIZATION_SUSPEND,
        Verb.TAKEOVER_CLOSE,
    ),
    StaffRole.ACCOUNT_MANAGER: (
        *_OWN_PROGRAMS,
        *_READ_CUSTOMERS,
        *_CONTACTS,
        Verb.CEILING_SET,
        Verb.FIRST_ADMIN_INVITE,
        Verb.HOLD_LIFT,
        Verb.HOLD_PLACE,
        Verb.ORGANIZATION_CREATE,
        Verb.ORGANIZATION_RESUME,
        Verb.ORGANIZATION_SUSPEND,
    ),
    StaffRole.CATALOGUE_OWNER: (
        *_OWN_PROGRAMS,
        Verb.CATALOGUE_APPLY,
        Verb.CATALOGUE_PROPOSE,
        Verb.CATALOGUE_REFUSE,
        Verb.CATALOGUE_VIEW,
        Verb.CEILING_SET,
    ),
    StaffRole.OPERATOR: (
        *_OWN_PROGRAMS,
        *_ALL_PROGRAMS,
        Verb.APPLICATION_REGISTER,
        Verb.APPLICATION_VIEW,
        Verb.CLIENT_REGISTER,
        Verb.CLIENT_RETIRE,
        Verb.CLIENT_ROTATE,
        Verb.CLIENT_UPDATE,
        Verb.KEY_VIEW,
        Verb.RECORD_PREVIEW,
        Verb.TARGET_PAUSE,
        Verb.TARGET_REGISTER,
        Verb.TARGET_RESUME,
        Verb.TARGET_SYNC,
        Verb.TARGET_UPDATE,
    ),
    # Starting a review changes no access: the customer's admins answer it.
    StaffRole.AUDITOR: (
        *_READ_CUSTOMERS,
        Verb.DUTY_VIEW,
        Verb.ORPHAN_CASE_VIEW,
        Verb.REVIEW_START,
        Verb.REVIEW_VIEW,
        Verb.STAFF_RIGHT_VIEW,
        Verb.STAFF_SERVICE_VIEW,
    ),
    StaffRole.OWNER: (
        *_ALL_PROGRAMS,
        Verb.STAFF_RIGHT_END,
        Verb.STAFF_RIGHT_GIVE,
        Verb.STAFF_RIGHT_VIEW,
    ),
}
VERBS: Mapping[str, frozenset[str]] = {
    role.value: frozenset(verb.value for verb in verbs) for role, verbs in _ALLOWED.items()
}
"""The verbs by role. An auditor's are reading verbs, and the start of a review."""


def with_verb(verb: Verb) -> list[str]:
    """List the roles that allow this verb."""
    return [role for role, verbs in VERBS.items() if verb.value in verbs]
