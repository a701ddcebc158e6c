"""Mails about sign-in are rendered in the person's language and queued in the caller's transaction."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from audit.foundation import clock
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from portal.http import languages
from portal.shell import shell
from portal.signin.customers import not_me_links, rate_limits
from portal.wording import factor_changes, time_zones
from provisioning.mail import queue
from provisioning.mail.queue import Draft

_NOTICE, _LATER = "security_changed", dt.timedelta(hours=1)
_HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


def queue_reset(*, to: str, url: str, user: User) -> None:
    """Queue a mail with a link to set a new password."""
    _reset(to=to, url=url, language=_language(user), about=user.pk, commit=True)


def imitate_reset(*, to: str) -> None:
    """Do and roll back the work of `queue_reset`, so that the response time hides whether the address exists."""
    url = f"{settings.ISSUER}/{'0' * 100}"
    _reset(to=to, url=url, language=translation.get_language(), about=None, commit=False)


def _reset(*, to: str, url: str, language: str | None, about: uuid.UUID | None, commit: bool) -> None:
    language = language or settings.LANGUAGE_CODE
    with translation.override(language), transaction.atomic():
        values = {"password_reset_url": url, "email": to, "hours": _HOURS}
        parts = _render("account/email/password_reset_key", values)
        queue.queue(
            Draft(
                to=to,
                purpose="password_reset",
                language=language,
                about=about,
                **parts,
            )
        )
        transaction.set_rollback(not commit)


def queue_security_notice(
    *, user: User, changes: Sequence[tuple[str, str]], others_ended: bool = False
) -> None:
    """Notify a person of changes to their sign-in, so that they notice another person's change.

    After `rate_limits.NOTICE` mails in a day, one mail an hour covers all further changes of factors: none is dropped.
    A changed password is always a mail at once.
    """
    at = clock.now()
    password = any(verb in factor_changes.PASSWORD_VERBS for verb, _factor in changes)
    later = not password and bool(rate_limits.take((rate_limits.NOTICE, str(user.pk))).wait)
    if later and queue.waits(purpose=_NOTICE, about=user.pk, after=at):
        return
    language, token = _language(user), not_me_links.make(user=user, changed_at=at)
    with translation.override(language):
        values = {
            "sentences": [
                *([_("Your sign-in methods were changed several times.")] if later else _sentences(changes)),
                *([str(factor_changes.OTHER_SESSIONS_ENDED)] if others_ended else []),
            ],
            "moment": local_moment(user, at),
            "url": f"{settings.ISSUER}{reverse('account_not_me', args=[token])}",
            "password": password,
        }
        parts = _render("account/email/security_changed", values)
        queue.queue(
            Draft(
                to=user.email,
                purpose=_NOTICE,
                language=language,
                about=user.pk,
                due_at=at + _LATER if later else None,
                **parts,
            )
        )


def queue_blocked(*, user: User, at: dt.datetime, removed_factors: int) -> None:
    """Notify a person that the own sign-in was blocked at the own request, and what to do now."""
    language = _language(user)
    with translation.override(language):
        values = {
            "moment": local_moment(user, at),
            "removed": removed_factors > 0,
            "url": f"{settings.ISSUER}{reverse('account_reset_password')}",
        }
        parts = _render("account/email/sign_in_blocked", values)
        queue.queue(
            Draft(to=user.email or "", purpose="sign_in_blocked", language=language, about=user.pk, **parts)
        )


def local_moment(user: User, at: dt.datetime) -> str:
    """Return the instant in the zone of the person's first organization."""
    mine = memberships_queries.active_of_user(user=user, at=at)
    if not mine:
        return str(time_zones.date_time(at, None))
    return str(time_zones.date_time_with_zone(at, time_zones.zone_of(mine[0])))


def _sentences(changes: Sequence[tuple[str, str]]) -> list[str]:
    return [str(factor_changes.CHANGES[change].notice) for change in changes]


def _language(user: User) -> str:
    preferred = (user.language, translation.get_language() or "")
    return languages.first_supported(preferred) or settings.LANGUAGE_CODE


def _render(prefix: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    values = {"brand": shell.mail_brand(), **values}
    return {
        "subject": " ".join(render_to_string(f"{prefix}_subject.txt", values).split()),
        "text": render_to_string(f"{prefix}_message.txt", values),
        "html": render_to_string(f"{prefix}_message.html", values),
    }
