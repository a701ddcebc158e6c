"""An authorization request is parsed and validated (RFC 6749 §4.1.1, OIDC Core §3.1.2, RFC 9700)."""

import re
from dataclasses import dataclass

from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from portal.oidc import parameters
from portal.oidc.authorize import redirect_uris, requested_claims
from portal.oidc.authorize.requested_claims import RequestedClaims
from portal.oidc.parameters import Parameters

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_MAX_NONCE = 512
_PKCE_MISSING = (
    "code_challenge is missing: switch on PKCE with S256 in the client, or register the client without PKCE."
)
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
_MODES = frozenset({"", "query", "form_post"})


class ClientRequestError(Exception):
    """Is shown on the portal's own page: no redirect URI of the request may be trusted with the error."""

    def __init__(self, error: str, detail: str, application: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.detail = detail
        self.application = application


class AuthorizationError(Exception):
    """Is sent to the service, at its registered redirect URI."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """Holds the registered redirect URI for the response, with the state of the request."""

    client: RegisteredClient
    redirect_uri: str
    state: str
    form_post: bool = False
    """Whether the response is sent as a form (OAuth 2.0 Form Post Response Mode)."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """Holds a valid request; `AuthorizationDecision` decides whether to grant it."""

    target: RedirectTarget
    scopes: str
    nonce: str
    challenge: str
    prompts: frozenset[str]
    max_age: int | None
    login_hint: str
    id_token_hint: str
    organization: str
    resource: str
    locales: tuple[str, ...]
    claims: RequestedClaims


def parse_target(sent: Parameters) -> RedirectTarget:
    """Parse client and redirect URI, compared character by character (RFC 9700 §2.1). Raises ClientRequestError."""
    for name in ("", "client_id", "redirect_uri"):
        if name in sent.faults:
            raise ClientRequestError("invalid_request", f"{name} {sent.faults[name]}".strip())
    client = clients_queries.find(client=sent.get("client_id")) if "client_id" in sent else None
    if client is None:
        raise ClientRequestError("invalid_client", "client_id is not known.")
    if not redirect_uris.is_registered(client, sent.get("redirect_uri")):
        raise ClientRequestError("invalid_request", "redirect_uri is not registered.", client.id)
    return RedirectTarget(
        client=client,
        redirect_uri=sent.get("redirect_uri"),
        state=sent.get("state"),
        form_post=sent.get("response_mode") == "form_post"
        and redirect_uris.takes_forms(sent.get("redirect_uri")),
    )


def parse_request(sent: Parameters, target: RedirectTarget) -> AuthorizationRequest:
    """Parse all other parameters. Raises AuthorizationError."""
    for name in sent.faults:
        known = name if name.isascii() and name.isidentifier() else "A parameter"
        raise AuthorizationError(
            parameters.error_of(name), f"{known} cannot be used: it is repeated, too long or malformed."
        )
    for name, error in _UNSUPPORTED.items():
        if name in sent:
            raise AuthorizationError(error)
    _check_response(sent, target)
    _check_pkce(sent, target.client)
    if len(sent.get("nonce")) > _MAX_NONCE:
        raise AuthorizationError("invalid_request", "nonce is too long.")
    return AuthorizationRequest(
        target=target,
        scopes=scopes_of(sent, target.client),
        nonce=sent.get("nonce"),
        challenge=sent.get("code_challenge"),
        prompts=_prompts(sent),
        max_age=_max_age(sent),
        login_hint=sent.get("login_hint"),
        id_token_hint=sent.get("id_token_hint"),
        organization=sent.get("organization"),
        resource=resource_of(sent, target.client),
        locales=tuple(sent.get("ui_locales").split()),
        claims=_claims(sent),
    )


def _check_response(sent: Parameters, target: RedirectTarget) -> None:
    if "response_type" not in sent:
        raise AuthorizationError("invalid_request", "response_type is missing.")
    if sent.get("response_type") != "code":
        raise AuthorizationError("unsupported_response_type")
    if sent.get("response_mode") not in _MODES:
        raise AuthorizationError("invalid_request", "response_mode can be query or form_post.")
    if sent.get("response_mode") == "form_post" and not target.form_post:
        raise AuthorizationError("invalid_request", "form_post needs a redirect_uri of a website.")
    if "authorization_code" not in target.client.grant_types:
        raise AuthorizationError("unauthorized_client")


def _check_pkce(sent: Parameters, client: RegisteredClient) -> None:
    if not {"code_challenge", "code_challenge_method"} & sent.values.keys():
        if client.requires_pkce:
            raise AuthorizationError("invalid_request", _PKCE_MISSING)
        return
    if sent.get("code_challenge_method") != "S256":
        raise AuthorizationError("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(sent.get("code_challenge")):
        raise AuthorizationError("invalid_request", "code_challenge must be 43 characters of base64url.")


def scopes_of(sent: Parameters, client: RegisteredClient) -> str:
    """Return the requested scopes that are registered; the token response lists them."""
    requested = dict.fromkeys(sent.get("scope").split(" "))
    if "openid" not in requested:
        raise AuthorizationError("invalid_scope", "scope must contain openid.")
    return " ".join(scope for scope in requested if scope in client.scopes or scope == "openid")


def resource_of(sent: Parameters, client: RegisteredClient) -> str:
    """Return the resource that access tokens are for (RFC 8707 §2.1); empty for none."""
    resource = sent.get("resource")
    if resource and resource not in client.resources:
        raise AuthorizationError("invalid_target", "The client is not registered for this resource.")
    return resource


def _prompts(sent: Parameters) -> frozenset[str]:
    prompts = frozenset(sent.get("prompt").split())
    if prompts - _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise AuthorizationError("invalid_request", "prompt cannot be used.")
    return prompts


def _claims(sent: Parameters) -> RequestedClaims:
    try:
        return requested_claims.parse(sent.get("claims"))
    except ValueError as error:
        raise AuthorizationError("invalid_request", "claims must be a JSON object.") from error


def _max_age(sent: Parameters) -> int | None:
    text = sent.get("max_age")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise AuthorizationError("invalid_request", "max_age must be a number of seconds.")
    return int(text)
