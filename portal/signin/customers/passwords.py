"""A new password is refused for its length, as guessable, as common, or as the present one.

As NIST SP 800-63B-4 §3.1.1 says: a length and a blocklist, no composition rules.
"""

import re
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth import hashers as django_hashers
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from identity.people import hashers
from identity.people.models import User

MIN_LENGTH = 12
_MIN_UNPREDICTABLE, _MIN_DISTINCT, _MIN_OTHER_LETTERS, _MIN_WORD = 8, 5, 5, 3
_ROWS = ("1234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm")


class Length(password_validation.MinimumLengthValidator):
    """Refuses a password shorter than MIN_LENGTH."""

    def __init__(self) -> None:
        super().__init__(MIN_LENGTH)

    def validate(self, password: str, user: User | None = None) -> None:
        """Count the characters that are hashed: an ä that is typed as two counts once. Raises ValidationError."""
        super().validate(hashers.opaque_string(password), user)

    def get_error_message(self) -> str:
        """Return the error in our own words."""
        return _("Use at least 12 characters.")


class Common(password_validation.CommonPasswordValidator):
    """Refuses Django's list of common passwords."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Look the password up as it is hashed. Raises ValidationError."""
        super().validate(hashers.opaque_string(password), user)

    def get_error_message(self) -> str:
        """Return the error in our own words."""
        return _("This password is too common. Choose another.")


class Guessable:
    """Refuses digits alone, repetition, keyboard patterns, and the person's or the supplier's name."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse a guessable password. Raises ValidationError."""
        password = hashers.opaque_string(password)
        if password.isdigit():
            raise ValidationError(_("This password contains only digits. Add words."), code="digits")
        if unpredictable_characters(password) < _MIN_UNPREDICTABLE or len(set(password)) < _MIN_DISTINCT:
            raise ValidationError(
                _("This password repeats characters or uses a keyboard pattern. Choose another."),
                code="predictable",
            )
        if user is not None and _is_own_name(password, user):
            raise ValidationError(
                _(
                    "This password is too similar to your name, your e-mail address or %(supplier)s. Choose another."
                )
                % {"supplier": settings.SUPPLIER_NAME},
                code="own_name",
            )


class Fresh:
    """Refuses the present password: a new one is set for a reason."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse the present password. Raises ValidationError."""
        if user is not None and user.password and django_hashers.check_password(password, user.password):
            raise ValidationError(_("This is your current password. Choose another."), code="same")


class NewPassword:
    """Runs the validators in order and shows the first error alone: a short password is guessable because it is short.

    The comparison with the present password, which hashes, comes last.
    """

    def __init__(self) -> None:
        self._validators = Length(), Guessable(), Common(), Fresh()

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse a password by its first error. Raises ValidationError."""
        for validator in self._validators:
            validator.validate(password, user)

    def get_help_text(self) -> str:
        """Return an empty text: the pages carry the instructions."""
        return ""


def unpredictable_characters(password: str) -> int:
    """Return the number of characters that do not follow from those before them."""
    text = password.casefold()
    period = next((n for n in range(1, len(text) + 1) if text[n:] == text[: len(text) - n]), 0)
    count, continued = 0, frozenset[str]()
    for before, character in zip(" " + text[: period - 1], text[:period], strict=True):
        steps = frozenset(_steps(before, character))
        count += not steps & continued
        continued = steps & continued or steps
    return count


def _steps(before: str, character: str) -> Iterator[str]:
    """Yield how a character follows the one before: repeated, next in the alphabet, next on the keyboard."""
    if character == before:
        yield "again"
    if abs(ord(character) - ord(before)) == 1:
        yield f"alphabet {ord(character) - ord(before)}"
    for row in _ROWS:
        if before in row and character in row:
            step = (row.index(character) - row.index(before)) % len(row)
            if step in {1, len(row) - 1}:
                yield f"keys {1 if step == 1 else -1}"


def _is_own_name(password: str, user: User) -> bool:
    text = password.casefold()
    words = re.findall(r"[^\W\d_]+", f"{user.name} {user.email} {settings.SUPPLIER_NAME}".casefold())
    contained = [
        word for word in sorted(words, key=len, reverse=True) if len(word) >= _MIN_WORD and word in text
    ]
    for word in contained:
        text = text.replace(word, "")
    return bool(contained) and sum(character.isalpha() for character in text) < _MIN_OTHER_LETTERS
