"""The log words what a person tried to do in a refused request."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb

BY_VERB: Mapping[str, Callable[[], str]] = {
    Verb.ACCESS_CHANGE: lambda: _("to change %(who)s’s access"),
    Verb.ACCOUNT_RESYNC: lambda: _("to resend %(who)s’s access to connected systems"),
    Verb.ACTIVITY_VIEW: lambda: _("to view the activity log"),
    Verb.CATALOGUE_PROPAGATE: lambda: _("to change what tiers include"),
    Verb.FIRST_ADMIN_INVITE: lambda: _("to invite the first admin again"),
    Verb.INVITATION_ACCEPT: lambda: _("to accept an invitation"),
    Verb.INVITATION_CANCEL: lambda: _("to cancel the invitation to %(who)s"),
    Verb.INVITATION_RESEND: lambda: _("to send the invitation to %(who)s again"),
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
    Verb.SERVICE_USER_VIEW: lambda: _("to view the service users"),
    Verb.SITE_CREATE: lambda: _("to add a site"),
    Verb.MAIL_DOMAINS_SET: lambda: _("to change the organization’s mail domains"),
}
