"""A person and the customer's admins are notified of a request to replace lost sign-in methods, and of its use."""

import datetime as dt
from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.foundation import clock
from delegation import continuity
from delegation.factor_recoveries.queries import RecoveryView
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from identity.people.models import User
from portal.shell import short_mail
from portal.shell.short_mail import ShortMail
from portal.wording import time_zones
from provisioning.mail import queue
from provisioning.mail.queue import Draft

_PURPOSE = "factor_recovery"
_SUBJECT = gettext_lazy("%(supplier)s: lost sign-in methods")
_CLOSING = gettext_lazy("If you do not expect this, call %(supplier)s at once: %(phone)s.")
Text = Callable[[str], str]


def queue_opened(recovery: RecoveryView) -> int:
    """Queue mails to the person and the admins about a new request. Returns how many."""
    return _queue(
        recovery,
        lambda _zone: _(
            "Customer service was asked to replace your lost sign-in methods: the code or passkey that you use besides "
            "your password. Nothing has changed yet."
        ),
        lambda _zone: (
            _("%(name)s asked customer service to replace a lost code or passkey. Nothing has changed yet.")
            % {"name": recovery.person}
        ),
    )


def queue_agreed(recovery: RecoveryView) -> int:
    """Queue a mail to the person about what to do, and when. Returns how many."""
    return _queue(
        recovery,
        lambda zone: (
            _(
                "Customer service has agreed to replace your lost sign-in methods. Sign in with your password from "
                "%(start)s to %(end)s, and choose “Replace lost sign-in methods” where the code is asked for."
            )
            % {"start": _moment(recovery.usable_from, zone), "end": _moment(recovery.ends_at, zone)}
        ),
        None,
    )


def queue_used(recovery: RecoveryView) -> int:
    """Queue mails to the person and the admins about the replacement. Returns how many."""
    return _queue(
        recovery,
        lambda _zone: _(
            "Your lost sign-in methods were removed, and all your sessions ended. Sign in with your password and add a "
            "new sign-in method now."
        ),
        lambda _zone: (
            _("%(name)s removed lost sign-in methods, with the agreement of customer service.")
            % {"name": recovery.person}
        ),
    )


def _queue(recovery: RecoveryView, to_person: Text, to_admin: Text | None) -> int:
    organization = organizations_queries.get(organization=recovery.organization)
    user = recovery.row.membership.user
    texts = [(user, to_person)]
    if to_admin is not None:
        admins = continuity.named_admins(organization=recovery.organization, at=clock.now())
        texts += [(one.user, to_admin) for one in admins if one.user_id != user.id]
    return len(queue.queue_all([_draft(organization, one, text) for one, text in texts]))


def _draft(organization: OrganizationView, user: User, text: Text) -> Draft:
    mail = ShortMail(
        purpose=_PURPOSE,
        subject=_SUBJECT,
        closing=_CLOSING,
        about=user.id,
        organization=organization.id,
        organization_name=organization.name,
    )
    return short_mail.draft(
        mail, to=user.email or "", language=user.language, text=lambda: text(organization.time_zone)
    )


def _moment(at: dt.datetime | None, zone: str) -> str:
    return str(time_zones.date_time_with_zone(at, time_zones.first_known(zone))) if at else ""
