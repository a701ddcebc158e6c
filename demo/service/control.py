"""Tests read the service's state and cause faults here, behind the SCIM token."""

import dataclasses
import time
from typing import Any

import flask

from demo.service import current_visit, faults, parts, scim

BAD_REQUEST = 400
UNAUTHORIZED = 401

blueprint = flask.Blueprint("control", __name__, url_prefix="/_demo")


@blueprint.before_request
def only_with_token() -> current_visit.Answer | None:
    header = flask.request.headers.get("Authorization")
    if scim.authorized(header, token=parts.current().settings.scim_token):
        return None
    return {"error": "The SCIM token is needed here."}, UNAUTHORIZED


@blueprint.get("/status")
def status() -> current_visit.Answer:
    here = parts.current()
    everybody = here.people.everybody()
    return {
        "service": here.settings.key,
        "monotonic_ns": time.monotonic_ns(),
        "open": len(here.faults.open_requests()),
        "open_requests": here.faults.open_requests(),
        "served": here.faults.served,
        "writes": here.writes.count,
        "logouts": here.logouts.journal.count,
        "people": {"total": len(everybody), "active": sum(person.active for person in everybody)},
        "sessions": here.sessions.count(),
        "delay": {"before_ms": here.faults.before_ms, "after_ms": here.faults.after_ms},
        "failure": dataclasses.asdict(here.faults.failure) if here.faults.failure else None,
    }


@blueprint.post("/delay")
def delay() -> current_visit.Answer:
    """Take {"before_ms", "after_ms"}: slow before a request is carried out, or before its answer leaves."""
    fields = flask.request.get_json()
    here = parts.current().faults
    here.before_ms, here.after_ms = whole(fields, "before_ms"), whole(fields, "after_ms")
    return status()


@blueprint.post("/fail")
def fail() -> current_visit.Answer:
    """Take {"status", "times", "applied", "retry_after"}; `times` 0 ends failing."""
    fields = flask.request.get_json()
    times = whole(fields, "times")
    parts.current().faults.failure = (
        faults.Failure(
            status=whole(fields, "status"),
            times=times,
            applied=fields.get("applied") is True,
            retry_after=whole(fields, "retry_after") if "retry_after" in fields else None,
        )
        if times
        else None
    )
    return status()


def whole(fields: dict[str, Any], key: str) -> int:
    value = fields.get(key, 0)
    if not isinstance(value, int) or value < 0:
        flask.abort(BAD_REQUEST)
    return value
