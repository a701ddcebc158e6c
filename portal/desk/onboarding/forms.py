"""One form onboards a customer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from audit.foundation import digests
from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from delegation.authorization.values import AmountLimit
from delegation.onboarding import queries
from delegation.onboarding.new_customer import FirstAdmin, NewCustomer
from delegation.onboarding.queries import OfferableService, OfferTemplate, Unit
from delegation.organizations import new_organization
from delegation.organizations.new_organization import NewOrganization
from portal.desk.onboarding import contact_fields, pasted_sites
from portal.desk.onboarding.contact_fields import ContactFields
from portal.shell.forms import IdempotentForm
from portal.wording import amounts, cldr, input_problems, refusals, supplier_texts

CURRENCY = "EUR"
_SITES_LENGTH = 40_000
_FIELDS = {
    "site": "sites", "external_id": "sites", "mail_domains": "domains", "email": "admin_email",
    "entitlement": "services",
}  # fmt: skip
"""Fields of refusals that have another name in the form."""


class OnboardForm(ContactFields, IdempotentForm):
    """Asks for the company, its first admins and what it is offered."""

    name = forms.CharField(max_length=input_cleaning.NAME)
    number = forms.CharField(max_length=new_organization.MAX_CUSTOMER_NUMBER)
    unit = forms.ChoiceField()
    register_id = forms.CharField(required=False, max_length=new_organization.MAX_REGISTER_ID)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    time_zone = forms.CharField(max_length=40)
    sites = forms.CharField(
        required=False, max_length=_SITES_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    domains = forms.CharField(required=False, max_length=2000)
    key = forms.CharField(required=False, max_length=40)
    admin_name = forms.CharField(max_length=input_cleaning.NAME)
    admin_email = forms.CharField(max_length=254)
    second_name = forms.CharField(required=False, max_length=input_cleaning.NAME)
    second_email = forms.CharField(required=False, max_length=254)
    admin_language = forms.ChoiceField(choices=settings.LANGUAGES)
    services = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    template = forms.ChoiceField(required=False)
    limit = forms.CharField(required=False, max_length=40)
    seen = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        units: Sequence[Unit],
        services: Sequence[OfferableService],
        templates: Sequence[OfferTemplate] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.units, self.offered, self.templates = units, services, templates
        names = [(one.key, supplier_texts.in_language(one.name)) for one in templates]
        self.set_choices("template", [("", _("By service")), *names], "")
        self.set_choices("unit", [(unit.key, unit.name) for unit in units], "")
        self.set_choices(
            "services", [(one.key, supplier_texts.in_language(one.name)) for one in services], ""
        )
        missing = {
            "name": _("Enter the company’s name."),
            "number": _("Enter the customer number."),
            "admin_name": _("Enter the admin’s name."),
            "admin_email": _("Enter an e-mail address."),
        }
        fill, long = input_problems.text_of("missing", longest=""), _("This is too long.")
        unknown = input_problems.text_of("unknown", longest="")
        for name, field in self.fields.items():
            fits = {"max_length": long, "invalid_choice": unknown}
            field.error_messages |= {**fits, "required": missing.get(name, fill)}

    @property
    def unit_of_customer(self) -> Unit:
        """Return the chosen business unit of a valid form."""
        return next(unit for unit in self.units if unit.key == self.cleaned_data["unit"])

    @property
    def digest(self) -> str:
        """Return what distinguishes the contents of a valid form: what is onboarded is what was shown."""
        parts = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"seen", "idempotency_key"}
        }
        return digests.digest(repr(sorted(parts.items())))

    @property
    def customer(self) -> NewCustomer:
        """Return the customer that a valid form describes."""
        data = self.cleaned_data
        return NewCustomer(
            organization=NewOrganization(
                key=data["key"],
                name=data["name"],
                register_id=data["register_id"],
                language=data["language"],
                time_zone=data["time_zone"],
                sites=data["sites"],
                numbers={data["unit"]: data["number"]},
                mail_domains=data["domains"],
            ),
            admins=self._admins(),
            offer=self.offer,
            contacts=contact_fields.contacts_of(data),
        )

    @property
    def chosen_template(self) -> OfferTemplate | None:
        """Return the chosen template; None where services are chosen one by one."""
        chosen = self.cleaned_data.get("template")
        return next((one for one in self.templates if one.key == chosen), None)

    @property
    def offer(self) -> Mapping[str, AmountLimit]:
        """Return what a valid form offers."""
        data = self.cleaned_data
        if self.chosen_template is not None:
            return self.chosen_template.offer
        return queries.offer_of(among=self.offered, chosen=data["services"], limit=data["limit"])

    def _admins(self) -> list[FirstAdmin]:
        data = self.cleaned_data
        return [
            FirstAdmin(data[f"{which}_email"], data[f"{which}_name"], data["admin_language"])
            for which in ("admin", "second")
            if data[f"{which}_email"]
        ]

    def clean_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return contact_fields.checked(input_cleaning.name, self.cleaned_data["name"])

    def clean_admin_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return contact_fields.checked(input_cleaning.name, self.cleaned_data["admin_name"])

    def clean_second_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return contact_fields.checked(
            lambda text: input_cleaning.name(text, required=False), self.cleaned_data["second_name"]
        )

    def clean_admin_email(self) -> str:
        """Return the one spelling of the address. Raises ValidationError."""
        return contact_fields.checked(input_cleaning.address, self.cleaned_data["admin_email"])

    def clean_second_email(self) -> str:
        """Return the one spelling of the address, or nothing. Raises ValidationError."""
        text = self.cleaned_data["second_email"]
        return contact_fields.checked(input_cleaning.address, text) if text else ""

    def clean_time_zone(self) -> str:
        """Accept a time zone of the IANA database. Raises ValidationError."""
        try:
            return input_cleaning.time_zone(self.cleaned_data["time_zone"])
        except DomainError as error:
            raise ValidationError(_("Enter a time zone such as Europe/Helsinki.")) from error

    def clean_key(self) -> str:
        """Accept a key, or nothing. Raises ValidationError."""
        text = self.cleaned_data["key"]
        try:
            return input_cleaning.key(text) if text else ""
        except DomainError as error:
            raise ValidationError(_("Use small letters a–z, digits, “-” and “_”.")) from error

    def clean_domains(self) -> list[str]:
        """Return the domains, which commas or spaces separate. Raises ValidationError."""
        words = self.cleaned_data["domains"].replace(",", " ").split()
        return sorted({contact_fields.checked(input_cleaning.mail_domain, word) for word in words})

    def clean_sites(self) -> list[tuple[str, str]]:
        """Return (name, external id) of each line. Raises ValidationError."""
        found = pasted_sites.sites(self.cleaned_data["sites"])
        try:
            return new_organization.cleaned_sites(found)
        except DomainError as error:
            names = [name for name, _external in found]
            twice = next((name for name in names if names.count(name) > 1), "")
            text = _("“%(name)s” is there twice.") % {"name": twice} if twice else ""
            raise ValidationError(text or refusals.sentence_for(error).text) from error

    def clean_limit(self) -> Decimal | None:
        """Return the amount, or nothing. Raises ValidationError."""
        text = self.cleaned_data["limit"].strip()
        if not text:
            return None
        try:
            amount = amounts.parse(text, currency=CURRENCY)
        except (amounts.Unclear, amounts.OtherUnit):
            amount = Decimal(0)
        if amount <= 0:
            raise ValidationError(_("Enter an amount such as %(example)s.") % {"example": cldr.number(5000)})
        return amount

    def clean(self) -> dict[str, Any]:
        """Propose the key, and ask for a limit where a chosen service needs one."""
        data = super().clean() or self.cleaned_data
        for field, text in contact_fields.problems(data).items():
            self.add_error(field, text)
        template = self.chosen_template
        if template is not None and template.units and data.get("unit") not in template.units:
            self.add_error("template", _("This business unit does not use this template."))
        chosen = [] if template else [one for one in self.offered if one.key in data.get("services", ())]
        if (
            data.get("limit") is None
            and "limit" not in self.errors
            and any(one.takes_amount for one in chosen)
        ):
            self.add_error("limit", _("Enter the highest limit for one order."))
        if data.get("second_name") and not data.get("second_email") and "second_email" not in self.errors:
            self.add_error("second_email", _("Enter an e-mail address."))
        if data.get("name") and not data.get("key") and "key" not in self.errors:
            data["key"] = queries.free_key(name=data["name"])
        return data

    def show_key(self) -> None:
        """Show the proposed key in its field, so that the next request is about the same one."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["key"] = self.cleaned_data["key"]
        self.data = data

    def add_refusal(self, refusal: DomainError) -> None:
        """Show the sentence of a refusal at its field."""
        sentence = refusals.sentence_for(refusal)
        field = _FIELDS.get(sentence.field, sentence.field)
        self.add_error(field if field in self.fields else None, sentence.text)
