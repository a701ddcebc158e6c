"""The authorization code flow of mozilla-django-oidc is used with every step closed that it leaves open.

The library's flow redeems the code, verifies the ID token and asks for the person. Its own steps would accept any
issuer and audience and match people by their e-mail address.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from portal.signin.staff import provider_tokens
from portal.signin.staff.errors import RefusalCode, SignInRefused
from portal.signin.staff.provider import Provider
from portal.signin.staff.provider_tokens import IdToken

_LONGEST_NAME, _LONGEST_ADDRESS = 200, 254


@dataclass(frozen=True, slots=True)
class Claims:
    """Holds what the provider says about a staff member at this sign-in. The address is for display, never a key."""

    token: IdToken
    groups: frozenset[str]
    name: str
    email: str


class StaffBackend(OIDCAuthenticationBackend):
    """Authenticates one sign-in; `began_at` is when the browser left for the provider.

    It is no entry of AUTHENTICATION_BACKENDS: only the callback of staff sign-in builds it.
    """

    def __init__(
        self, *, provider: Provider, redirect_uri: str, began_at: dt.datetime, now: dt.datetime
    ) -> None:
        # The library's constructor reads settings of its own, which would be a second place for the same values.
        self._provider, self._redirect_uri = provider, redirect_uri
        self._began_at, self._now = began_at, now
        self._access_token = ""
        self.OIDC_RP_CLIENT_ID = provider.configured.client_id
        self.OIDC_RP_CLIENT_SECRET = ""

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        """Name the callback's route; every switch of the library keeps its default."""
        return "staff_callback" if attr == "OIDC_AUTHENTICATION_CALLBACK_URL" else args[0]

    def get_token(self, payload: Mapping[str, str]) -> Mapping[str, Any]:
        """Redeem the code with client_secret_basic: the secret is in no body. Raises SignInRefused."""
        form = {name: value for name, value in payload.items() if name != "client_secret"}
        response = self._provider.redeem(form={**form, "redirect_uri": self._redirect_uri})
        access_token, kind = response.get("access_token"), response.get("token_type")
        if not isinstance(access_token, str) or not isinstance(kind, str) or kind.lower() != "bearer":
            raise SignInRefused(RefusalCode.TOKEN, "no bearer token")
        if not (access_token.isascii() and access_token.isprintable()):
            raise SignInRefused(RefusalCode.TOKEN, "the bearer token fits no header")
        self._access_token = access_token
        return response

    def verify_token(self, token: Any, **kwargs: Any) -> IdToken:
        """Check the ID token (`provider_tokens`). Raises SignInRefused."""
        return provider_tokens.verify_id_token(
            token,
            provider=self._provider,
            nonce=str(kwargs["nonce"]),
            access_token=self._access_token,
            began_at=self._began_at,
            now=self._now,
        )

    def get_or_create_user(self, access_token: str, id_token: str, payload: IdToken) -> Claims:
        """Return the claims; who the person is follows from issuer and subject alone. Raises SignInRefused."""
        del id_token
        userinfo = self._provider.userinfo(access_token=access_token)
        if userinfo and userinfo.get("sub") != payload.subject:
            raise SignInRefused(RefusalCode.TOKEN, "the userinfo belong to another subject")
        said = {**userinfo, **payload.claims}
        groups = said.get(self._provider.configured.groups_claim)
        return Claims(
            token=payload,
            groups=frozenset(group for group in groups if isinstance(group, str) and group)
            if isinstance(groups, list)
            else frozenset(),
            name=_text(said.get("name"), _LONGEST_NAME),
            email=_address(said.get("email")),
        )


def _address(value: Any) -> str:
    """Return the mail address; empty for another text."""
    text = _text(value, _LONGEST_ADDRESS)
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text


def _text(value: Any, longest: int) -> str:
    return value if isinstance(value, str) and len(value) <= longest else ""
