"""An authorization request, read and judged before anything is done (RFC 6749 §4.1.1, OIDC Core §3.1.2, RFC 9700)."""

import re
from dataclasses import dataclass

from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from portal.oidc.parameters import Parameters

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_LONGEST_NONCE = 512
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
    "resource": "invalid_target",
}


class ClientRequestError(Exception):
    """Said on a page of ours: there is no address that may be trusted with it."""

    def __init__(self, error: str, detail: str, application: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.detail = detail
        self.application = application


class AuthorizationError(Exception):
    """Said to the service, at its registered address."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """Where the answer goes: a registered address, with the state that came."""

    client: RegisteredClient
    redirect_uri: str
    state: str


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that is right in itself; whether it is granted is another question."""

    way: RedirectTarget
    scopes: str
    nonce: str
    challenge: str
    prompts: frozenset[str]
    max_age: int | None
    login_hint: str
    id_token_hint: str
    organization: str
    locales: tuple[str, ...]


def redirect_target(given: Parameters) -> RedirectTarget:
    """Client and address. Raises OnPage: an address is compared character by character (RFC 9700 §2.1)."""
    for name in ("", "client_id", "redirect_uri"):
        if name in given.faults:
            raise ClientRequestError("invalid_request", f"{name} {given.faults[name]}".strip())
    client = clients_queries.find(client=given.get("client_id")) if "client_id" in given else None
    if client is None:
        raise ClientRequestError("invalid_client", "client_id is not known.")
    if given.get("redirect_uri") not in client.redirect_uris:
        raise ClientRequestError("invalid_request", "redirect_uri is not registered.", client.id)
    return RedirectTarget(client=client, redirect_uri=given.get("redirect_uri"), state=given.get("state"))


def authorization_request(given: Parameters, to: RedirectTarget) -> AuthorizationRequest:
    """The rest of it. Raises AtService."""
    for name in given.faults:
        known = name if name.isascii() and name.isidentifier() else "A parameter"
        raise AuthorizationError(
            "invalid_request", f"{known} cannot be used: it is there twice, too long or malformed."
        )
    for name, error in _UNSUPPORTED.items():
        if name in given:
            raise AuthorizationError(error)
    _response(given, to)
    _proof(given)
    if len(given.get("nonce")) > _LONGEST_NONCE:
        raise AuthorizationError("invalid_request", "nonce is too long.")
    return AuthorizationRequest(
        way=to,
        scopes=_scopes(given, to.client),
        nonce=given.get("nonce"),
        challenge=given.get("code_challenge"),
        prompts=_prompts(given),
        max_age=_max_age(given),
        login_hint=given.get("login_hint"),
        id_token_hint=given.get("id_token_hint"),
        organization=given.get("organization"),
        locales=tuple(given.get("ui_locales").split()),
    )


def _response(given: Parameters, to: RedirectTarget) -> None:
    if "response_type" not in given:
        raise AuthorizationError("invalid_request", "response_type is missing.")
    if given.get("response_type") != "code":
        raise AuthorizationError("unsupported_response_type")
    if given.get("response_mode") not in {"", "query"}:
        raise AuthorizationError("invalid_request", "response_mode can only be query.")
    if "authorization_code" not in to.client.grant_types:
        raise AuthorizationError("unauthorized_client")


def _proof(given: Parameters) -> None:
    if given.get("code_challenge_method") != "S256":
        raise AuthorizationError("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(given.get("code_challenge")):
        raise AuthorizationError("invalid_request", "code_challenge must be 43 characters of base64url.")


def _scopes(given: Parameters, client: RegisteredClient) -> str:
    """What is registered of what was asked; the rest is left out, and the answer says what remained."""
    asked = dict.fromkeys(given.get("scope").split(" "))
    if "openid" not in asked:
        raise AuthorizationError("invalid_scope", "scope must contain openid.")
    return " ".join(scope for scope in asked if scope in client.scopes or scope == "openid")


def _prompts(given: Parameters) -> frozenset[str]:
    prompts = frozenset(given.get("prompt").split())
    if prompts - _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise AuthorizationError("invalid_request", "prompt cannot be used.")
    return prompts


def _max_age(given: Parameters) -> int | None:
    text = given.get("max_age")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise AuthorizationError("invalid_request", "max_age must be a number of seconds.")
    return int(text)
