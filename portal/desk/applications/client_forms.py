"""Forms register an application, add and change its clients, and rotate a secret."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.applications import new_client
from delegation.applications.new_client import NewClient
from delegation.applications.queries import ClientView
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput
from portal.shell.forms import IdempotentForm
from portal.wording import refusals

SECRET, KEYS, PUBLIC, NATIVE = "confidential", "keys", "public", "native"
"""The kinds of a new client, by the value that the form sends."""
_KINDS = (SECRET, KEYS, PUBLIC, NATIVE)
_ADDRESS, _ADDRESSES = 200, 5000
_KEY = rf"\A(?:{input_cleaning.KEY.pattern})\Z"
_FIELDS = {
    "client": "client_id",
    "redirect_uri": "redirect_uris",
    "post_logout_redirect_uri": "post_logout_redirect_uris",
}
_ALGORITHMS = ("RS256", "ES256")
"""Fields of refusals that have another name in the form."""


def _lines() -> forms.CharField:
    return forms.CharField(max_length=_ADDRESSES, widget=forms.Textarea(attrs={"rows": 2}))


class SettingsForm(IdempotentForm):
    """Asks for what can be changed of a client."""

    name = forms.CharField(max_length=100)
    owner = forms.ChoiceField(required=False)
    redirect_uris = _lines()
    post_logout_redirect_uris = _lines()
    backchannel_logout_uri = forms.CharField(required=False, max_length=_ADDRESS)
    initiate_login_uri = forms.CharField(required=False, max_length=_ADDRESS)
    jwks_uri = forms.CharField(required=False, max_length=_ADDRESS)
    requires_pkce = forms.BooleanField(required=False, initial=True)
    requires_par = forms.BooleanField(required=False)
    device = forms.BooleanField(required=False)
    program = forms.BooleanField(required=False)
    resources = _lines()
    token_algorithm = forms.ChoiceField(
        required=False, initial=_ALGORITHMS[0], choices=[(name, name) for name in _ALGORITHMS]
    )

    def __init__(self, *args: Any, owners: Mapping[uuid.UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("redirect_uris", "post_logout_redirect_uris", "resources"):
            self.fields[name].required = False
        owner = self.fields["owner"]
        if isinstance(owner, forms.ChoiceField):
            owner.choices = [("", _("No owner")), *((str(key), name) for key, name in owners.items())]
        for field in self.fields.values():
            field.error_messages |= {"required": _("Fill this in."), "max_length": _("This is too long.")}

    def clean_redirect_uris(self) -> list[str]:
        """Return the addresses, one for each line."""
        return _split(self.cleaned_data["redirect_uris"])

    def clean_owner(self) -> uuid.UUID | None:
        """Return the member of the staff who answers for the client."""
        return uuid.UUID(self.cleaned_data["owner"]) if self.cleaned_data["owner"] else None

    def clean_resources(self) -> list[str]:
        """Return the resource indicators, one for each line."""
        return _split(self.cleaned_data["resources"])

    def clean_token_algorithm(self) -> str:
        """Return the algorithm; the first one where the form names none."""
        return self.cleaned_data["token_algorithm"] or _ALGORITHMS[0]

    def clean(self) -> dict[str, Any]:
        """Require an address to return to, unless people sign in on another device or not at all."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "redirect_uris" in data and not (
            data["redirect_uris"] or data.get("device") or data.get("program")
        ):
            self.add_error("redirect_uris", ValidationError(_("Fill this in."), code="required"))
        return data

    def clean_post_logout_redirect_uris(self) -> list[str]:
        """Return the addresses, one for each line."""
        return _split(self.cleaned_data["post_logout_redirect_uris"])

    def settings(self) -> dict[str, Any]:
        """Return what the form says of the client's settings, as commands take it."""
        names = (*SettingsForm.base_fields.keys() - {"idempotency_key"},)
        return {name: self.cleaned_data[name] for name in names}

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        if not isinstance(error, (InvalidInput, AlreadyExists)):
            raise error
        sentence = refusals.sentence_for(error)
        field = _FIELDS.get(sentence.field, sentence.field)
        if field not in self.fields:
            raise error
        self.add_error(field, sentence.text)


class ChangeForm(SettingsForm):
    """Changes a client, or closes it."""

    is_active = forms.BooleanField(required=False)

    def __init__(
        self, *args: Any, client: ClientView, owners: Mapping[uuid.UUID, str], **kwargs: Any
    ) -> None:
        present = {client.owner: client.owner_name} if client.owner else {}
        super().__init__(*args, initial=_initial(client), owners={**owners, **present}, **kwargs)
        self._client = client

    def clean_requires_pkce(self) -> bool:
        """Refuse a public client without PKCE. Raises ValidationError."""
        return _checked_pkce(self, public=not self._client.confidential)

    def settings(self) -> dict[str, Any]:
        """Return what the form says, as commands take it."""
        return {**super().settings(), "is_active": self.cleaned_data["is_active"]}


class ClientForm(SettingsForm):
    """Asks for a new client."""

    field_order = ("client_id", "kind")
    client_id = forms.RegexField(_KEY, max_length=40)
    kind = forms.ChoiceField(
        widget=forms.RadioSelect,
        initial=SECRET,
        choices=[(kind, kind) for kind in _KINDS],
    )
    subject_per_organization = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client_id"].error_messages["invalid"] = _key_rule()

    def clean_requires_pkce(self) -> bool:
        """Refuse a public client without PKCE. Raises ValidationError."""
        public = self.cleaned_data.get("kind") in {PUBLIC, NATIVE}
        return _checked_pkce(self, public=public)

    def clean(self) -> dict[str, Any]:
        """Require the address of the keys of a client that has keys, and of no other."""
        data = super().clean()
        if data.get("kind") == KEYS and not data.get("jwks_uri"):
            self.add_error("jwks_uri", ValidationError(_("Fill this in."), code="required"))
        if data.get("kind") != KEYS:
            data["jwks_uri"] = ""
        return data

    def client(self) -> NewClient:
        """Return the client of a valid form."""
        data = self.cleaned_data
        return NewClient(
            client_id=data["client_id"],
            public=data["kind"] in {PUBLIC, NATIVE},
            native=data["kind"] == NATIVE,
            subject_per_organization=data["subject_per_organization"],
            scopes=new_client.SIGN_IN_SCOPES,
            **self.settings(),
        )


class ApplicationForm(ClientForm):
    """Asks for a new application with its first client."""

    key = forms.RegexField(_KEY, max_length=40)
    unit = forms.ChoiceField()

    def __init__(self, *args: Any, units: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, _language in settings.LANGUAGES:
            field = forms.CharField(max_length=input_cleaning.NAME)
            field.error_messages["required"] = _("Fill this in.")
            self.fields[f"title_{code}"] = field
        unit = self.fields["unit"]
        if isinstance(unit, forms.ChoiceField):
            unit.choices = list(units.items())
        self.fields["key"].error_messages["invalid"] = _key_rule()

    def titles(self) -> dict[str, str]:
        """Return the application's name by language."""
        return {code: self.cleaned_data[f"title_{code}"] for code, _language in settings.LANGUAGES}

    @property
    def title_fields(self) -> Sequence[tuple[str, forms.BoundField]]:
        """Return the name of each language with its field."""
        return [(language, self[f"title_{code}"]) for code, language in settings.LANGUAGES]


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _initial(client: ClientView) -> dict[str, Any]:
    return {
        "name": client.name,
        "owner": str(client.owner or ""),
        "redirect_uris": "\n".join(client.redirect_uris),
        "post_logout_redirect_uris": "\n".join(client.post_logout_redirect_uris),
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "initiate_login_uri": client.initiate_login_uri,
        "requires_pkce": client.requires_pkce,
        "jwks_uri": client.jwks_uri,
        "requires_par": client.requires_par,
        "device": client.device,
        "program": client.program,
        "resources": "\n".join(client.resources),
        "token_algorithm": client.token_algorithm,
        "is_active": client.is_active,
    }


def _checked_pkce(form: forms.Form, *, public: bool) -> bool:
    requires_pkce = bool(form.cleaned_data["requires_pkce"])
    if public and not requires_pkce:
        raise ValidationError(_("A public client has no secret, so it must use PKCE."), code="public")
    return requires_pkce


def _key_rule() -> str:
    return _("Use up to 40 lower-case letters, digits, - and _.")
