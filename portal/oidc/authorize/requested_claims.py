"""The `claims` parameter: single claims that a service requests (OIDC Core §5.5)."""

import json
from dataclasses import dataclass
from typing import Any

from portal.oidc import claims


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """Holds what the parameter changes; other claims follow from the scopes, and an unknown one is ignored."""

    id_token: str = ""
    """Names of claims that the ID token has on request only, separated by spaces."""
    subjects: frozenset[str] = frozenset()
    """The values of `sub`: a request that names another person gets no code (§5.5.1)."""


def parse(text: str) -> RequestedClaims:
    """Read the parameter; "" requests nothing. Raises ValueError where it is no object of objects."""
    if not text:
        return RequestedClaims()
    try:
        requested = _as_object(json.loads(text))
        members = [_as_object(requested.get(name)) for name in ("id_token", "userinfo")]
    except (RecursionError, TypeError) as error:
        raise ValueError(text) from error
    names = [name for name in claims.RIGHTS if name in members[0]]
    subjects = {str(member["sub"]["value"]) for member in members if _has_value(member.get("sub"))}
    return RequestedClaims(" ".join(names), frozenset(subjects))


def _as_object(value: Any) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise TypeError(value)
    return value or {}


def _has_value(request: Any) -> bool:
    return isinstance(request, dict) and "value" in request
