"""Mails about signing in: rendered here, in the person's language, and queued in the caller's transaction."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from audit.foundation import clock
from delegation.authorization.verbs import Observation
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from portal.shell import shell
from portal.signin.customers import wording
from portal.wording import time_zones
from provisioning.mail import queue

_HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


def reset(*, to: str, url: str, user: User) -> None:
    """A link to set a new password."""
    _reset(to=to, url=url, language=_language(user), about=user.pk, keep=True)


def decoy(*, to: str) -> None:
    """The same work as `reset` for an address that nobody has, undone: time must not tell which it was."""
    url = f"{settings.ISSUER}/{'0' * 100}"
    _reset(to=to, url=url, language=translation.get_language(), about=None, keep=False)


def _reset(*, to: str, url: str, language: str | None, about: uuid.UUID | None, keep: bool) -> None:
    language = language or settings.LANGUAGE_CODE
    with translation.override(language), transaction.atomic():
        values = {"password_reset_url": url, "email": to, "hours": _HOURS}
        parts = _rendered("account/email/password_reset_key", values)
        queue.queue(
            to=to,
            subject=parts["subject"],
            text=parts["text"],
            html=parts["html"],
            purpose="password_reset",
            language=language,
            about=about,
        )
        transaction.set_rollback(not keep)


def changed(*, user: User, happened: Sequence[tuple[Observation, str]]) -> None:
    """Tell a person how the way they sign in has changed: they learn of it, if it was not they who changed it."""
    at = clock.now()
    mine = memberships_queries.active_of_user(user=user, at=at)
    language = _language(user)
    with translation.override(language):
        values = {
            "sentences": [str(wording.HAPPENED[one]) for one in happened],
            "moment": time_zones.named(at, time_zones.zone_of(mine[0]))
            if mine
            else time_zones.moment(at, None),
            "url": f"{settings.ISSUER}{reverse('account_reset_password')}",
            "password": any(verb in wording.OF_PASSWORD for verb, _ in happened),
        }
        parts = _rendered("account/email/security_changed", values)
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
    wanted = (user.language, translation.get_language() or "")
    return next((one for one in wanted if one in known), settings.LANGUAGE_CODE)


def _rendered(prefix: str, values: dict[str, Any]) -> dict[str, str]:
    values = {"brand": shell.mail_brand(), **values}
    return {
        "subject": " ".join(render_to_string(f"{prefix}_subject.txt", values).split()),
        "text": render_to_string(f"{prefix}_message.txt", values),
        "html": render_to_string(f"{prefix}_message.html", values),
    }
