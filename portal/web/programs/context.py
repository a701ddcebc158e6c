"""The pages of programs show those of the organization, and create, renew and end one."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.authorization import service_scopes
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.service_users import queries
from delegation.service_users.queries import ServiceUserView
from identity.service_users import queries as service_users_queries
from identity.service_users.queries import Credential
from portal.oidc import metadata
from portal.shell import programs, secret_rotation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.program_forms import EndProgramForm, NewSecretForm, ProgramForm
from portal.shell.programs import ProgramCreation, ProgramEnding, ProgramRow, SecretRotation, ShownSecret
from portal.web.programs import wording
from portal.web.programs.forms import OldSecretForm
from portal.wording import dates

DAYS = ("30", "90", "180", "365")
"""For how many days a program lasts."""


@dataclass(frozen=True, kw_only=True)
class OrganizationProgramsPage(PageModel):
    """Lists the organization's programs."""

    template: ClassVar[str] = "web/programs/list.html"

    create_url: str
    rows: Sequence[ProgramRow]


@dataclass(frozen=True, kw_only=True)
class ProgramCreationPage(ProgramCreation):
    """Asks what a new program of the reader may do in the organization."""

    template: ClassVar[str] = "web/programs/create.html"


@dataclass(frozen=True, kw_only=True)
class ShownSecretPage(ShownSecret):
    """Shows the secret of a program once, with the addresses that it is used at."""

    template: ClassVar[str] = "web/programs/made.html"

    openapi_url: str


@dataclass(frozen=True, kw_only=True)
class SecretRotationPage(SecretRotation):
    """Shows what a new secret changes, before it is made."""

    template: ClassVar[str] = "web/programs/secret.html"


@dataclass(frozen=True, kw_only=True)
class ProgramEndingPage(ProgramEnding):
    """Shows what the end of a program changes, and asks why it ends."""

    template: ClassVar[str] = "web/programs/end.html"


@dataclass(frozen=True, kw_only=True)
class OldSecretPage(PageModel):
    """Asks whether the replaced secret of a program ends now."""

    template: ClassVar[str] = "web/programs/old_secret.html"

    back_url: str
    row: ProgramRow
    form: OldSecretForm


@dataclass(frozen=True, slots=True)
class Program:
    """Holds a program as the reader sees it, with what the commands are asked about."""

    row: ProgramRow
    is_own: bool
    old_secret_until: dt.datetime | None
    """None where no replaced secret is accepted now."""


def list_page(page: PageContext) -> OrganizationProgramsPage:
    """Return the list, with programs in force first. Four statements."""
    may_create = Verb.SERVICE_USER_CREATE in page.abilities
    return OrganizationProgramsPage(
        create_url=page.url("program_create") if may_create else "",
        rows=[one.row for one in _programs(page).values()],
    )


def find(page: PageContext, program: uuid.UUID) -> Program:
    """Return a program of the organization. Four statements. Raises NotFound."""
    found = _programs(page).get(program)
    if found is None:
        raise NotFound
    return found


def _programs(page: PageContext) -> Mapping[uuid.UUID, Program]:
    views = queries.service_users(organization=page.organization_id, at=page.at, actor=page.viewer)
    credentials = service_users_queries.credentials(service_users=[view.id for view in views])
    return {view.id: _program(page, view, credentials[view.id]) for view in views}


def _program(page: PageContext, view: ServiceUserView, credential: Credential) -> Program:
    is_ended, is_own = view.valid_until <= page.at, page.is_own(view.owner)
    former = credential.former_until
    old_until = former if former and former > page.at and not is_ended else None
    urls = {
        "secret_url": ("program_secret", is_own and Verb.SERVICE_USER_ROTATE in page.abilities),
        "old_secret_url": ("program_old_secret", old_until and Verb.SERVICE_USER_ROTATE in page.abilities),
        "end_url": ("program_end", Verb.SERVICE_USER_END in page.abilities),
    }
    row = ProgramRow(
        id=str(view.id),
        name=view.name,
        owner=view.owner_name,
        scopes=[wording.SCOPES[scope]() for scope in view.scopes],
        end=_end_of(page, view, is_ended=is_ended),
        is_ended=is_ended,
        last_used=_last_used(page, credential) if view.in_force else "",
        credential=_credential(page, credential, old_until) if view.in_force else "",
        has_keys=credential.has_keys,
        **{
            name: page.url(route, program=view.id) if may and not is_ended else ""
            for name, (route, may) in urls.items()
        },
    )
    return Program(row, is_own, old_until)


def _end_of(page: PageContext, view: ServiceUserView, *, is_ended: bool) -> str:
    if is_ended or view.in_force:
        return _moment(page, view.valid_until)
    return _("Stopped: its owner’s access is blocked or has ended")


def _last_used(page: PageContext, credential: Credential) -> str:
    """Return when the program last signed in; tokens of earlier are deleted, so that no earlier instant is known."""
    if credential.token_at is None:
        return _("No sign-in in the last 2 hours")
    when = dates.Clock(page.at, page.zone).when(credential.token_at)
    return _("Last sign-in %(when)s") % {"when": when}


def _credential(page: PageContext, credential: Credential, old_until: dt.datetime | None) -> str:
    if credential.has_keys:
        return _("Signs in by keys of its own")
    if old_until is None:
        return ""
    return _("The old secret works until %(moment)s") % {"moment": _moment(page, old_until)}


def _moment(page: PageContext, at: dt.datetime) -> str:
    return dates.Clock(page.at, page.zone).date_time(at, seconds=False)


def scopes_of(page: PageContext) -> Mapping[str, str]:
    """Return the scopes of which the reader may do everything, with their labels."""
    held = {verb.value for verb in page.abilities}
    allowed = [scope for scope in service_scopes.VERBS if service_scopes.verbs_of([scope]) <= held]
    return {scope: wording.SCOPES[scope]() for scope in allowed}


def create_page(page: PageContext, form: ProgramForm, scopes: Mapping[str, str]) -> ProgramCreationPage:
    """Return the form."""
    return ProgramCreationPage(
        back_url=page.url("programs"), form=form, scopes=programs.scope_choices(form, scopes)
    )


def made_page(page: PageContext, *, name: str, program: uuid.UUID, secret: str) -> ShownSecretPage:
    """Return the page of a new program or a new secret."""
    return ShownSecretPage(
        name=name,
        back_url=page.url("programs"),
        client_id=str(program),
        secret=secret,
        token_url=f"{settings.ISSUER}{metadata.TOKEN}",
        api_url=f"{settings.ISSUER}/api/v1/organizations/{page.organization.key}/",
        openapi_url=f"{settings.ISSUER}/api/v1/openapi.json",
        secret_url=page.url("program_secret", program=program),
    )


def secret_page(page: PageContext, row: ProgramRow, form: NewSecretForm) -> SecretRotationPage:
    """Return the page that asks before a new secret is made."""
    return SecretRotationPage(
        back_url=page.url("programs"), row=row, form=form, overlaps=secret_rotation.choices(form)
    )


def end_page(page: PageContext, row: ProgramRow, form: EndProgramForm) -> ProgramEndingPage:
    """Return the page that says what ends, and asks why."""
    return ProgramEndingPage(back_url=page.url("programs"), row=row, form=form)


def old_secret_page(page: PageContext, row: ProgramRow, form: OldSecretForm) -> OldSecretPage:
    """Return the question."""
    return OldSecretPage(back_url=page.url("programs"), row=row, form=form)
