"""The pages of programs show which the reader owns or oversees, and create, renew and end one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization import service_scopes
from delegation.authorization.verbs import Verb
from delegation.service_users import queries
from delegation.service_users.queries import ServiceUserView
from portal.desk.programs import wording
from portal.oidc import metadata
from portal.shell import programs as shown_programs
from portal.shell import secret_rotation
from portal.shell.page_model import PageModel
from portal.shell.program_forms import EndProgramForm, NewSecretForm, ProgramForm
from portal.shell.programs import ProgramCreation, ProgramEnding, ProgramRow, SecretRotation, ShownSecret
from portal.signin.staff.reader import StaffReader
from portal.wording import time_zones

DAYS = ("30", "90", "180")
"""For how many days a program lasts."""


@dataclass(frozen=True, kw_only=True)
class ProgramsPage(PageModel):
    """Lists the reader's programs, or those of all staff."""

    template: ClassVar[str] = "desk/programs/list.html"

    create_url: str
    of_all: bool
    rows: Sequence[ProgramRow]


@dataclass(frozen=True, kw_only=True)
class CreateProgramPage(ProgramCreation):
    """Asks what a new program of the reader may do."""

    template: ClassVar[str] = "desk/programs/create.html"


@dataclass(frozen=True, kw_only=True)
class ProgramSecretPage(ShownSecret):
    """Shows the secret of a program of the reader, once."""

    template: ClassVar[str] = "desk/programs/made.html"


@dataclass(frozen=True, kw_only=True)
class NewSecretPage(SecretRotation):
    """Shows what a new secret changes, before it is made."""

    template: ClassVar[str] = "desk/programs/secret.html"


@dataclass(frozen=True, kw_only=True)
class EndProgramPage(ProgramEnding):
    """Asks why this program of the staff ends."""

    template: ClassVar[str] = "desk/programs/end.html"


def oversees(reader: StaffReader) -> bool:
    """Return whether the reader's rights are for the whole supplier, and of a role that sees all programs."""
    roles = {Verb.STAFF_SERVICE_END.value, Verb.STAFF_RIGHT_VIEW.value}
    return any(one.is_for_all and not roles.isdisjoint(one.verbs) for one in reader.own)


def may_end_all(reader: StaffReader) -> bool:
    """Return whether the reader's rights let them end a program that another owns."""
    return any(one.is_for_all and Verb.STAFF_SERVICE_END.value in one.verbs for one in reader.own)


def programs(reader: StaffReader) -> list[ServiceUserView]:
    """Read the programs that the reader sees, those in force first. Two statements."""
    return queries.of_staff(at=reader.at, owner=None if oversees(reader) else reader.actor.id)


def scopes_of(reader: StaffReader) -> Mapping[str, str]:
    """Return the scopes of which the reader's rights allow everything, with their labels."""
    held = {verb for one in reader.own for verb in one.verbs}
    allowed = [scope for scope in service_scopes.STAFF_VERBS if service_scopes.verbs_of([scope]) <= held]
    return {scope: wording.SCOPES[scope]() for scope in allowed}


def list_page(reader: StaffReader) -> ProgramsPage:
    """Return the list. Two statements."""
    may_create = Verb.STAFF_SERVICE_CREATE in reader.verbs
    return ProgramsPage(
        create_url=reverse("staff_program_create") if may_create else "",
        of_all=oversees(reader),
        rows=[row_of(reader, view) for view in programs(reader)],
    )


def row_of(reader: StaffReader, view: ServiceUserView) -> ProgramRow:
    """Return what the reader sees of a program, and can do to it."""
    is_ended = view.valid_until <= reader.at
    is_own = view.owner == reader.actor.id and Verb.STAFF_SERVICE_CREATE in reader.verbs
    may_end = not is_ended and (is_own or may_end_all(reader))
    return ProgramRow(
        id=str(view.id),
        name=view.name,
        owner=view.owner_name,
        scopes=[wording.SCOPES[scope]() for scope in view.scopes],
        end=_end_of(view, is_ended=is_ended),
        is_ended=is_ended,
        secret_url=reverse("staff_program_secret", args=[view.id]) if is_own and not is_ended else "",
        end_url=reverse("staff_program_end", args=[view.id]) if may_end else "",
    )


def _end_of(view: ServiceUserView, *, is_ended: bool) -> str:
    moment = time_zones.date_time(view.valid_until, None)
    if is_ended or view.in_force:
        return moment
    return _("Stopped: the owner has left, or has not signed in for 45 days")


def create_page(form: ProgramForm, scopes: Mapping[str, str]) -> CreateProgramPage:
    """Return the form."""
    return CreateProgramPage(
        back_url=reverse("staff_programs"), form=form, scopes=shown_programs.scope_choices(form, scopes)
    )


def made_page(*, name: str, client: str, secret: str) -> ProgramSecretPage:
    """Return the page of a new program or a new secret."""
    return ProgramSecretPage(
        name=name,
        back_url=reverse("staff_programs"),
        client_id=client,
        secret=secret,
        token_url=f"{settings.ISSUER}{metadata.TOKEN}",
        secret_url=reverse("staff_program_secret", args=[client]),
    )


def secret_page(row: ProgramRow, form: NewSecretForm) -> NewSecretPage:
    """Return the page that asks before a new secret is made."""
    return NewSecretPage(
        back_url=reverse("staff_programs"), row=row, form=form, overlaps=secret_rotation.choices(form)
    )


def end_page(row: ProgramRow, form: EndProgramForm) -> EndProgramPage:
    """Return the page that asks why."""
    return EndProgramPage(back_url=reverse("staff_programs"), row=row, form=form)
