"""The service sees the portal as an OpenID Provider, found by discovery when it is first needed."""

import threading
import time
from typing import Any

import flask
from authlib.integrations import flask_client

from demo.service import logout, settings

DISCOVERY = "/.well-known/openid-configuration"
MOST_WAITING = 1000
WAITS_SECONDS = 3600


class WrongIssuer(ValueError):
    """Discovery answered in another issuer's name."""


class Waiting:
    """The service stores what a sign-in under way must still know when it comes back: here, not in the browser."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, tuple[float, str]] = {}

    def get(self, key: str) -> str | None:
        until, value = self._values.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def set(self, key: str, value: str, lasts: float) -> None:
        with self._lock:
            while len(self._values) >= MOST_WAITING:
                del self._values[next(iter(self._values))]
            self._values[key] = (time.monotonic() + min(lasts, WAITS_SECONDS), value)

    def delete(self, key: str) -> None:
        self._values.pop(key, None)


class Provider:
    """Authlib's client does the protocol: state, nonce, PKCE, the exchange, the checks of the ID token."""

    def __init__(self, app: flask.Flask, configured: settings.Settings) -> None:
        self.configured = configured
        oauth = flask_client.OAuth(app, cache=Waiting())
        self.client = oauth.register(
            "portal",
            client_id=configured.client_id,
            client_secret=configured.client_secret,
            server_metadata_url=configured.issuer.rstrip("/") + DISCOVERY,
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic",
                "default_timeout": 5,
            },
        )

    def discover(self) -> None:
        """Load the issuer's metadata once.

        Raises WrongIssuer, or RequestException where nobody answers.
        """
        metadata = self.client.load_server_metadata()
        if metadata.get("issuer") != self.configured.issuer:
            metadata.pop("_loaded_at", None)
            raise WrongIssuer("Discovery names another issuer.")
        metadata["id_token_signing_alg_values_supported"] = logout.ALGORITHMS

    def begin(self, *, going_to: str, **parameters: str) -> flask.typing.ResponseReturnValue:
        self.discover()
        back = f"{self.configured.url}/callback"
        begun = self.client.create_authorization_url(back, **parameters)
        self.client.save_authorize_data(redirect_uri=back, going_to=going_to, **begun)
        return flask.redirect(begun["url"])

    def begun(self, state: str | None) -> dict[str, Any] | None:
        """Find what was stored for a sign-in that this browser began here."""
        return self.client.framework.get_state_data(flask.session, state) if state else None

    def finish(self) -> dict[str, Any]:
        """Exchange the code and return the checked claims of the ID token."""
        self.discover()
        claims_options = {
            "iss": {"essential": True, "values": [self.configured.issuer]},
            "aud": {"essential": True, "values": [self.configured.client_id]},
        }
        token = self.client.authorize_access_token(claims_options=claims_options, leeway=10)
        return dict(token.get("userinfo") or {})

    def keys(self, *, force: bool = False) -> Any:
        self.discover()
        return self.client.fetch_jwk_set(force=force)
