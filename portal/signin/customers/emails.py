"""Mails about sign-in, rendered in the person's language and queued in the caller's transaction."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from audit.foundation import clock
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from portal.shell import shell
from portal.wording import factors, time_zones
from provisioning.mail import queue

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
            to=to,
            subject=parts["subject"],
            text=parts["text"],
            html=parts["html"],
            purpose="password_reset",
            language=language,
            about=about,
        )
        transaction.set_rollback(not commit)


def queue_security_notice(
    *, user: User, changes: Sequence[tuple[str, str]], others_ended: bool = False
) -> None:
    """Notify a person of changes to their sign-in, so that they notice another person's change."""
    at = clock.now()
    mine = memberships_queries.active_of_user(user=user, at=at)
    language = _language(user)
    with translation.override(language):
        values = {
            "sentences": [
                *(str(factors.CHANGES[change].notice) for change in changes),
                *([str(factors.OTHER_SESSIONS_ENDED)] if others_ended else []),
            ],
            "moment": time_zones.date_time_with_zone(at, time_zones.zone_of(mine[0]))
            if mine
            else time_zones.date_time(at, None),
            "url": f"{settings.ISSUER}{reverse('account_reset_password')}",
            "password": any(verb in factors.PASSWORD_VERBS for verb, _ in changes),
        }
        parts = _render("account/email/security_changed", values)
        queue.queue(
            to=user.email,
            subject=parts["subject"],
            text=parts["text"],
            html=parts["html"],
            purpose="security_changed",
            language=language,
            about=user.pk,
        )


def _language(user: User) -> str:
    known = dict(settings.LANGUAGES)
    preferred = (user.language, translation.get_language() or "")
    return next((code for code in preferred if code in known), settings.LANGUAGE_CODE)


def _render(prefix: str, values: dict[str, Any]) -> dict[str, str]:
    values = {"brand": shell.mail_brand(), **values}
    return {
        "subject": " ".join(render_to_string(f"{prefix}_subject.txt", values).split()),
        "text": render_to_string(f"{prefix}_message.txt", values),
        "html": render_to_string(f"{prefix}_message.html", values),
    }
