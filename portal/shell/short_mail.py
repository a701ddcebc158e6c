"""A short mail in the recipient's language ends with a sentence that names the supplier and its number."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override

from portal.http import languages
from portal.wording import brands
from provisioning.mail.queue import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMail:
    """Holds what all recipients get; `subject` and `closing` have places for `supplier`, `phone` and `organization`."""

    purpose: str
    subject: Promise
    closing: Promise
    about: uuid.UUID
    organization: uuid.UUID
    organization_name: str


def draft(mail: ShortMail, *, to: str, language: str, text: Callable[[], str]) -> Draft:
    """Return the mail to one recipient; `text` is called in their language."""
    language = languages.first_supported((language,)) or settings.LANGUAGE_CODE
    with override(language):
        brand = brands.brand()
        values = {
            "supplier": brand["name"],
            "phone": brand["phone"],
            "organization": mail.organization_name,
        }
        return Draft(
            to=to,
            subject=str(mail.subject) % values,
            text=f"{text()}\n\n{str(mail.closing) % values}\n",
            purpose=mail.purpose,
            language=language,
            about=mail.about,
            organization=mail.organization,
        )
