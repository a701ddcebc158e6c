"""Forms of pages share an idempotency key and the parsing of ids."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.foundation import ids
from delegation.authorization.errors import InvalidAccess
from identity.people import names
from portal.http import control_characters
from portal.wording import dates, input_problems, refusals

NAME_LENGTH = 200
"""Characters of a person's name."""
_IDEMPOTENCY_KEY = 64


def new_idempotency_key() -> str:
    """Return a key that no other form has."""
    return ids.uuid7().hex


class IdempotentForm(control_characters.Form):
    """Runs its command once, even if it is sent several times."""

    idempotency_key = forms.CharField(
        required=False,
        max_length=_IDEMPOTENCY_KEY,
        widget=forms.HiddenInput,
        error_messages={"max_length": gettext_lazy("This page has expired. Open it again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = new_idempotency_key

    def set_choices(self, name: str, choices: Sequence[Any], missing: str) -> None:
        """Set the choices of a field, and its errors; `missing` is the one for no choice."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
        invalid = _("This is not one of the choices. Choose again.")
        field.error_messages |= {"required": missing, "invalid_choice": invalid}

    def clean_idempotency_key(self) -> str:
        """Return the sent key, else a new one."""
        return str(self.cleaned_data.get("idempotency_key") or new_idempotency_key())


def checked_name(text: str, *, missing: str) -> str:
    """Clean a person's name. Raises ValidationError; `missing` is its message for a text without a letter."""
    faults: dict[str, Any] = {
        "missing": missing,
        "characters": input_problems.CONTROL_CHARACTERS,
        "link": input_problems.LINK_IN_NAME,
    }
    if fault := names.fault(text):
        raise ValidationError(faults[fault], code=fault)
    return names.clean(text)


def idempotency_key(sent: str, *parts: object) -> str | None:
    """Return the idempotency key of one of several commands that a page can send under one key; None without a key."""
    return f"{sent[:_IDEMPOTENCY_KEY]}:{':'.join(map(str, parts))}" if sent and sent.isalnum() else None


def day(typed: str) -> dt.date:
    """Parse a day. Raises ValidationError."""
    parsed = dates.parse_day(typed)
    if parsed is None:
        raise ValidationError(dates.day_error(typed, example=dates.example_day()), code="day")
    return parsed


def end_of_day(typed: str, *, zone: dt.tzinfo, at: dt.datetime) -> dt.datetime:
    """Parse a day and return its end. Raises ValidationError, also for a day that has ended at `at`."""
    end = dt.datetime.combine(day(typed) + dt.timedelta(days=1), dt.time(), zone)
    if end <= at:
        past = InvalidAccess(field="until", problem="past")
        raise ValidationError(refusals.sentence_for(past).text, code="past")
    return end


def identifiers(values: Iterable[str]) -> list[uuid.UUID]:
    """Return the valid ids among these texts, each once, in order."""
    ids_in_order = dict.fromkeys(map(identifier, values))
    return [value for value in ids_in_order if value is not None]


def identifier(value: str) -> uuid.UUID | None:
    """Return the id that this text holds, else None."""
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
