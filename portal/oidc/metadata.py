"""The provider publishes its endpoints in a metadata document (OIDC Discovery 1.0, RFC 8414)."""

import json
from functools import lru_cache

from django.conf import settings

DISCOVERY = "/.well-known/openid-configuration"
METADATA = "/.well-known/oauth-authorization-server"
AUTHORIZE = "/oauth/authorize"
CONSENT = "/oauth/consent"
LOGOUT = "/oauth/logout"
LOGOUT_CONFIRM = "/oauth/logout/confirm"
TOKEN = "/oauth/token"  # noqa: S105 - an address
USERINFO = "/oauth/userinfo"
INTROSPECT = "/oauth/introspect"
REVOKE = "/oauth/revoke"
PAR = "/oauth/par"
DEVICE_AUTHORIZATION = "/oauth/device_authorization"
DEVICE = "/device"
JWKS = "/oauth/jwks.json"

SCOPES = ("openid", "profile", "email", "entitlements")


def issuer() -> str:
    """Return the configured issuer, for any Host header (OIDC Discovery §4.3)."""
    return str(settings.ISSUER)


ASSERTIONS = ("RS256", "ES256", "PS256", "EdDSA")
"""What signs the assertions of clients with keys of their own (`client_assertions`)."""
_SECRETS = ("client_secret_basic", "client_secret_post")
_CAPABILITIES = {
    "scopes_supported": SCOPES,
    "response_types_supported": ["code"],
    "response_modes_supported": ["query", "form_post"],
    "grant_types_supported": [
        *("authorization_code", "refresh_token", "client_credentials"),
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "subject_types_supported": ["public", "pairwise"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "token_endpoint_auth_methods_supported": [*_SECRETS, "private_key_jwt", "none"],
    "token_endpoint_auth_signing_alg_values_supported": ASSERTIONS,
    "introspection_endpoint_auth_methods_supported": [*_SECRETS, "private_key_jwt"],
    "introspection_endpoint_auth_signing_alg_values_supported": ASSERTIONS,
    "revocation_endpoint_auth_methods_supported": [*_SECRETS, "private_key_jwt", "none"],
    "revocation_endpoint_auth_signing_alg_values_supported": ASSERTIONS,
    "code_challenge_methods_supported": ["S256"],
    "prompt_values_supported": ["none", "login", "consent", "select_account"],
    "claims_supported": [
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "nonce", "sid"),
        *("name", "locale", "email", "email_verified", "organization", "entitlements", "permissions"),
    ],
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "require_pushed_authorization_requests": False,
    "claims_parameter_supported": True,
}


def discovery() -> bytes:
    """Return the metadata document: identical bytes while the issuer stays the same."""
    return _discovery(issuer())


@lru_cache(maxsize=4)
def _discovery(base: str) -> bytes:
    paths = {
        "authorization_endpoint": AUTHORIZE,
        "token_endpoint": TOKEN,
        "userinfo_endpoint": USERINFO,
        "jwks_uri": JWKS,
        "introspection_endpoint": INTROSPECT,
        "revocation_endpoint": REVOKE,
        "end_session_endpoint": LOGOUT,
        "pushed_authorization_request_endpoint": PAR,
        "device_authorization_endpoint": DEVICE_AUTHORIZATION,
    }
    addresses = {name: base + path for name, path in paths.items()}
    languages = [code for code, _ in settings.LANGUAGES]
    document = {"issuer": base, **addresses, **_CAPABILITIES, "ui_locales_supported": languages}
    return json.dumps(document, separators=(",", ":")).encode()
