"""The kind of an endpoint says which lane serves a request, and which body it may have."""

import re
from dataclasses import dataclass
from typing import Final

from portal.front import limits
from portal.oidc import metadata

LIVE: Final = "/health/live"
READY: Final = "/health/ready"
METRICS: Final = "/metrics"
CUSTOMER_FILE: Final = "/staff/organizations/onboard-file/"
STAFF_LOGOUT: Final = "/staff/backchannel-logout"
PROBES: Final = frozenset({LIVE, READY, METRICS})
FORM: Final = "application/x-www-form-urlencoded"
UPLOAD: Final = "multipart/form-data"
JSON: Final = "application/json"
API_PREFIX: Final = "/api/"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointKind:
    """Describes how the front treats the requests of one kind of endpoint.

    `body_bytes` is the largest body. Any other content type than those listed is refused, because no view reads it.
    """

    lane: str
    """Its threads; of DOCUMENTS none."""
    machine: bool = True
    """Whether refusals are JSON for programs, not pages for people."""
    body_bytes: int = 0
    content_types: frozenset[str] = frozenset()


_FORMS = frozenset({FORM})
PEOPLE: Final = EndpointKind(lane="people", machine=False, body_bytes=limits.FORM_BYTES, content_types=_FORMS)
MACHINES: Final = EndpointKind(lane="machines", body_bytes=limits.FORM_BYTES, content_types=_FORMS)
# Precomputed bytes, 0.1 ms without a statement: a change of threads would cost more than the answer.
DOCUMENTS: Final = EndpointKind(
    lane="event loop", body_bytes=limits.FORM_BYTES, content_types=frozenset({FORM})
)
API: Final = EndpointKind(lane="api", body_bytes=limits.FORM_BYTES, content_types=frozenset({JSON}))

_BY_PATH: dict[str, EndpointKind] = {
    LIVE: EndpointKind(lane="readiness"),  # in no lane: the event loop answers
    READY: EndpointKind(lane="readiness"),
    METRICS: EndpointKind(lane="metrics"),
    metadata.DISCOVERY: DOCUMENTS,
    metadata.METADATA: DOCUMENTS,
    metadata.JWKS: DOCUMENTS,
    metadata.TOKEN: MACHINES,
    metadata.USERINFO: MACHINES,
    metadata.INTROSPECT: MACHINES,
    metadata.REVOKE: MACHINES,
    metadata.PAR: MACHINES,
    metadata.DEVICE_AUTHORIZATION: MACHINES,
    # A staff member who has left is out also while a flood fills the other lanes.
    STAFF_LOGOUT: EndpointKind(lane="staff_logout", body_bytes=limits.FORM_BYTES, content_types=_FORMS),
    # A file of customers is uploaded, or pasted into the form.
    CUSTOMER_FILE: EndpointKind(
        lane="people", machine=False, body_bytes=limits.FILE_BYTES, content_types=frozenset({FORM, UPLOAD})
    ),
}
# The page that takes the document of a proof. It and that of customers' files read uploads; nothing else gets one.
_PROOF_PATH: Final = re.compile(r"/staff/organizations/[\w-]+/cases/[0-9a-f-]{36}/proof")
PROOF: Final = EndpointKind(
    lane="people", machine=False, body_bytes=limits.PROOF_BYTES, content_types=frozenset({FORM, UPLOAD})
)

THREADS: Final = {"people": 4, "machines": 4, "api": 2, "staff_logout": 1, "readiness": 1, "metrics": 1}
"""Threads by lane. Two cores run about as much Python; more would only hold more database connections."""
WAITING: Final = {"people": 64, "machines": 128, "api": 64, "staff_logout": 32, "readiness": 4, "metrics": 4}
"""Requests that may wait in a lane for a thread; the next one gets 503."""


def of_path(path: str) -> EndpointKind:
    """Return the kind of endpoint: the REST API below API_PREFIX, else the whole path counts; pages are the rest."""
    if path.startswith(API_PREFIX):
        return API
    return PROOF if _PROOF_PATH.fullmatch(path) else _BY_PATH.get(path, PEOPLE)
