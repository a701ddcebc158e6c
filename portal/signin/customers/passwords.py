"""What a new password may not be (AUTH_PASSWORD_VALIDATORS): short, everybody's, one's own name, a walk over the keys.

After NIST SP 800-63B-4 §3.1.1: a length and a list of what is tried first, no rules about kinds of characters.
"""

import re
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from identity.people.models import User

SHORTEST = 12
_SURPRISING, _DIFFERENT, _LETTERS, _WORD = 8, 5, 5, 3
_ROWS = ("1234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm")


class Length(password_validation.MinimumLengthValidator):
    """No shorter than SHORTEST."""

    def __init__(self) -> None:
        super().__init__(SHORTEST)

    def get_error_message(self) -> str:
        """Ours."""
        return _("Choose at least 12 characters.")


class Common(password_validation.CommonPasswordValidator):
    """None of those that everybody tries first."""

    def get_error_message(self) -> str:
        """Ours."""
        return _("This is one of the passwords that are tried first. Choose another.")


class Guessable:
    """Neither digits alone, nor repetition, nor a row of keys, nor a name that anybody knows of this person."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError."""
        if password.isdigit():
            raise ValidationError(_("Digits alone are guessed quickly. Use words, too."), code="digits")
        if surprising(password) < _SURPRISING or len(set(password)) < _DIFFERENT:
            raise ValidationError(
                _("This repeats itself or follows the keys, and is guessed quickly. Choose another."),
                code="predictable",
            )
        if user is not None and _is_own_name(password, user):
            raise ValidationError(
                _("This is little more than your name, your address or your company. Choose another."),
                code="own_name",
            )

    def get_help_text(self) -> str:
        """The pages say what to do."""
        return ""


class Fresh:
    """Not the one the person has: who sets a new password has a reason to."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError."""
        if user is not None and user.password and hashers.check_password(password, user.password):
            raise ValidationError(_("This is the password you have. Choose another."), code="same")

    def get_help_text(self) -> str:
        """The pages say what to do."""
        return ""


def surprising(password: str) -> int:
    """How many characters do not follow from those before them."""
    text = password.casefold()
    period = next((n for n in range(1, len(text) + 1) if text[n:] == text[: len(text) - n]), 0)
    count, going = 0, frozenset[str]()
    for before, one in zip(" " + text[: period - 1], text[:period], strict=True):
        steps = frozenset(_steps(before, one))
        count += not steps & going
        going = steps & going or steps
    return count


def _steps(before: str, one: str) -> Iterator[str]:
    """The ways in which a character may follow: again, next in the alphabet, next on the keyboard."""
    if one == before:
        yield "again"
    if abs(ord(one) - ord(before)) == 1:
        yield f"alphabet {ord(one) - ord(before)}"
    for row in _ROWS:
        if before in row and one in row:
            step = (row.index(one) - row.index(before)) % len(row)
            if step in {1, len(row) - 1}:
                yield f"keys {1 if step == 1 else -1}"


def _is_own_name(password: str, user: User) -> bool:
    text = password.casefold()
    words = re.findall(r"[^\W\d_]+", f"{user.name} {user.email} {settings.SUPPLIER_NAME}".casefold())
    known = [one for one in sorted(words, key=len, reverse=True) if len(one) >= _WORD and one in text]
    for one in known:
        text = text.replace(one, "")
    return bool(known) and sum(character.isalpha() for character in text) < _LETTERS
