"""Mails about signing in: rendered here, in the person's language, and queued in the caller's transaction."""

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from identity.models import User
from portal import context
from provisioning import mail

_HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


def reset(*, to: str, url: str, user: User) -> None:
    """A link to set a new password."""
    language = user.language if user.language in dict(settings.LANGUAGES) else translation.get_language()
    _reset(to=to, url=url, language=language, about=user.pk, keep=True)


def decoy(*, to: str) -> None:
    """The same work as `reset` for an address that nobody has, undone: time must not tell which it was."""
    url = f"{settings.ISSUER}/{'0' * 100}"
    _reset(to=to, url=url, language=translation.get_language(), about=None, keep=False)


def _reset(*, to: str, url: str, language: str | None, about: uuid.UUID | None, keep: bool) -> None:
    language = language or settings.LANGUAGE_CODE
    with translation.override(language), transaction.atomic():
        values = {"password_reset_url": url, "email": to, "hours": _HOURS}
        parts = _rendered("account/email/password_reset_key", values)
        mail.queue(
            to=to,
            subject=parts["subject"],
            text=parts["text"],
            html=parts["html"],
            purpose="password_reset",
            language=language,
            about=about,
        )
        transaction.set_rollback(not keep)


def _rendered(prefix: str, values: dict[str, Any]) -> dict[str, str]:
    values = {"brand": context.mail_brand(), **values}
    return {
        "subject": " ".join(render_to_string(f"{prefix}_subject.txt", values).split()),
        "text": render_to_string(f"{prefix}_message.txt", values),
        "html": render_to_string(f"{prefix}_message.html", values),
    }
