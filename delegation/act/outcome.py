"""What a command answers, also when it is asked again under the same key."""

import datetime as dt
import functools
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec

from audit.actor import Actor
from delegation.errors import AskedOtherwise
from delegation.models import Once

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The act's id and instant, its subjects, and what the caller needs besides (JSON)."""

    act: uuid.UUID
    at: dt.datetime
    organization: uuid.UUID | None
    subjects: tuple[uuid.UUID, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    """Whether this is the answer to an earlier request under the same idempotency key."""


class Replayed(Exception):
    """Carries the kept outcome out of the `with` block that must not run again."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def command(function: Callable[P, Outcome]) -> Callable[P, Outcome]:
    """Marks a function of `delegation.commands`; answers a repeated request with the kept outcome."""

    @functools.wraps(function)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        try:
            return function(*args, **kwargs)
        except Replayed as replayed:
            return replayed.outcome

    return answered


def fingerprint(*, verb: str, subjects: Mapping[str, Any]) -> str:
    """SHA-256 of what is asked, for telling a repetition from another request."""
    asked = json.dumps({"verb": verb, **subjects}, sort_keys=True, default=str)
    return hashlib.sha256(asked.encode()).hexdigest()


def recall(*, actor: Actor, key: str, request: str) -> None:
    """Raises Replayed if this was done already, AskedOtherwise if the key was used for something else."""
    kept = Once.objects.filter(actor=actor.id, key=key).first()
    if kept is None:
        return
    if kept.request != request:
        raise AskedOtherwise(key=key)
    held = kept.outcome
    raise Replayed(
        Outcome(
            act=uuid.UUID(held["act"]),
            at=dt.datetime.fromisoformat(held["at"]),
            organization=uuid.UUID(held["organization"]) if held["organization"] else None,
            subjects=tuple(uuid.UUID(one) for one in held["subjects"]),
            data=held["data"],
            again=True,
        )
    )


def keep(*, actor: Actor, key: str, request: str, outcome: Outcome) -> None:
    """Write the outcome down, in the act's own transaction."""
    Once.objects.create(
        actor=actor.id,
        key=key,
        request=request,
        at=outcome.at,
        outcome={
            "act": str(outcome.act),
            "at": outcome.at.isoformat(),
            "organization": str(outcome.organization) if outcome.organization else None,
            "subjects": [str(one) for one in outcome.subjects],
            "data": dict(outcome.data),
        },
    )
