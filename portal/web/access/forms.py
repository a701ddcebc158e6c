"""The access form asks for a tier with its limit, sites, an end and a reason."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.access.assignable import AssignableOptions, TierOption
from delegation.authorization.errors import AccessChanged, InvalidAccess, LastAdmin
from delegation.authorization.values import AccessSpec, AmountLimit
from portal.http import control_characters
from portal.shell import forms as shell_forms
from portal.shell.forms import IdempotentForm
from portal.web.access import limit_texts
from portal.wording import amounts, cldr, refusals

REASON_LENGTH = 300


class AccessForm(IdempotentForm):
    """Asks for a tier, its limit, sites, an end and a reason.

    The fields `limit_<tier>` follow from the assignable tiers. A limit that is sent as `present_texts` show it keeps
    what is stored in `present`, also where the field cannot show all of it; they differ from the initial values where
    these were prepared.
    """

    tier = forms.ChoiceField(widget=forms.RadioSelect)
    where = forms.ChoiceField(widget=forms.RadioSelect)
    sites = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    until = forms.CharField(required=False, max_length=40)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)

    def __init__(
        self,
        *args: Any,
        options: AssignableOptions,
        zone: ZoneInfo,
        present: AccessSpec | None = None,
        present_texts: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.options, self.zone, self.present = options, zone, present
        self.present_texts = self.initial if present_texts is None else present_texts
        self.period = common_period(present)
        assignable = [(tier.key, tier.key) for tier in options.tiers if tier.assignable]
        self._choices("tier", assignable, _("Choose a tier."))
        self._choices("where", [("all", "all"), ("some", "some")], _("Choose all sites or some sites."))
        self._choices("sites", [(str(site.id), site.name) for site in options.sites], "")
        for tier in options.tiers:
            if tier.limited_entitlements:
                self.fields[limit_field(tier.key)] = forms.CharField(required=False, max_length=40)
        for field in self.fields.values():
            field.error_messages.setdefault("max_length", _("This is too long."))
        control_characters.refuse_control_characters(self)

    def _choices(self, name: str, choices: list[tuple[str, str]], missing: str) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
        invalid = _("This is not one of the choices. Choose again.")
        field.error_messages |= {"required": missing, "invalid_choice": invalid, "invalid_list": invalid}

    @property
    def access(self) -> AccessSpec:
        """Return the requested access of a valid form."""
        return AccessSpec(
            role=self.cleaned_data["tier"],
            all_sites=self.cleaned_data["where"] == "all",
            sites=frozenset(uuid.UUID(site) for site in self.cleaned_data["sites"]),
            limits=self.cleaned_data["limits"],
            until=self.cleaned_data["until"],
        )

    @property
    def command_arguments(self) -> dict[str, Any]:
        """Return the arguments of a command that assigns, from a valid form."""
        return {
            "access": self.access,
            "reason": self.cleaned_data["reason"],
            "idempotency_key": self.cleaned_data["idempotency_key"],
        }

    def clean_until(self) -> dt.datetime | None:
        """Return the end of the entered day in the organization's time zone. Raises ValidationError."""
        typed = self.cleaned_data["until"]
        if not typed:
            return None
        day = shell_forms.day(typed)
        end = self.present.until if self.present else None
        if end is not None and last_day(end, self.zone) == day:
            return end  # may be an instant within that day
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.zone)

    def clean(self) -> dict[str, Any]:
        """Add the limits of the chosen tier, and drop sites unless only some are chosen."""
        data = super().clean() or self.cleaned_data
        tier = self.options.tier(str(data.get("tier", "")))
        data["limits"] = self._limits(tier) if tier else {}
        if data.get("where") == "all":
            data["sites"] = []
        elif data.get("where") == "some" and not data.get("sites") and "sites" not in self.errors:
            self.add_error("sites", _("Choose at least one site."))
        return data

    def _limits(self, tier: TierOption) -> Mapping[str, AmountLimit]:
        if not tier.limited_entitlements:
            return {}
        name = limit_field(tier.key)
        typed = self.cleaned_data.get(name)
        if typed is None:  # refused already
            return {}
        kept = kept_limits(self.present, tier)
        if kept and typed.strip() == str(self.present_texts.get(name, "")).strip():
            return kept
        try:
            amount = amounts.parse(typed, currency=tier.currency, period=self.period)
        except (amounts.Unclear, amounts.OtherUnit) as error:
            self.add_error(name, limit_texts.error(typed, error, currency=tier.currency))
            return {}
        self._check_limit(name, amount, tier)
        return {key: AmountLimit(amount, tier.currency, self.period) for key in tier.limited_entitlements}

    def _check_limit(self, name: str, amount: Decimal, tier: TierOption) -> None:
        if amount == 0:
            zero = InvalidAccess(field="limit", problem="zero")
            self.add_error(name, refusals.sentence_for(zero).text)
        if tier.max_amount is not None and amount > tier.max_amount:
            most = cldr.money(tier.max_amount, tier.currency)
            self.add_error(name, _("The limit must be %(amount)s or less.") % {"amount": most})

    def with_initial(self) -> Self:
        """Return a bound form with the initial values, for a preview of an unchanged form."""
        if self.is_bound:
            return self
        return type(self)(
            dict(self.initial),
            options=self.options,
            zone=self.zone,
            present=self.present,
            present_texts=self.present_texts,
            initial=self.initial,
        )

    def preview_errors(self) -> list[str]:
        """Return the errors that prevent a preview, which needs no recipient, reason or idempotency key.

        A refusal of the command that concerns no field prevents none: the preview says what it is about.
        """
        self.is_valid()
        return [
            str(error)
            for name, errors in self.errors.items()
            if name not in {NON_FIELD_ERRORS, "email", "name", "reason", "idempotency_key"}
            for error in errors
        ]

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        sentence = refusals.sentence_for(error)
        field = {"role": "tier", "limit": limit_field(str(self.data.get("tier", "")))}.get(
            sentence.field, sentence.field
        )
        if isinstance(error, LastAdmin | AccessChanged):
            self.add_error(None, sentence.text)
        elif field in self.fields:
            self.add_error(field, sentence.text)
        else:
            raise error


def limit_field(tier: str) -> str:
    """Return the name of the field for a tier's limit."""
    return f"limit_{tier}"


def kept_limits(present: AccessSpec | None, tier: TierOption) -> Mapping[str, AmountLimit]:
    """Return the stored limits of the present tier that its unchanged field keeps; empty for another tier.

    Stored limits that the tier no longer has, or that are missing for what it has now, are not kept.
    """
    if present is None or present.role != tier.key or present.limits.keys() != set(tier.limited_entitlements):
        return {}
    return present.limits


def common_limit(present: AccessSpec | None) -> AmountLimit | None:
    """Return the limit that one field can show: every entitlement has it, and it has an amount."""
    limits = set(present.limits.values()) if present else set()
    limit = next(iter(limits)) if len(limits) == 1 else None
    return limit if limit and limit.amount is not None else None


def common_period(present: AccessSpec | None) -> str:
    """Return the period that an entered limit counts over: that of all present limits, else one order."""
    periods = {limit.period for limit in present.limits.values()} if present else set()
    return next(iter(periods)) if len(periods) == 1 else "order"


def last_day(end: dt.datetime, zone: ZoneInfo) -> dt.date:
    """Return the last day before this exclusive end."""
    return (end - dt.timedelta(microseconds=1)).astimezone(zone).date()
