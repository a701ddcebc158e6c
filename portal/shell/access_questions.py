"""Auditors and admins ask who could do what, for which amount and site, on which day and hour."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from delegation.access.queries import SiteName
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue.display_names import DisplayNames
from portal.http import control_characters
from portal.wording import admin_rights, amounts, cldr, dates, supplier_texts

CURRENCY = AmountLimit(None).currency
"""A typed amount is compared with limits of this currency."""
FIELDS = ("could", "amount", "site", "day", "time")
_NOON = "12:00"
_TIME = re.compile(r"(?P<hour>[01]?[0-9]|2[0-3])(?:[.:](?P<minute>[0-5][0-9]))?")


@dataclass(frozen=True, slots=True)
class Question:
    """Holds a question about one customer. `could` is the key of an entitlement, or a verb of Keyholder itself."""

    could: str
    amount: Decimal | None
    site: SiteName | None
    at: dt.datetime

    @property
    def verb(self) -> Verb | None:
        """Return the verb; None for an entitlement."""
        return Verb(self.could) if self.could in set(Verb) else None


def what(could: str, names: DisplayNames) -> str:
    """Return what the question is about, as the rest of "Who could …"."""
    if could in names.entitlements:
        return supplier_texts.in_language(names.entitlements[could])
    return admin_rights.admin_abilities()[Verb(could)]


def title(question: Question, names: DisplayNames, zone: ZoneInfo) -> str:
    """Return `Who could approve others’ orders, over 10 000 €, at Oulu, on 1 Jun 2026, 12:00?`."""
    parts = [what(question.could, names)]
    if question.amount is not None:
        parts.append(_("over %(amount)s") % {"amount": cldr.money(question.amount, CURRENCY)})
    if question.site is not None:
        parts.append(_("for %(site)s") % {"site": question.site.name})
    facts = {"what": ", ".join(parts), "when": cldr.date_time(question.at.astimezone(zone))}
    return _("Who could %(what)s, on %(when)s?") % facts


def parse_time(text: str) -> dt.time | None:
    """Read 12, 12:00 and 12.00; noon for an empty text, None for anything else."""
    found = _TIME.fullmatch(text or _NOON)
    return dt.time(int(found["hour"]), int(found["minute"] or 0)) if found else None


def _default_time(clock: dates.Clock) -> str:
    """Return noon; before noon the present minute, because a question is about a time that has passed."""
    return min(_NOON, clock.local(clock.now).strftime("%H:%M"))


class QuestionForm(control_characters.Form):
    """Takes a question about a customer, in the customer's time zone."""

    could = forms.ChoiceField()
    amount = forms.CharField(required=False, max_length=40)
    site = forms.ChoiceField(required=False)
    day = forms.CharField(max_length=40)
    time = forms.CharField(max_length=5, required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, names: DisplayNames, clock: dates.Clock) -> None:
        today = dates.typed_day(clock.local(clock.now).date())
        super().__init__(data, initial={"day": today, "time": _default_time(clock)}, auto_id="%s")
        self._clock, self._sites = clock, {site.name: site for site in names.sites.values()}
        _set_choices(self.fields["could"], could_choices(names))
        _set_choices(self.fields["site"], [("", _("Any site")), *((name, name) for name in self._sites)])
        self.fields["could"].error_messages |= dict.fromkeys(
            ("required", "invalid_choice"), _("Choose what they could do.")
        )
        self.fields["site"].error_messages["invalid_choice"] = _(
            "There is no site “%(value)s”. Choose one of the list."
        )
        self.fields["day"].error_messages["required"] = _("Enter the day.")

    def clean_amount(self) -> Decimal | None:
        """Read the amount. Raises ValidationError."""
        text = self.cleaned_data["amount"]
        if not text:
            return None
        try:
            return amounts.parse(text, currency=CURRENCY)
        except (amounts.Unclear, amounts.OtherUnit) as error:
            example = amounts.typed(Decimal(10000))
            message = _("Enter the amount in %(currency)s like this: %(example)s.")
            raise ValidationError(message % {"currency": CURRENCY, "example": example}) from error

    def clean_day(self) -> dt.date:
        """Read the day. Raises ValidationError."""
        text = self.cleaned_data["day"]
        day = dates.parse_day(text)
        if day is None:
            example = dates.typed_day(self._clock.local(self._clock.now).date())
            raise ValidationError(dates.day_error(text, example=example))
        return day

    def clean_time(self) -> dt.time:
        """Read the hour; noon where none is entered. Raises ValidationError."""
        time = parse_time(self.cleaned_data["time"])
        if time is None:
            raise ValidationError(_("Enter the time like this: %(example)s.") % {"example": _NOON})
        return time

    def clean(self) -> dict[str, Any]:
        """Check the fields together. Raises ValidationError."""
        cleaned: dict[str, Any] = self.cleaned_data
        if {"day", "time"} <= cleaned.keys():
            at = dt.datetime.combine(cleaned["day"], cleaned["time"], tzinfo=self._clock.zone)
            cleaned["at"] = at.astimezone(dt.UTC)
            if cleaned["at"] > self._clock.now:
                self.add_error("day", _("Choose a day and time that have passed."))
        if cleaned.get("amount") is not None and cleaned.get("could") in set(Verb):
            self.add_error("amount", _("Leave the amount empty: it limits orders only."))
        return cleaned

    @property
    def question(self) -> Question:
        """Return the question of a valid form."""
        cleaned = self.cleaned_data
        site = self._sites.get(cleaned["site"])
        return Question(cleaned["could"], cleaned["amount"], site, cleaned["at"])


def could_choices(names: DisplayNames) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the entitlements of each application, then what admins may do to people, as groups of choices."""
    groups = [
        (
            supplier_texts.in_language(application),
            [(one, what(one, names)) for one in names.entitlements if one.startswith(f"{key}:")],
        )
        for key, application in names.applications.items()
    ]
    verbs = [(verb.value, text) for verb, text in admin_rights.admin_abilities().items()]
    return [*((label, choices) for label, choices in groups if choices), (_("People and access"), verbs)]


def _set_choices(field: forms.Field, choices: list[Any]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
