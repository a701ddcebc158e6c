"""Every address of the portal with a place where it can be tried: a new address without one fails the tests."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from allauth.account.utils import user_pk_to_url_str
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import URLResolver

from delegation.models import Invitation
from portal.accounts import tokens
from tests.portal import guest
from tests.portal.door import Visitor
from tests.world import World


@dataclass(frozen=True)
class Address:
    """A route of the URL map: its name and the names of what stands in its path."""

    name: str
    route: str
    arguments: tuple[str, ...]


def addresses() -> list[Address]:
    """All of them, by name."""
    return sorted(_walk(get_resolver(), "", ()), key=lambda one: one.name)


def _walk(resolver: URLResolver, prefix: str, held: tuple[str, ...]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        names = (*held, *(pattern.pattern.converters or re.findall(r"\?P<(\w+)>", str(pattern.pattern))))
        if isinstance(pattern, URLPattern):
            yield Address(pattern.name or route, route, names)
        else:
            yield from _walk(pattern, route, names)


@dataclass(frozen=True)
class Place:
    """One address as somebody may open it."""

    visitor: Visitor
    path: str
    arguments: Mapping[str, str] = field(default_factory=dict)


class Stage:
    """A world in which every address leads somewhere."""

    def __init__(self) -> None:
        self.world = World()
        self.removed = self.world.remove(self.world.olli)
        self.invitation, self.link = self.world.invite(
            self.world.koskela, "new@koskela.example", self.world.access("viewer")
        )
        newcomer = self.world.member(self.world.koskela, "Uuno Uusi", "viewer", factor=False)
        self.fresh = guest.of(newcomer, strong=False)
        """Somebody without a second factor, whose access does not ask for one."""

    @cached_property
    def admin(self) -> Visitor:
        return guest.of(self.world.aino)

    @cached_property
    def half(self) -> Visitor:
        """Somebody who has given the password and not yet the code."""
        visitor = Visitor()
        visitor.password(self.world.paivi.user)
        return visitor

    @cached_property
    def nobody(self) -> Visitor:
        return Visitor()

    @property
    def open_invitation(self) -> Invitation:
        return Invitation.objects.get(id=self.invitation.id)

    def place(self, address: Address) -> Place:
        """Raises KeyError for an address nobody has thought of."""
        who, arguments, query = WHERE[address.name](self)
        path = reverse(address.name, kwargs=arguments) + query
        return Place(who, path, arguments)


Where = Callable[[Stage], tuple[Visitor, dict[str, str], str]]


def _inside(query: str = "", **arguments: str) -> Where:
    return lambda stage: (stage.admin, {"organization": "koskela", **arguments}, query)


def _colleague(of: Callable[[Stage], object]) -> Where:
    return lambda stage: (stage.admin, {"organization": "koskela", "membership": str(of(stage))}, "")


def _nobody(query: str = "") -> Where:
    return lambda stage: (stage.nobody, {}, query)


def _admin(**arguments: str) -> Where:
    return lambda stage: (stage.admin, dict(arguments), "")


def _reset(stage: Stage) -> tuple[Visitor, dict[str, str], str]:
    user = stage.world.vilma.user
    arguments = {"uidb36": user_pk_to_url_str(user), "key": tokens.ResetTokens().make_token(user)}
    return stage.nobody, arguments, ""


_AUTHORIZE = (
    "?response_type=code&client_id=ordering&redirect_uri=https%3A%2F%2Fordering.example.test%2Fcb&scope=openid"
    "&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)

WHERE: Mapping[str, Where] = {
    "account_change_password": _admin(),
    "account_inactive": _nobody(),
    "account_login": _nobody(),
    "account_logout": _admin(),
    "account_reauthenticate": _admin(),
    "account_reset_password": _nobody(),
    "account_reset_password_done": _nobody(),
    "account_reset_password_from_key": _reset,
    "account_reset_password_from_key_done": _nobody(),
    "account_set_password": _admin(),
    "activity": _inside(),
    "health_live": _nobody(),
    "health_ready": _nobody(),
    "home": _inside(),
    "invitations": _inside(),
    "invitation_cancel": lambda stage: (
        stage.admin,
        {"organization": "koskela", "invitation": str(stage.invitation.id)},
        "",
    ),
    "invite": _inside(),
    "join": lambda stage: (stage.nobody, {"link": stage.link}, ""),
    "join_sign_out": lambda stage: (stage.nobody, {"link": stage.link}, ""),
    "language": _nobody(),
    "metrics": _nobody(),
    "mfa_activate_totp": lambda stage: (stage.fresh, {}, ""),
    "mfa_add_webauthn": _admin(),
    "mfa_authenticate": lambda stage: (stage.half, {}, ""),
    "mfa_deactivate_totp": _admin(),
    "mfa_download_recovery_codes": _admin(),
    "mfa_edit_webauthn": _admin(pk="1"),
    "mfa_generate_recovery_codes": _admin(),
    "mfa_index": _admin(),
    "mfa_list_webauthn": _admin(),
    "mfa_login_webauthn": _nobody(),
    "mfa_reauthenticate": _admin(),
    "mfa_reauthenticate_webauthn": _admin(),
    "mfa_remove_webauthn": _admin(pk="1"),
    "mfa_view_recovery_codes": _admin(),
    "my_access": _inside(),
    "my_sessions": _inside(),
    "oidc_.well-known_oauth-authorization-server": _nobody(),
    "oidc_.well-known_openid-configuration": _nobody(),
    "oidc_authorize": lambda stage: (stage.admin, {}, _AUTHORIZE),
    "oidc_consent": lambda stage: (stage.admin, {}, ""),
    "oidc_oauth_introspect": _nobody(),
    "oidc_oauth_jwks.json": _nobody(),
    "oidc_oauth_revoke": _nobody(),
    "oidc_oauth_token": _nobody(),
    "oidc_oauth_userinfo": _nobody(),
    "open": _inside(application="ordering"),
    "people": _inside(),
    "people_remove": lambda stage: (
        stage.admin,
        {"organization": "koskela"},
        f"?m={stage.world.mikko.id}&m={stage.world.vilma.id}",
    ),
    "people_select": _inside(),
    "person": _colleague(lambda stage: stage.world.mikko.id),
    "person_access": _colleague(lambda stage: stage.world.mikko.id),
    "person_put_right": _colleague(lambda stage: stage.world.mikko.id),
    "person_remove": _colleague(lambda stage: stage.world.mikko.id),
    "person_restore": _colleague(lambda stage: stage.world.olli.id),
    "removal": lambda stage: (
        stage.admin,
        {"organization": "koskela", "act": str(stage.removed.act)},
        "",
    ),
    "root": _admin(),
}
