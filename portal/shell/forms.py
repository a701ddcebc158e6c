"""The forms of the pages. What is typed is kept; what cannot be is said at the field; commands decide the rest."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.foundation import ids
from audit.foundation.errors import DomainError
from delegation.access.assignable import AssignableOptions, TierOption
from delegation.authorization.errors import InvalidAccess, LastAdmin
from delegation.authorization.values import AccessSpec, AmountLimit
from portal.http import input_cleaning
from portal.wording import amounts, cldr, dates, refusals, removal_reasons

_REASON = 300
_NAME = 200
_ADDRESS = 254
_ONCE = 64


def new_idempotency_key() -> str:
    """A fresh idempotency key."""
    return ids.uuid7().hex


class IdempotentForm(input_cleaning.Form):
    """A form that does its deed once, however often it is sent."""

    once = forms.CharField(
        required=False,
        max_length=_ONCE,
        widget=forms.HiddenInput,
        error_messages={"max_length": gettext_lazy("This page is out of date. Open it again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = new_idempotency_key

    def clean_once(self) -> str:
        """What was sent; a form sent without one has a deed of its own."""
        return str(self.cleaned_data.get("once") or new_idempotency_key())


class AccessForm(IdempotentForm):
    """A tier, its limit, where, until when. The fields `limit_<tier>` follow from what may be given."""

    tier = forms.ChoiceField(widget=forms.RadioSelect)
    where = forms.ChoiceField(widget=forms.RadioSelect)
    sites = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    until = forms.CharField(required=False, max_length=40)
    reason = forms.CharField(required=False, max_length=_REASON)

    def __init__(self, *args: Any, gifts: AssignableOptions, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gifts, self.zone = gifts, zone
        known = [(tier.key, tier.key) for tier in gifts.tiers if tier.assignable]
        self._choices("tier", known, _("Choose what they may do."))
        self._choices("where", [("all", "all"), ("some", "some")], _("Choose where."))
        self._choices("sites", [(str(one.id), one.name) for one in gifts.sites], "")
        for tier in gifts.tiers:
            if tier.amounts:
                self.fields[limit_field(tier.key)] = forms.CharField(required=False, max_length=40)
        for field in self.fields.values():
            field.error_messages.setdefault("max_length", _("This is too long."))
        input_cleaning.make_plain(self)

    def _choices(self, name: str, choices: list[tuple[str, str]], missing: str) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
        wrong = _("This cannot be chosen. Choose again.")
        field.error_messages |= {"required": missing, "invalid_choice": wrong, "invalid_list": wrong}

    @property
    def access(self) -> AccessSpec:
        """What is asked for; after the form has been found valid."""
        return AccessSpec(
            role=self.cleaned_data["tier"],
            all_sites=self.cleaned_data["where"] == "all",
            sites=frozenset(uuid.UUID(one) for one in self.cleaned_data["sites"]),
            limits=self.cleaned_data["limits"],
            until=self.cleaned_data["until"],
        )

    @property
    def asked(self) -> dict[str, Any]:
        """What a command that gives takes; after the form has been found valid."""
        return {
            "access": self.access,
            "reason": self.cleaned_data["reason"],
            "idempotency_key": self.cleaned_data["once"],
        }

    def clean_until(self) -> dt.datetime | None:
        """The end of the day that was typed, in the company's time zone."""
        typed = self.cleaned_data["until"]
        if not typed:
            return None
        day = dates.parse_day(typed)
        if day is None:
            raise ValidationError(dates.no_day(typed, example=example_day()))
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.zone)

    def clean(self) -> dict[str, Any]:
        """The limits of the chosen tier; sites only where some are chosen."""
        data = super().clean() or self.cleaned_data
        tier = self.gifts.tier(str(data.get("tier", "")))
        data["limits"] = self._limits(tier) if tier else {}
        if data.get("where") == "all":
            data["sites"] = []
        elif data.get("where") == "some" and not data.get("sites") and "sites" not in self.errors:
            self.add_error("sites", _("Choose at least one site."))
        return data

    def _limits(self, tier: TierOption) -> Mapping[str, AmountLimit]:
        if not tier.amounts:
            return {}
        name = limit_field(tier.key)
        typed = self.cleaned_data.get(name)
        if typed is None:  # refused already
            return {}
        try:
            amount = amounts.parse(typed)
        except amounts.Unclear as unclear:
            self.add_error(name, _unclear(typed, unclear))
            return {}
        self._within(name, amount, tier)
        return {key: AmountLimit(amount, tier.currency) for key in tier.amounts}

    def _within(self, name: str, amount: Decimal, tier: TierOption) -> None:
        if amount == 0:
            zero = InvalidAccess(field="limit", problem="zero")
            self.add_error(name, refusals.sentence_for(zero).text)
        if tier.most is not None and amount > tier.most:
            most = cldr.money(tier.most, tier.currency)
            self.add_error(name, _("The limit must be %(amount)s or less.") % {"amount": most})

    def filled_in(self) -> Self:
        """The same as if what it begins with had been typed: for saying what that would mean."""
        if self.is_bound:
            return self
        return type(self)(dict(self.initial), gifts=self.gifts, zone=self.zone)

    def missing(self) -> list[str]:
        """What still has to be said before it is clear what would follow: not to whom, and not why."""
        self.is_valid()
        return [
            str(one)
            for name, found in self.errors.items()
            if name not in {"email", "name", "reason", "once"}
            for one in found
        ]

    def refused(self, error: DomainError) -> None:
        """Say at the field what the command refused. Raises it again where no field of this form is meant."""
        sentence = refusals.sentence_for(error)
        field = {"role": "tier", "limit": limit_field(str(self.data.get("tier", "")))}.get(
            sentence.field, sentence.field
        )
        if isinstance(error, LastAdmin):
            self.add_error(None, sentence.text)
        elif field in self.fields:
            self.add_error(field, sentence.text)
        else:
            raise error


def limit_field(tier: str) -> str:
    """The name of the field for this tier's limit."""
    return f"limit_{tier}"


def example_day() -> str:
    """How the reader's language writes a day."""
    return dates.typed_day(dt.date(2026, 12, 24))


def _unclear(typed: str, unclear: amounts.Unclear) -> str:
    if not typed.strip():
        return _("Write the limit.")
    if unclear.could_mean:
        return _("Write %(amount)s without a separator: %(typed)s is read in two ways.") % {
            "amount": unclear.could_mean,
            "typed": typed.strip(),
        }
    return _("Write the limit as an amount, like 5 000 or 5 000.50.")


class InvitationForm(AccessForm):
    """To whom, and what."""

    field_order = ("email", "name")
    email = forms.CharField(max_length=_ADDRESS)
    name = forms.CharField(required=False, max_length=_NAME)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["required"] = _("Write an e-mail address.")

    def clean_email(self) -> str:
        """One address."""
        address = str(self.cleaned_data["email"]).strip().rstrip(",;")
        if address.count("@") > 1:
            raise ValidationError(_("Write one address at a time."))
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(_("The address is not complete. It looks like name@company.fi.")) from error
        return address.lower()


class ChangeAccessForm(AccessForm):
    """For somebody who is here, or comes back."""


class RemovalForm(IdempotentForm):
    """Why."""

    reason = forms.ChoiceField()
    note = forms.CharField(required=False, max_length=_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        if isinstance(field, forms.ChoiceField):
            field.choices = removal_reasons.choices()
        wrong = _("Choose one of the reasons.")
        field.error_messages |= {"required": wrong, "invalid_choice": wrong}
        self.fields["note"].error_messages["max_length"] = _("This is too long.")

    @property
    def written(self) -> str:
        """As it goes into the log."""
        return removal_reasons.log_reason(code=self.cleaned_data["reason"], note=self.cleaned_data["note"])


def key(sent: str, *what: object) -> str | None:
    """The idempotency key for one of several deeds that a page can do under the key it was given; None without one."""
    return f"{sent[:_ONCE]}:{':'.join(map(str, what))}" if sent and sent.isalnum() else None


def identifiers(values: Iterable[str]) -> list[uuid.UUID]:
    """Those of these texts that are ids, without repetition."""
    found: dict[uuid.UUID, None] = {}
    for value in values:
        one = identifier(value)
        if one is not None:
            found[one] = None
    return list(found)


def identifier(value: str) -> uuid.UUID | None:
    """The id this text is; None for anything else."""
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
