"""Problem documents of every layer have the same code for the same failure, stable as docs/api.md says."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

TYPE = "urn:keyholder:problem:"
BY_STATUS: Mapping[HTTPStatus, str] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: "malformed",
        HTTPStatus.NOT_FOUND: "not_found",
        HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
        HTTPStatus.REQUEST_TIMEOUT: "body_too_slow",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
        HTTPStatus.INTERNAL_SERVER_ERROR: "failed",
        HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
    }
)
"""For failures that say no more than their status."""
_TITLES = MappingProxyType({413: "Content Too Large", 422: "Unprocessable Content"})
"""As RFC 9110 §15.5 has them; Python before 3.13 says otherwise."""
MAY_HAVE_BEEN_DONE = (
    "The request failed. A change may have been done: repeat it with the same Idempotency-Key, which runs it once."
    " If it fails again, give the reference to the supplier's support."
)
"""The sentence of a failure after which nobody knows whether the transaction was committed."""


def title(status: int) -> str:
    """Return the title of a problem that has no more to say than its status (RFC 9457 §4.2.1)."""
    return _TITLES.get(status) or HTTPStatus(status).phrase
