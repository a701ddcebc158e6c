"""Characters that nobody types: U+0000 and the other control characters.

PostgreSQL refuses U+0000, and none of the others belongs into a name, an address or a reason. A form says so at the
field and keeps what was typed; a path or a query with them is a page with status 400.
"""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest, QueryDict
from django.utils.deconstruct import deconstructible

from portal.wording import refusals

_LINES = "\t\n\r"


def forbidden(text: str, *, lines: bool = False) -> bool:
    """Whether `text` holds a control character; with `lines`, tabs and line ends are welcome."""
    return any(unicodedata.category(one) == "Cc" and not (lines and one in _LINES) for one in text)


@deconstructible
class Plain:
    """A validator: no control characters."""

    message = refusals.CONTROL_CHARACTERS

    def __init__(self, *, lines: bool = False) -> None:
        self.lines = lines

    def __call__(self, value: object) -> None:
        """Raises ValidationError."""
        if forbidden(str(value), lines=self.lines):
            raise ValidationError(self.message, code="control_characters")


class PlainForm(forms.BaseForm):
    """A mixin for forms, ours and libraries': fields of text get `Plain` in place of Django's validator for U+0000."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        make_plain(self)


def make_plain(form: forms.BaseForm) -> None:
    """Once more, for a form that has added fields."""
    for field in form.fields.values():
        if isinstance(field, forms.CharField):
            _make_plain(field)


def _make_plain(field: forms.CharField) -> None:
    kept = [one for one in field.validators if not isinstance(one, ProhibitNullCharactersValidator | Plain)]
    field.validators = [*kept, Plain(lines=isinstance(field.widget, forms.Textarea))]


class Form(PlainForm, forms.Form):
    """What our own forms are."""


def in_address(request: HttpRequest) -> bool:
    """Whether path or query hold a control character."""
    return forbidden(request.path) or in_values(request.GET)


def in_values(values: QueryDict) -> bool:
    """Whether a name or a value holds a control character (line ends are typed into text areas)."""
    return any(
        forbidden(name) or any(forbidden(one, lines=True) for one in found) for name, found in values.lists()
    )
