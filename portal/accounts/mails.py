"""Mails about signing in: rendered here, in the person's language, and queued in the caller's transaction."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from identity.models import User
from portal import context


def reset(*, to: str, url: str, user: User | None) -> None:
    """A link to set a new password. Without a user the work is the same; the caller undoes it."""
    language = (
        user.language if user and user.language in dict(settings.LANGUAGES) else translation.get_language()
    )
    with translation.override(language):
        parts = _rendered("account/email/password_reset_key", {"password_reset_url": url, "email": to})
    message = EmailMultiAlternatives(parts["subject"], parts["text"], to=[to])
    message.attach_alternative(parts["html"], "text/html")
    message.send()


def _rendered(prefix: str, values: dict[str, Any]) -> dict[str, str]:
    values = {"brand": context.mail_brand(), **values}
    return {
        "subject": " ".join(render_to_string(f"{prefix}_subject.txt", values).split()),
        "text": render_to_string(f"{prefix}_message.txt", values),
        "html": render_to_string(f"{prefix}_message.html", values),
    }
