"""Programs that call the REST API are shown, created, renewed and ended alike on pages of customers and of staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from portal.shell import page_model
from portal.shell.page_model import PageModel
from portal.shell.program_forms import EndProgramForm, NewSecretForm, ProgramForm
from portal.shell.secret_rotation import OverlapChoice


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """Describes a program; a url is empty where the reader cannot do that."""

    id: str
    name: str
    owner: str
    """Empty where the reader may not see the owner."""
    scopes: Sequence[str]
    end: str
    is_ended: bool
    secret_url: str
    end_url: str
    last_used: str = ""
    """Empty where the page does not say it."""
    credential: str = ""
    """How it signs in besides by its secret: by the replaced one until an instant, or by keys; else empty."""
    has_keys: bool = False
    old_secret_url: str = ""


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """Describes a scope that the reader's rights allow."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class ProgramCreation(PageModel):
    """Asks what a new program may do."""

    back_url: str
    form: ProgramForm
    scopes: Sequence[ScopeChoice]


@dataclass(frozen=True, kw_only=True)
class ShownSecret(PageModel):
    """Shows the client id, and the secret once, in the answer to the request that made it."""

    name: str
    back_url: str
    client_id: str
    secret: str
    """Empty in a repeated answer."""
    token_url: str
    api_url: str = ""
    """Empty on pages of the staff: the API has their addresses below several."""
    secret_url: str


@dataclass(frozen=True, kw_only=True)
class SecretRotation(PageModel):
    """Shows what a new secret changes, before it is made."""

    back_url: str
    row: ProgramRow
    form: NewSecretForm
    overlaps: Sequence[OverlapChoice]


@dataclass(frozen=True, kw_only=True)
class ProgramEnding(PageModel):
    """Asks why this program ends."""

    back_url: str
    row: ProgramRow
    form: EndProgramForm


def scope_choices(form: ProgramForm, scopes: Mapping[str, str]) -> Sequence[ScopeChoice]:
    """Return the scopes of the form with those that were chosen."""
    chosen = set(form["scopes"].value() or ())
    return [ScopeChoice(scope, label, scope in chosen) for scope, label in scopes.items()]


def render_secret(request: HttpRequest, model: ShownSecret) -> HttpResponse:
    """Answer the request that made the secret: no address, session or cache holds it, and a repetition shows none."""
    response = page_model.render(request, model)
    response["Cache-Control"] = "no-store"
    return response
