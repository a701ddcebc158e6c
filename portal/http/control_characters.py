"""Forms refuse control characters, U+0000 among them.

PostgreSQL refuses U+0000, and none of the others belongs in a name, an address or a reason. A form shows the error at
the field and preserves the value; a path or a query with them is a page with status 400.
"""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest, QueryDict
from django.utils.deconstruct import deconstructible

from portal.wording import input_problems

_LINE_CHARACTERS = "\t\n\r"


def has_control_characters(text: str, *, lines: bool = False) -> bool:
    """Return whether `text` holds a control character; with `lines`, tabs and line ends are allowed."""
    return any(
        unicodedata.category(character) == "Cc" and not (lines and character in _LINE_CHARACTERS)
        for character in text
    )


@deconstructible
class NoControlCharacters:
    """Validates that a value has no control characters."""

    message = input_problems.CONTROL_CHARACTERS

    def __init__(self, *, lines: bool = False) -> None:
        self.lines = lines

    def __call__(self, value: object) -> None:
        """Refuse control characters. Raises ValidationError."""
        if has_control_characters(str(value), lines=self.lines):
            raise ValidationError(self.message, code="control_characters")


class ControlCharacterCheck(forms.BaseForm):
    """Replaces Django's validator for U+0000 by `NoControlCharacters` in the text fields of a form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        refuse_control_characters(self)


def refuse_control_characters(form: forms.BaseForm) -> None:
    """Add the validator to every text field; called again by a form that adds fields."""
    for field in form.fields.values():
        if isinstance(field, forms.CharField):
            _refuse_in(field)


def _refuse_in(field: forms.CharField) -> None:
    others = [
        validator
        for validator in field.validators
        if not isinstance(validator, ProhibitNullCharactersValidator | NoControlCharacters)
    ]
    field.validators = [*others, NoControlCharacters(lines=isinstance(field.widget, forms.Textarea))]


class Form(ControlCharacterCheck, forms.Form):
    """Refuses control characters in every form that derives from it."""


def has_control_characters_in_url(request: HttpRequest) -> bool:
    """Return whether path or query hold a control character."""
    return has_control_characters(request.path) or has_control_characters_in_values(request.GET)


def has_control_characters_in_values(values: QueryDict) -> bool:
    """Return whether a name or a value holds a control character; line ends are allowed, as text areas send them."""
    return any(
        has_control_characters(name) or any(has_control_characters(value, lines=True) for value in texts)
        for name, texts in values.lists()
    )
