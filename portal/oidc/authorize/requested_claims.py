"""A service requests single claims by the `claims` parameter (OIDC Core §5.5)."""

from dataclasses import dataclass
from typing import Any

from portal.http import request_data
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
    requested = request_data.json_object(text)
    members = [(requested or {}).get(name) for name in ("id_token", "userinfo")]
    if requested is None or not all(member is None or isinstance(member, dict) for member in members):
        raise ValueError(text)
    id_token, userinfo = (member or {} for member in members)
    names = [name for name in claims.RIGHTS if name in id_token]
    values = {str(member["sub"]["value"]) for member in (id_token, userinfo) if _has_value(member.get("sub"))}
    return RequestedClaims(" ".join(names), frozenset(values))


def _has_value(request: Any) -> bool:
    return isinstance(request, dict) and "value" in request
