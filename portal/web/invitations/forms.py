"""One form invites people, and by the other a newcomer accepts."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delegation.authorization.errors import InvalidInput
from delegation.invitations import recipients
from delegation.invitations.recipients import Recipient
from portal.http import control_characters
from portal.shell import forms as shell_forms
from portal.signin.customers import invitations
from portal.web.access.forms import AccessForm
from portal.web.invitations import pasted_addresses
from portal.wording import cldr, dates, refusals

_TEXT_LENGTH = 20_000
"""Characters: an address and a name of usual length for each of `recipients.MAX_RECIPIENTS`, twice."""
_SHOWN = 60
"""Characters of a part that is no address or no name."""
_PASSWORD_LENGTH = 1000


class InvitationForm(AccessForm):
    """Asks for the invited people, pasted from anywhere, and the access and the language of each of them."""

    field_order = ("email",)
    email = forms.CharField(max_length=_TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3}))
    language = forms.ChoiceField(required=False, choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pasted: list[Recipient] = []
        self.fields["email"].error_messages |= {
            "required": _("Enter an e-mail address."),
            "max_length": _too_many(),
        }
        invalid = _("This is not one of the choices. Choose again.")
        self.fields["language"].error_messages["invalid_choice"] = invalid

    @property
    def people(self) -> list[Recipient]:
        """Return the people to invite: not those that the sender has seen to be left out, unless these are all."""
        left_out = set(self.data.getlist("left_out")) if isinstance(self.data, QueryDict) else set()
        return [person for person in self.pasted if person.email not in left_out] or self.pasted

    def clean_email(self) -> list[Recipient]:
        """Return each person once. Raises ValidationError with the parts that name no address."""
        found = pasted_addresses.people_in(self.cleaned_data["email"])
        if found.wrong_addresses:
            raise ValidationError(_wrong_addresses(found.wrong_addresses))
        if found.wrong_names:
            raise ValidationError(_wrong_name(*next(iter(found.wrong_names.items()))))
        if len(found.people) > recipients.MAX_RECIPIENTS:
            raise ValidationError(_too_many())
        if not found.people:
            raise ValidationError(_("Enter an e-mail address."))
        self.pasted = list(found.people.values())
        return self.pasted

    def clean_language(self) -> str:
        """Return the chosen language, else the organization's."""
        return str(self.cleaned_data["language"] or self.initial["language"])

    def drop_missing_address(self) -> None:
        """Forget that the address is missing: a preview needs none."""
        if self.has_error("email", "required"):
            del self.errors["email"]


def _too_many() -> str:
    most = cldr.number(recipients.MAX_RECIPIENTS)
    return _("Invite at most %(number)s people at a time.") % {"number": most}


def _wrong_name(name: str, refusal: InvalidInput) -> str:
    text = _("“%(name)s” is not a name. %(problem)s")
    return text % {"name": _cut(name), "problem": refusals.sentence_for(refusal).text}


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _wrong_addresses(texts: Sequence[str]) -> str:
    shown = [_cut(text) for text in texts]
    text = ngettext(
        "%(texts)s is not an e-mail address. Enter it like name@company.com.",
        "%(texts)s are not e-mail addresses. Enter them like name@company.com.",
        len(texts),
    )
    return text % {"texts": dates.name_list([f"“{one}”" for one in shown], most=5)}


class NewcomerForm(control_characters.Form):
    """Asks a person without a user for name and password; the invitation holds everything else."""

    name = forms.CharField(
        max_length=shell_forms.NAME_LENGTH, error_messages={"required": gettext_lazy("Enter your name.")}
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput,
        validators=[MaxLengthValidator(_PASSWORD_LENGTH, gettext_lazy("This is too long."))],
        error_messages={"required": gettext_lazy("Enter a new password.")},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return shell_forms.checked_name(self.cleaned_data["name"], missing=_("Enter your name."))

    def clean(self) -> dict[str, Any]:
        """Validate the password against name and address; an error stands at its field."""
        password = self.cleaned_data.get("password")
        if password:
            try:
                invitations.validate_password(
                    password=password, email=self.email, name=self.cleaned_data.get("name", "")
                )
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data
