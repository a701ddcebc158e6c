"""One form asks what a business unit offers a customer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _

from delegation.authorization.values import AmountLimit
from delegation.catalogue.defaults import CeilingTemplateSpec, EntitlementSpec
from portal.shell.forms import IdempotentForm
from portal.wording import amounts, cldr, input_problems

CURRENCY = "EUR"
_LIMIT = "limit_"
_DIGEST_LENGTH = 64


class CeilingForm(IdempotentForm):
    """Asks which entitlements are offered, each with its highest limit where it takes an amount."""

    offered = forms.MultipleChoiceField(required=False)
    unlimited = forms.MultipleChoiceField(required=False)
    seen = forms.CharField(required=False, max_length=_DIGEST_LENGTH, widget=forms.HiddenInput)

    def __init__(self, *args: Any, entitlements: Sequence[EntitlementSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entitlements = entitlements
        choices = [(spec.key, spec.key) for spec in entitlements]
        unknown = input_problems.text_of("unknown", longest="")
        self.set_choices("offered", choices, unknown)
        self.set_choices("unlimited", choices, unknown)
        for spec in entitlements:
            if spec.takes_amount:
                field = forms.CharField(required=False, max_length=40)
                field.error_messages["max_length"] = _("This is too long.")
                self.fields[f"{_LIMIT}{spec.key}"] = field

    def limit_field(self, spec: EntitlementSpec) -> BoundField | None:
        """Return the field of the limit; None for an entitlement without an amount."""
        return self[f"{_LIMIT}{spec.key}"] if spec.takes_amount else None

    def clean(self) -> dict[str, Any]:
        """Read the limits of what is offered; those of other entitlements do not count."""
        data = super().clean() or self.cleaned_data
        self.limits: dict[str, AmountLimit] = {}
        for spec in self.entitlements:
            if spec.key in data.get("offered", ()):
                self._read(spec, data)
        return data

    def _read(self, spec: EntitlementSpec, data: Mapping[str, Any]) -> None:
        if not spec.takes_amount:
            self.limits[spec.key] = AmountLimit(None, "")
            return
        name, unlimited = f"{_LIMIT}{spec.key}", spec.key in data.get("unlimited", ())
        if name in self.errors:
            return
        text = data.get(name, "").strip()
        if unlimited and text:
            self.add_error(name, _("Enter a limit, or choose no limit."))
            return
        try:
            self.limits[spec.key] = AmountLimit(None if unlimited else _amount(text), CURRENCY)
        except ValidationError as error:
            self.add_error(name, error)


def _amount(text: str) -> Decimal:
    """Read a limit. Raises ValidationError."""
    try:
        amount = amounts.parse(text, currency=CURRENCY)
    except (amounts.Unclear, amounts.OtherUnit):
        amount = Decimal(0)
    if amount <= 0:
        raise ValidationError(_("Enter an amount such as %(example)s.") % {"example": cldr.number(5000)})
    return amount


def initial_of(offer: Mapping[str, AmountLimit], entitlements: Sequence[EntitlementSpec]) -> dict[str, Any]:
    """Return the values of the form for this offer."""
    takes_amount = {spec.key for spec in entitlements if spec.takes_amount}
    limits = {key: limit.amount for key, limit in offer.items() if key in takes_amount}
    return {
        "offered": list(offer),
        "unlimited": [key for key, amount in limits.items() if amount is None],
        **{f"{_LIMIT}{key}": amounts.typed(amount) for key, amount in limits.items() if amount is not None},
    }


def of_template(template: CeilingTemplateSpec) -> dict[str, AmountLimit]:
    """Return the offer of a template."""
    return {key: AmountLimit(amount, CURRENCY) for key, amount in template.offer.items()}
