"""One sentence says to a person why their session has ended."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.session_endings import EndingReason, SessionEnding
from identity.memberships.queries import FormerMembership
from portal.wording import time_zones


def of_former(former: FormerMembership) -> SessionEnding:
    """Return the ending that the end or suspension of a membership is for its person."""
    reason = EndingReason.PAUSED if former.is_suspended else EndingReason.REMOVED
    return SessionEnding(reason, former.ended_at, former.organization, former.time_zone)


def sentence_for(ending: SessionEnding) -> str:
    """Return the sentence in the active language, with the time of the organization's zone."""
    zone = time_zones.first_known(ending.time_zone) if ending.time_zone else None
    moment = time_zones.date_time(ending.at, zone)
    return _SENTENCES[ending.reason]() % {"moment": moment, "organization": ending.organization}


_SENTENCES: Mapping[EndingReason, Callable[[], str]] = {
    EndingReason.REMOVED: lambda: _(
        "Your access to %(organization)s ended on %(moment)s. If this is a mistake, ask an admin of %(organization)s "
        "or customer service."
    ),
    EndingReason.SUSPENDED: lambda: _(
        "Access for %(organization)s is suspended since %(moment)s: no person can sign in for it. Customer service "
        "knows why."
    ),
    EndingReason.PAUSED: lambda: _(
        "Your access to %(organization)s was suspended on %(moment)s. An admin of %(organization)s can resume it."
    ),
    EndingReason.BY_ADMIN: lambda: _("An admin of %(organization)s signed you out on %(moment)s."),
    EndingReason.SIGNED_OUT: lambda: " ".join(
        (
            _("You are signed out of this portal in this browser."),
            _("Services that you opened from it are asked to sign you out too, if they support it."),
            _(
                "On a shared computer, check that they have. To end your sessions in other browsers, sign in and "
                "choose “Sign out everywhere” on the page My access."
            ),
        )
    ),
    EndingReason.EVERYWHERE: lambda: _(
        "You were signed out on %(moment)s, because you signed out everywhere."
    ),
    EndingReason.OTHER_BROWSER: lambda: _(
        "This session was signed out on %(moment)s from your other browser."
    ),
    EndingReason.PASSWORD: lambda: _("You were signed out on %(moment)s, because your password was changed."),
    EndingReason.BLOCKED: lambda: _(
        "You were signed out on %(moment)s, because you blocked your sign-in. Set a new password."
    ),
    EndingReason.WEAK: lambda: _(
        "You were signed out, because your access requires a second sign-in method."
    ),
    EndingReason.IDLE: lambda: _("You were signed out, because you did not use this page for an hour."),
    EndingReason.EXPIRED: lambda: _("Your session has expired. Sign in again."),
}
