"""The log words what a person tried to do in a refused request."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from portal.wording import orphan_cases

BY_VERB: Mapping[str, Callable[[], str]] = {
    Verb.ABSENCE_CLAIM: lambda: _("to ask whether %(who)s is still an admin"),
    Verb.ABSENCE_CLOSE: lambda: _("to close the question whether %(who)s is still an admin"),
    Verb.ACCESS_CHANGE: lambda: _("to change %(who)s’s access"),
    Verb.ACCOUNT_RESYNC: lambda: _("to resend %(who)s’s access to connected systems"),
    Verb.ACTIVITY_VIEW: lambda: _("to view the activity log"),
    Verb.ADMIN_ASK: lambda: _("to ask %(who)s"),
    Verb.CATALOGUE_PROPAGATE: lambda: _("to change what tiers include"),
    Verb.CUSTOMER_CONTACT_ADD: lambda: _("to add a contact"),
    Verb.CUSTOMER_CONTACT_CHANGE: lambda: _("to change a contact"),
    Verb.CUSTOMER_CONTACT_END: lambda: _("to remove a contact"),
    Verb.FIRST_ADMIN_INVITE: lambda: _("to invite the first admin again"),
    Verb.HANDOVER_ACCEPT: lambda: _("to accept a handover"),
    Verb.HANDOVER_CLOSE: lambda: _("to end a handover"),
    Verb.HANDOVER_COMPLETE: lambda: _("to complete a handover"),
    Verb.HANDOVER_OPEN: lambda: _("to begin a handover"),
    Verb.INVITATION_ACCEPT: lambda: _("to accept an invitation"),
    Verb.INVITATION_CANCEL: lambda: _("to cancel the invitation to %(who)s"),
    Verb.INVITATION_RESEND: lambda: _("to send the invitation to %(who)s again"),
    Verb.LOOK_ALLOW: lambda: _("to let support look along"),
    Verb.LOOK_BEGIN: lambda: _("to look along with %(who)s"),
    Verb.LOOK_END: lambda: _("to end a looking along"),
    Verb.LOOK_PREPARE: lambda: _("to prepare a form"),
    Verb.LOOK_RULE_SET: lambda: _("to change whether support may look along without a code"),
    Verb.MEMBER_ENROLL: lambda: _("to import existing users"),
    Verb.MEMBER_INVITE: lambda: _("to invite a person"),
    Verb.MEMBER_REMOVE: lambda: _("to remove %(who)s"),
    Verb.MEMBER_RESTORE: lambda: _("to restore %(who)s"),
    Verb.MEMBER_RESUME: lambda: _("to resume %(who)s’s access"),
    Verb.MEMBER_SIGN_OUT: lambda: _("to sign %(who)s out"),
    Verb.MEMBER_SUSPEND: lambda: _("to suspend %(who)s’s access"),
    Verb.MEMBER_VIEW: lambda: _("to view a person"),
    Verb.REMOVAL_CANCEL: lambda: _("to cancel the planned end of %(who)s’s access"),
    Verb.REMOVAL_PLAN: lambda: _("to plan the end of %(who)s’s access"),
    Verb.SERVICE_USER_CREATE: lambda: _("to create a service user"),
    Verb.SERVICE_USER_END: lambda: _("to end a service user"),
    Verb.SERVICE_USER_ROTATE: lambda: _("to change how a service user signs in"),
    Verb.SERVICE_USER_VIEW: lambda: _("to view the service users"),
    Verb.SITE_CREATE: lambda: _("to add a site"),
    Verb.MAIL_DOMAIN_LAPSE: lambda: _("to end the verification of a mail domain"),
    Verb.MAIL_DOMAIN_VERIFY: lambda: _("to verify a mail domain"),
    Verb.MAIL_DOMAINS_SET: lambda: _("to change the organization’s mail domains"),
    **orphan_cases.ATTEMPTS,
}
_OF_SUPPLIER_AND_PEOPLE: Mapping[str, Callable[[], str]] = {
    Verb.APPLICATION_REGISTER: lambda: _("to register a service"),
    Verb.APPLICATION_VIEW: lambda: _("to view the services"),
    Verb.CATALOGUE_APPLY: lambda: _("to apply the catalogue"),
    Verb.CATALOGUE_PROPOSE: lambda: _("to propose a catalogue file"),
    Verb.CATALOGUE_REFUSE: lambda: _("to refuse a proposed catalogue file"),
    Verb.CEILING_SET: lambda: _("to change what the organization is offered"),
    Verb.CLIENT_REGISTER: lambda: _("to add a client of a service"),
    Verb.CLIENT_RETIRE: lambda: _("to end the old secret of a client"),
    Verb.CLIENT_ROTATE: lambda: _("to make a new secret for a client"),
    Verb.CLIENT_UPDATE: lambda: _("to change a client of a service"),
    Verb.FACTOR_RECOVERY_AGREE: lambda: _("to agree to the removal of %(who)s’s lost sign-in methods"),
    Verb.FACTOR_RECOVERY_OPEN: lambda: _("to ask for the removal of %(who)s’s lost sign-in methods"),
    Verb.FACTOR_RECOVERY_REFUSE: lambda: _("to refuse the removal of %(who)s’s lost sign-in methods"),
    Verb.FACTOR_RECOVERY_USE: lambda: _("to remove the own lost sign-in methods"),
    Verb.HOLD_LIFT: lambda: _("to lift a hold"),
    Verb.HOLD_PLACE: lambda: _("to place a hold"),
    Verb.KEY_ROTATE: lambda: _("to rotate keys"),
    Verb.KEY_VIEW: lambda: _("to view the keys"),
    Verb.ORGANIZATION_CREATE: lambda: _("to onboard a customer"),
    Verb.ORGANIZATION_RESUME: lambda: _("to resume a suspended customer"),
    Verb.ORGANIZATION_SUSPEND: lambda: _("to suspend a customer"),
    Verb.ORPHAN_CASE_REQUEST: lambda: _("to ask for the admin’s place by the public form"),
    Verb.ORPHAN_CASE_VIEW: lambda: _("to view cases of missing admins"),
    Verb.OWNER_APPOINT: lambda: _("to appoint an owner"),
    Verb.RECORD_PREVIEW: lambda: _("to preview a record"),
    Verb.RETENTION_PURGE: lambda: _("to delete data whose retention has ended"),
    Verb.STAFF_RIGHT_END: lambda: _("to end a right of staff"),
    Verb.STAFF_RIGHT_GIVE: lambda: _("to give a right of staff"),
    Verb.STAFF_RIGHT_PROJECT: lambda: _("to project the rights of staff"),
    Verb.STAFF_RIGHT_VIEW: lambda: _("to view the rights of staff"),
    Verb.STAFF_SERVICE_CREATE: lambda: _("to create a service user of staff"),
    Verb.STAFF_SERVICE_END: lambda: _("to end a service user of staff"),
    Verb.TARGET_PAUSE: lambda: _("to pause a connected system"),
    Verb.TARGET_REGISTER: lambda: _("to connect a system"),
    Verb.TARGET_RESUME: lambda: _("to resume a connected system"),
    Verb.TARGET_SYNC: lambda: _("to sync a connected system"),
    Verb.TARGET_UPDATE: lambda: _("to change a connected system"),
    Verb.MEMBER_UPDATE: lambda: _("to change %(who)s’s details"),
    Verb.PERSON_UPDATE: lambda: _("to change %(who)s’s details"),
    Verb.PERSON_SIGN_OUT: lambda: _("to sign %(who)s out"),
}
"""What no customer's log has; charts name it."""


def of_type(verb: str) -> str:
    """Return what was tried, without a name: `to remove a person`; the type itself where no text is known."""
    attempt = BY_VERB.get(verb) or _OF_SUPPLIER_AND_PEOPLE.get(verb)
    return attempt() % {"who": _("a person")} if attempt else verb
