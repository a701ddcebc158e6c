"""The pages of clients register an application, add and change a client, and show a new secret once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.applications.queries import ApplicationView, ClientView
from portal.desk.applications import context, wording
from portal.desk.applications.client_forms import (
    KEYS,
    NATIVE,
    PUBLIC,
    SECRET,
    ApplicationForm,
    ChangeForm,
    ClientForm,
)
from portal.shell import secret_rotation
from portal.shell.page_model import PageModel
from portal.shell.secret_rotation import OverlapChoice, RotateForm
from portal.signin.staff.reader import StaffReader


@dataclass(frozen=True, slots=True)
class KindChoice:
    """Describes a kind of client, for `kh.choice`."""

    value: str
    label: str
    sentence: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class RegisterPage(PageModel):
    """Asks for a new application and its first client."""

    template: ClassVar[str] = "desk/applications/register.html"

    back_url: str
    form: ApplicationForm
    kinds: Sequence[KindChoice]


@dataclass(frozen=True, kw_only=True)
class AddClientPage(PageModel):
    """Asks for a further client of an application."""

    template: ClassVar[str] = "desk/applications/add_client.html"

    application: str
    back_url: str
    form: ClientForm
    kinds: Sequence[KindChoice]


@dataclass(frozen=True, kw_only=True)
class ClientPage(PageModel):
    """Changes a client; `secret_url` is empty for a public one."""

    template: ClassVar[str] = "desk/applications/client.html"

    name: str
    client_id: str
    application: str
    back_url: str
    secret_url: str
    authentication: str
    """How a client without a secret authenticates."""
    secret_made: str
    former_until: str
    """Until when the replaced secret is accepted; empty where none is."""
    is_confidential: bool
    form: ChangeForm
    secret_until: str = ""
    """When the present secret ends; empty for never."""
    former_owner: str = ""
    """The owner's name, where another one must be chosen."""


@dataclass(frozen=True, kw_only=True)
class RotatePage(PageModel):
    """Shows what a new secret changes, before it is made."""

    template: ClassVar[str] = "desk/applications/rotate.html"

    name: str
    back_url: str
    secret_made: str
    former_until: str
    form: RotateForm
    overlaps: Sequence[OverlapChoice]


@dataclass(frozen=True, kw_only=True)
class SecretPage(PageModel):
    """Shows what a service is configured with; the secret once, in the answer to the request that made it."""

    template: ClassVar[str] = "desk/applications/secret.html"

    name: str
    client_id: str
    is_public: bool
    secret: str
    """Empty for a public client, and in a repeated answer."""
    issuer: str
    application: str
    application_url: str
    rotate_url: str
    connect_url: str
    """Empty where the application has a connected system, or for a reader who connects none."""


def kind_choices(chosen: str) -> list[KindChoice]:
    """Return the kinds of a new client with the chosen one."""
    texts = {
        SECRET: (_("With a secret"), _("A service on a server, which can keep a secret.")),
        KEYS: (
            _("With keys of its own"),
            _("A service on a server, which signs its requests. No secret is sent."),
        ),
        PUBLIC: (
            _("In a browser, without a secret"),
            _("It must use PKCE and https addresses. Its own website may call the token endpoint."),
        ),
        NATIVE: (
            _("On a person’s device, without a secret"),
            _("It must use PKCE. Addresses such as %(loopback)s (any port) and %(private)s are accepted.")
            % {"loopback": "http://127.0.0.1/callback", "private": "com.example.app:/callback"},
        ),
    }
    return [KindChoice(kind, label, text, kind == chosen) for kind, (label, text) in texts.items()]


def register_page(form: ApplicationForm) -> RegisterPage:
    """Return the form."""
    return RegisterPage(
        back_url=reverse("staff_applications"),
        form=form,
        kinds=kind_choices(str(form["kind"].value())),
    )


def add_page(view: ApplicationView, form: ClientForm) -> AddClientPage:
    """Return the form."""
    return AddClientPage(
        application=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        form=form,
        kinds=kind_choices(str(form["kind"].value())),
    )


def client_page(
    reader: StaffReader, view: ApplicationView, client: ClientView, form: ChangeForm
) -> ClientPage:
    """Return the page of one client."""
    return ClientPage(
        name=client.name,
        client_id=client.id,
        application=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        secret_url=reverse("staff_client_secret", args=[view.key, client.id]) if _has_secret(client) else "",
        authentication=authentication(client),
        secret_made=wording.in_utc(client.secret_made_at),
        former_until=former_until(reader, client),
        is_confidential=client.confidential,
        form=form,
        secret_until=wording.in_utc(client.secret_until),
        former_owner=client.owner_name if client.owner_has_left else "",
    )


def _has_secret(client: ClientView) -> bool:
    return client.confidential and not client.jwks_uri


def authentication(client: ClientView) -> str:
    """Return how the client authenticates, in words."""
    if client.jwks_uri:
        return _("with keys of its own")
    return _("with a secret") if client.confidential else _("public, without a secret")


def former_until(reader: StaffReader, client: ClientView) -> str:
    """Return until when the replaced secret is accepted; empty where none is."""
    until = client.former_secret_until
    return wording.in_utc(until) if until is not None and until > reader.at else ""


def rotate_page(
    reader: StaffReader, view: ApplicationView, client: ClientView, form: RotateForm
) -> RotatePage:
    """Return the page that asks before a new secret is made."""
    return RotatePage(
        name=client.name,
        back_url=reverse("staff_client", args=[view.key, client.id]),
        secret_made=wording.in_utc(client.secret_made_at),
        former_until=former_until(reader, client),
        form=form,
        overlaps=secret_rotation.choices(form),
    )


def secret_page(
    *, key: str, application: str, name: str, client: str, public: bool, secret: str, connect_url: str = ""
) -> SecretPage:
    """Return the page of a new client or a new secret."""
    return SecretPage(
        name=name,
        client_id=client,
        is_public=public,
        secret=secret,
        issuer=str(settings.ISSUER),
        application=application,
        application_url=reverse("staff_application", args=[key]),
        rotate_url=reverse("staff_client_secret", args=[key, client]),
        connect_url=connect_url,
    )
