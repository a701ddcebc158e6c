"""Mails that were sent or could not be delivered have sentences by their purpose."""

from django.utils.translation import gettext as _

INVITATION_NOTICE = "invitation_notice"
"""The purpose of mails about an invitation to its organization's admins."""
REMOVAL_CONFIRMED = "removal_confirmed"
"""The purpose of mails that every system has confirmed a removal."""

PROGRAM_ENDS = "program_ends"
"""The purpose of mails that a service user's secret ends soon."""

CLIENT_SECRET_ENDS = "client_secret_ends"  # noqa: S105 - a purpose
"""The purpose of mails to the staff that secrets of clients end soon."""

STAFF_PROGRAM_ENDS = "staff_program_ends"
"""The purpose of mails to the staff that the secret of a program of theirs ends soon."""


def sent_mail(purpose: str, who: str) -> str:
    """Return the sentence of a sent mail about this person or address."""
    texts = {
        INVITATION_NOTICE: _("A mail about the invitation to %(who)s was sent to an admin"),
        REMOVAL_CONFIRMED: _("A mail was sent: all systems have confirmed a removal"),
        PROGRAM_ENDS: _("A mail was sent: the secret of a program ends soon"),
        CLIENT_SECRET_ENDS: _("A mail was sent: secrets of clients end soon"),
        STAFF_PROGRAM_ENDS: _("A mail was sent: the secret of a program ends soon"),
    }
    return texts.get(purpose, _("A mail was sent to %(who)s")) % {"who": who}


def failed_mail(purpose: str, who: str) -> str:
    """Return the sentence of a mail that was given up."""
    texts = {
        INVITATION_NOTICE: _("Mail to an admin about the invitation to %(who)s could not be delivered"),
        REMOVAL_CONFIRMED: _("A mail about a confirmed removal could not be delivered"),
        PROGRAM_ENDS: _("A mail about a secret that ends soon could not be delivered"),
        CLIENT_SECRET_ENDS: _("A mail about secrets of clients that end soon could not be delivered"),
        STAFF_PROGRAM_ENDS: _("A mail about a secret that ends soon could not be delivered"),
    }
    return texts.get(purpose, _("Mail to %(who)s could not be delivered")) % {"who": who}


def bounced_mail(who: str) -> str:
    """Return the sentence of a mail that came back, whatever its purpose."""
    return _("Mail to %(who)s bounced. Check the address") % {"who": who}
