"""The page of an application lists its clients, each with its kind, its secret and its owner."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.applications.queries import ApplicationView, ClientView
from delegation.authorization.verbs import Verb
from portal.desk.applications import wording
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr


@dataclass(frozen=True, slots=True)
class ClientRow:
    """Describes a client; `pkce` says which sign-in requests are accepted, `secret` how old it is."""

    name: str
    id: str
    url: str
    """Empty for a reader who changes no clients."""
    kind: str
    secret: str
    addresses: str
    pkce: str
    signs_out: str
    owner: str = ""


def row(reader: StaffReader, view: ApplicationView, client: ClientView) -> ClientRow:
    """Return the line of a client."""
    redirects, may_change = len(client.redirect_uris), Verb.CLIENT_UPDATE in reader.verbs
    text = ngettext("%(number)s redirect address", "%(number)s redirect addresses", redirects)
    return ClientRow(
        name=client.name,
        id=client.id,
        url=reverse("staff_client", args=[view.key, client.id]) if may_change else "",
        kind=_kind(client),
        secret=_secret(reader, client),
        owner=_owner(client),
        addresses=text % {"number": cldr.number(redirects)},
        pkce=_("required, S256") if client.requires_pkce else _("not required"),
        signs_out=_("yes") if client.backchannel_logout_uri else _("no"),
    )


def _kind(client: ClientView) -> str:
    if not client.is_active:
        return _("closed")
    if client.native:
        return _("native program, without a secret")
    if client.jwks_uri:
        return _("with keys of its own")
    return _("with a secret") if client.confidential else _("public, without a secret")


def _secret(reader: StaffReader, client: ClientView) -> str:
    if client.secret_made_at is None:
        return ""
    until = client.former_secret_until
    if until is not None and until > reader.at:
        return _("two secrets, the old one until %(when)s") % {"when": wording.in_utc(until)}
    made = _("made %(when)s") % {"when": wording.in_utc(client.secret_made_at)}
    if client.secret_until is None:
        return made
    return _("%(made)s, works until %(until)s") % {
        "made": made,
        "until": wording.in_utc(client.secret_until),
    }


def _owner(client: ClientView) -> str:
    if client.owner_has_left:
        return _("owner %(name)s has left") % {"name": client.owner_name}
    return _("owner %(name)s") % {"name": client.owner_name} if client.owner_name else _("no owner")
