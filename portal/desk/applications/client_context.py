"""The pages of clients register an application, add and change a client, and show a new secret once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.urls import reverse

from delegation.applications.queries import ApplicationView, ClientView
from portal.desk.applications import context, wording
from portal.desk.applications.client_forms import (
    CONFIDENTIAL,
    OVERLAPS,
    PUBLIC,
    ApplicationForm,
    ChangeForm,
    ClientForm,
    RotateForm,
)
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader


@dataclass(frozen=True, kw_only=True)
class RegisterPage(PageModel):
    """Asks for a new application and its first client."""

    template: ClassVar[str] = "desk/applications/register.html"

    back_url: str
    form: ApplicationForm
    is_public: bool
    has_secret: bool


@dataclass(frozen=True, kw_only=True)
class AddClientPage(PageModel):
    """Asks for a further client of an application."""

    template: ClassVar[str] = "desk/applications/add_client.html"

    application: str
    back_url: str
    form: ClientForm
    is_public: bool
    has_secret: bool


@dataclass(frozen=True, kw_only=True)
class ClientPage(PageModel):
    """Changes a client; `secret_url` is empty for a public one."""

    template: ClassVar[str] = "desk/applications/client.html"

    name: str
    client_id: str
    application: str
    back_url: str
    secret_url: str
    secret_made: str
    former_until: str
    """Until when the replaced secret is accepted; empty where none is."""
    form: ChangeForm


@dataclass(frozen=True, slots=True)
class OverlapChoice:
    """Describes for how long the present secret still works, for `kh.choice`."""

    value: str
    label: str
    checked: bool


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


def register_page(form: ApplicationForm) -> RegisterPage:
    """Return the form."""
    return RegisterPage(
        back_url=reverse("staff_applications"),
        form=form,
        is_public=form["kind"].value() == PUBLIC,
        has_secret=form["kind"].value() == CONFIDENTIAL,
    )


def add_page(view: ApplicationView, form: ClientForm) -> AddClientPage:
    """Return the form."""
    return AddClientPage(
        application=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        form=form,
        is_public=form["kind"].value() == PUBLIC,
        has_secret=form["kind"].value() == CONFIDENTIAL,
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
        secret_url=reverse("staff_client_secret", args=[view.key, client.id]) if client.confidential else "",
        secret_made=wording.in_utc(client.secret_made_at),
        former_until=former_until(reader, client),
        form=form,
    )


def former_until(reader: StaffReader, client: ClientView) -> str:
    """Return until when the replaced secret is accepted; empty where none is."""
    until = client.former_secret_until
    return wording.in_utc(until) if until is not None and until > reader.at else ""


def rotate_page(
    reader: StaffReader, view: ApplicationView, client: ClientView, form: RotateForm
) -> RotatePage:
    """Return the page that asks before a new secret is made."""
    chosen = form["overlap"].value()
    return RotatePage(
        name=client.name,
        back_url=reverse("staff_client", args=[view.key, client.id]),
        secret_made=wording.in_utc(client.secret_made_at),
        former_until=former_until(reader, client),
        form=form,
        overlaps=[OverlapChoice(key, text(), key == chosen) for key, (_hours, text) in OVERLAPS.items()],
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
