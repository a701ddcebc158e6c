"""Staff fill the person's own forms, with what the person may do; nothing is sent."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.forms import Form, MultipleChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.foundation.actor import Actor, ActorKind, Channel
from delegation.access import assignable
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.looking_along import queries
from identity.looks.looked_pages import ShownPage
from identity.looks.queries import OpenLook
from identity.organizations import queries as organizations_queries
from portal.shell import masking
from portal.shell.components import Link
from portal.shell.page_model import PageModel
from portal.web.access import choices, initial_values
from portal.web.access.choices import AccessChoices
from portal.web.access.forms import AccessForm
from portal.web.invitations.forms import InvitationForm
from portal.web.people.forms import RemovalForm
from portal.wording import time_zones

INVITE, ACCESS, REMOVAL = "invite", "access", "removal"
_VERBS: Mapping[str, Verb] = {
    INVITE: Verb.MEMBER_INVITE,
    ACCESS: Verb.ACCESS_CHANGE,
    REMOVAL: Verb.MEMBER_REMOVE,
}
_TITLES: Mapping[str, Callable[[], str]] = {
    INVITE: lambda: _("Prepare an invitation"),
    ACCESS: lambda: _("Prepare a change of access"),
    REMOVAL: lambda: _("Prepare a removal"),
}


@dataclass(frozen=True, slots=True)
class PreparedInput:
    """Holds a form of the person's that a staff member fills, and the colleague that it is about."""

    kind: str
    form: Form
    about: uuid.UUID | None
    colleague: str
    """The name, shortened where the person hides last names; empty for an invitation."""

    def is_valid(self) -> bool:
        """Return whether the person could send it as it is."""
        return self.form.is_valid()

    @property
    def content(self) -> dict[str, Any]:
        """Return the fields as typed, but for empty ones, which begin for the person as they always do."""
        data, names = self.form.data, set(self.form.fields) - {"idempotency_key"}
        typed = {
            name: data.getlist(name) if self._takes_several(name) else data.get(name)  # type: ignore[attr-defined]
            for name in sorted(names)
        }
        return {name: value for name, value in typed.items() if value}

    @property
    def idempotency_key(self) -> str:
        """Return the key of the sent form."""
        return str(self.form.cleaned_data["idempotency_key"])

    def _takes_several(self, name: str) -> bool:
        return isinstance(self.form.fields[name], MultipleChoiceField)


@dataclass(frozen=True, kw_only=True)
class PrepareRemovalPage(PageModel):
    """Shows the form of a removal to staff."""

    template: ClassVar[str] = "desk/looking_along/prepare_removal.html"

    title: str
    person: str
    colleague: str
    look_url: str
    form: Form


@dataclass(frozen=True, kw_only=True)
class PrepareAccessPage(AccessChoices):
    """Shows the form of an invitation, or of a change of access, to staff."""

    template: ClassVar[str] = "desk/looking_along/prepare.html"

    title: str
    person: str
    colleague: str
    """Empty for an invitation."""
    look_url: str
    invites: bool


def links(look: OpenLook, shown: ShownPage | None, *, at: dt.datetime) -> Sequence[Link]:
    """Return the forms that the person could send: about a colleague, those of the page that the person has open."""
    if look.mode != "prepare":
        return []
    about = shown.subject if shown else None
    return [
        Link(_TITLES[kind](), _url(look, kind, about))
        for kind in _VERBS
        if (kind == INVITE or about) and _may(look, kind, about, at)
    ]


def _url(look: OpenLook, kind: str, about: uuid.UUID | None) -> str:
    """Return the address of a form, with the colleague that it stays about whatever the person opens next."""
    if kind == INVITE:
        return reverse("staff_look_prepare", args=[look.id, kind])
    return reverse("staff_look_prepare_member", args=[look.id, kind, about])


def waiting(look: OpenLook) -> Sequence[str]:
    """Return what the person has not sent yet. One statement."""
    texts = {INVITE: _("Invitation"), ACCESS: _("Change of access"), REMOVAL: _("Removal")}
    return [texts[one.kind] for one in queries.prepared_for(look=look.id)]


def _person(look: OpenLook) -> Actor:
    """Return the person, to ask what their form offers. The staff member acts, and is named in every event."""
    return Actor(kind=ActorKind.PERSON, id=look.user_id, channel=Channel.WEB)


def _may(look: OpenLook, kind: str, about: uuid.UUID | None, at: dt.datetime) -> bool:
    """Return whether the person could send this form."""
    verb, person = _VERBS[kind], _person(look)
    if kind == INVITE:
        on: policy.Subjects = policy.OrganizationId(look.organization_id)
    else:
        on = policy.MembershipIds([about] if about else [])
    return bool(policy.decide(actor=person, verb=verb, on=on, at=at))


def form_of(
    request: HttpRequest, look: OpenLook, kind: str, about: uuid.UUID | None, at: dt.datetime
) -> PreparedInput:
    """Return the form. Raises NotFound where the look allows none, or the person could not send it."""
    if look.mode != "prepare" or kind not in _VERBS or (kind == INVITE) != (about is None):
        raise NotFound
    colleague = _colleague(look, about) if about else ""
    if not _may(look, kind, about, at):
        raise NotFound
    sent = request.POST if request.method == "POST" else None
    if kind == REMOVAL:
        return PreparedInput(kind, RemovalForm(sent), about, colleague)
    return PreparedInput(kind, _access_form(sent, look, kind, at), about, colleague)


def _colleague(look: OpenLook, about: uuid.UUID) -> str:
    """Return the name as the staff member may see it. Raises NotFound for a member of another organization."""
    row = queries.member_for_command(membership=about, organization=look.organization_id)
    return masking.shortened(row.shown_name) if look.masked else row.shown_name


def _access_form(sent: Any, look: OpenLook, kind: str, at: dt.datetime) -> AccessForm:
    organization = organizations_queries.get(organization=look.organization_id)
    options = assignable.assignable_options(
        actor=_person(look), verb=_VERBS[kind], organization=look.organization_id, at=at
    )
    zone = time_zones.first_known(organization.time_zone)
    if kind == INVITE:
        initial = initial_values.for_invitation(options, tier="", language=organization.language)
        return InvitationForm(sent, options=options, zone=zone, initial=initial)
    return AccessForm(sent, options=options, zone=zone, initial=initial_values.some_sites(options))


def page(look: OpenLook, prepared: PreparedInput) -> PageModel:
    """Return the page of the form."""
    shared: dict[str, Any] = {
        "title": _TITLES[prepared.kind](),
        "person": look.name,
        "colleague": prepared.colleague,
        "look_url": reverse("staff_look", args=[look.id]),
    }
    if isinstance(prepared.form, AccessForm):
        shown = choices.choices(prepared.form).variables()
        return PrepareAccessPage(**shown, **shared, invites=prepared.kind == INVITE)
    return PrepareRemovalPage(**shared, form=prepared.form)
