"""The supplier's identity provider is called here; its metadata and keys are cached for minutes.

Every call goes through the guarded client (`provisioning.http`): no redirect, limits in time and size, never into the
machine's own networks unless the operator allowed that host.
"""

import base64
import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote_plus, urlencode

from django.conf import settings

from portal.http import request_data
from portal.signin.staff import configuration
from portal.signin.staff.configuration import Configuration
from portal.signin.staff.errors import ProviderUnavailable, RefusalCode, SignInRefused
from provisioning.delivery.errors import DeliveryError
from provisioning.http.pool import Pool
from provisioning.http.reply import Reply

T = TypeVar("T")
logger = logging.getLogger("keyholder.staff_sign_in")

METADATA_SECONDS = 3600.0
KEYS_SECONDS = 900.0
"""A key that the provider withdraws is accepted this long at most."""
REFRESH_SECONDS = 60.0
"""An unknown key id fetches the keys at most this often: anyone can send a token with one."""
RETRY_SECONDS = 10.0
"""After a failure, no further call begins before this: a provider that is down holds no second thread."""
_WAIT_SECONDS = 1.0
_EXCHANGES = 2
"""Sign-ins that may talk to the provider at once, so that a slow one leaves threads to the customers."""
_DISCOVERY = "/.well-known/openid-configuration"
_OK, _BAD_REQUEST = 200, 400


class Transport(Protocol):
    """Sends one request; the pool of guarded connections does."""

    def request(
        self, *, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Return the response. Raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Holds what we use of the provider's metadata (OpenID Connect Discovery §3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    """Empty where the provider has none, as the next one."""
    end_session_endpoint: str
    """The address of RP-Initiated Logout §2.1."""
    names_issuer: bool
    """Whether every authorization response has `iss` (RFC 9207 §3)."""


class _Fetched(Generic[T]):
    """Keeps one value for some seconds. One thread at a time fetches it; a failure is remembered for a moment."""

    def __init__(self, fetch: Callable[[], T], seconds: float) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._lock = threading.Lock()
        self._value: tuple[T, float] | None = None
        self._failed_at: float | None = None

    def get(self, *, older_than: float | None = None) -> T:
        """Return the value, fetched again where it is older than `older_than` seconds. Raises ProviderUnavailable."""
        limit = self._seconds if older_than is None else older_than
        if (value := self._fresh(limit)) is not None:
            return value
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            raise ProviderUnavailable("another request is fetching it")
        try:
            if (value := self._fresh(limit)) is not None:
                return value
            return self._fetch_now()
        finally:
            self._lock.release()

    def _fresh(self, limit: float) -> T | None:
        known = self._value
        return known[0] if known and time.monotonic() - known[1] < limit else None

    def _fetch_now(self) -> T:
        if self._failed_at is not None and time.monotonic() - self._failed_at < RETRY_SECONDS:
            raise ProviderUnavailable("failed a moment ago")
        try:
            value = self._fetch()
        except ProviderUnavailable:
            self._failed_at = time.monotonic()
            raise
        self._value, self._failed_at = (value, time.monotonic()), None
        return value


class Provider:
    """Talks to one identity provider."""

    def __init__(self, configured: Configuration, transport: Transport | None = None) -> None:
        self.configured = configured
        self._transport = transport or Pool()
        self._metadata = _Fetched(self._fetch_metadata, METADATA_SECONDS)
        self._keys = _Fetched(self._fetch_keys, KEYS_SECONDS)
        self._exchanges = threading.BoundedSemaphore(_EXCHANGES)

    def metadata(self) -> Metadata:
        """Return the provider's metadata. Raises ProviderUnavailable."""
        return self._metadata.get()

    def keys(self, *, refreshed: bool = False) -> list[Mapping[str, Any]]:
        """Return the provider's keys (RFC 7517), fetched within the last minute with `refreshed`."""
        return self._keys.get(older_than=REFRESH_SECONDS if refreshed else None)

    def redeem(self, *, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Exchange an authorization code (OpenID Connect Core §3.1.3). Raises SignInRefused, ProviderUnavailable."""
        headers = {
            "Accept": "application/json",
            "Authorization": _basic(self.configured),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        with self._one_exchange():
            reply = self._send("POST", self.metadata().token_endpoint, headers, urlencode(form).encode())
        if reply.status == _BAD_REQUEST:
            raise SignInRefused(RefusalCode.TOKEN, "the token endpoint refused the code")
        return _object(reply)

    def userinfo(self, *, access_token: str) -> Mapping[str, Any]:
        """Return the claims of the userinfo endpoint, empty where the provider has none. Raises ProviderUnavailable."""
        url = self.metadata().userinfo_endpoint
        if not url:
            return {}
        headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token}"}
        with self._one_exchange():
            return _object(self._send("GET", url, headers))

    @contextmanager
    def _one_exchange(self) -> Iterator[None]:
        if not self._exchanges.acquire(timeout=_WAIT_SECONDS):
            raise ProviderUnavailable("too many sign-ins at once")
        try:
            yield
        finally:
            self._exchanges.release()

    def _fetch_metadata(self) -> Metadata:
        issuer = self.configured.issuer
        found = _object(self._send("GET", issuer.rstrip("/") + _DISCOVERY, {"Accept": "application/json"}))
        if found.get("issuer") != issuer:
            raise ProviderUnavailable("the metadata belong to another issuer")
        return Metadata(
            authorization_endpoint=self._address(found, "authorization_endpoint"),
            token_endpoint=self._address(found, "token_endpoint"),
            jwks_uri=self._address(found, "jwks_uri"),
            userinfo_endpoint=self._optional_address(found, "userinfo_endpoint"),
            end_session_endpoint=self._optional_address(found, "end_session_endpoint"),
            names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        )

    def _optional_address(self, found: Mapping[str, Any], name: str) -> str:
        return self._address(found, name) if found.get(name) else ""

    def _address(self, found: Mapping[str, Any], name: str) -> str:
        """Refuse an address with less protection than the issuer's own."""
        address = found.get(name)
        if not isinstance(address, str):
            raise ProviderUnavailable(f"{name} is missing")
        parts, own = request_data.split_url(address), request_data.split_url(self.configured.issuer)
        if parts is None or own is None or parts.scheme != own.scheme or not parts.hostname or parts.fragment:
            raise ProviderUnavailable(f"{name} is no address of a provider")
        return address

    def _fetch_keys(self) -> list[Mapping[str, Any]]:
        found = _object(self._send("GET", self.metadata().jwks_uri, {"Accept": "application/json"}))
        keys = found.get("keys")
        if not isinstance(keys, list):
            raise ProviderUnavailable("the set of keys is unreadable")
        return [key for key in keys if isinstance(key, dict)]

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        try:
            return self._transport.request(method=method, url=url, headers=headers, body=body)
        except DeliveryError as error:
            logger.warning("The staff's identity provider failed: %s %s", url, error.code)
            raise ProviderUnavailable(str(error.code)) from error


def _basic(configured: Configuration) -> str:
    """Authenticate the client; both parts are form-encoded first (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(configured.client_id)}:{quote_plus(configured.client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _object(reply: Reply) -> Mapping[str, Any]:
    """Return the JSON object of a response. Raises ProviderUnavailable."""
    try:
        content = request_data.json_object(reply.content().decode()) if reply.status == _OK else None
    except (DeliveryError, UnicodeDecodeError) as error:
        raise ProviderUnavailable("the response is no JSON") from error
    if content is None:
        raise ProviderUnavailable(f"status {reply.status} without a JSON object")
    return content


@functools.lru_cache(maxsize=1)
def _of(key: str) -> Provider:
    del key
    return Provider(configuration.current())


def current() -> Provider:
    """Return the provider of this installation; its keys are shared by the process."""
    return _of(json.dumps(settings.STAFF_SIGN_IN))
