"""What a command returns, and returns again to a repeated request under the same idempotency key."""

import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, ParamSpec, TypeVar, get_args, get_type_hints

from django.db import connection

from audit.foundation.actor import Actor
from delegation.acts import fingerprint as acts_fingerprint
from delegation.authorization import input_cleaning
from delegation.authorization.errors import IdempotencyKeyReused
from identity import machine_secrets

P = ParamSpec("P")
R = TypeVar("R")
NOT_STORED: Mapping[str, Any] = {"stored": False}
"""Metadata of a result's field that a repetition does not get again, such as a secret; it needs a default."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """The act's id and instant, its subjects, and what the caller needs besides: a frozen dataclass, or None."""

    act: uuid.UUID
    at: dt.datetime
    organization: uuid.UUID | None
    subjects: tuple[uuid.UUID, ...]
    result: R
    again: bool = False
    """Whether this is the answer to an earlier request under the same idempotency key."""


_LOAD = "SELECT request, outcome FROM delegation_idempotencyrecord WHERE actor = %s AND key = %s"

_STORE = """
INSERT INTO delegation_idempotencyrecord (actor, key, request, outcome, at) VALUES (%s, %s, %s, %s::jsonb, %s)
"""


class Replayed(Exception):
    """Carries the stored outcome out of the `with` block that must not run again."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        super().__init__()
        self.stored = stored


COMMANDS: list[Callable[..., Outcome[Any]]] = []
"""Every command of the modules imported so far."""


def command(function: Callable[P, Outcome[R]]) -> Callable[P, Outcome[R]]:
    """Marks a command: its arguments are the request's fingerprint, and a repeated request gets the stored outcome."""

    @functools.wraps(function)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Outcome[R]:
        try:
            with acts_fingerprint.calling(acts_fingerprint.call_of(function, *args, **kwargs)):
                return function(*args, **kwargs)
        except Replayed as replayed:
            return _outcome(replayed.stored, result_type(function))

    COMMANDS.append(answered)
    return answered


def result_type(function: Callable[..., Outcome[Any]]) -> Any:
    """What a command's outcome holds: a dataclass, or the type of None."""
    (kind,) = get_args(get_type_hints(function)["return"])
    return kind


def result_to_json(result: Any) -> dict[str, Any]:
    """A result as it is stored."""
    if result is None:
        return {}
    stored = [one.name for one in fields(result) if one.metadata.get("stored", True)]
    return {name: _plain(getattr(result, name)) for name in stored}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value


def result_from_json(kind: Any, stored: Mapping[str, Any]) -> Any:
    """The stored result, in its type."""
    if kind is type(None):
        return None
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints[name], value) for name, value in stored.items()})


def _typed(hint: Any, value: Any) -> Any:
    if hint is uuid.UUID:
        return uuid.UUID(value)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request under its caller's idempotency key; without a key there is nothing to recall and nothing to keep."""

    actor: Actor
    key: str | None
    fingerprint: str
    """In clear, names and reasons too: only its keyed hash is stored."""

    def recall(self) -> None:
        """Raises Replayed if this was done already, IdempotencyKeyReused if the key was used for something else."""
        if self.key is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.actor.id, self.key])
            kept = cursor.fetchone()
        if kept is None:
            return
        stored, outcome = kept
        if not machine_secrets.matches(secret=self.fingerprint, stored=stored):
            raise IdempotencyKeyReused
        raise Replayed(json.loads(outcome))

    def keep(self, outcome: Outcome[Any]) -> None:
        """Write the outcome down, in the act's own transaction."""
        if self.key is None:
            return
        kept = {
            "act": str(outcome.act),
            "at": outcome.at.isoformat(),
            "organization": str(outcome.organization) if outcome.organization else None,
            "subjects": [str(one) for one in outcome.subjects],
            "result": result_to_json(outcome.result),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                _STORE,
                [
                    self.actor.id,
                    self.key,
                    machine_secrets.hash_secret(self.fingerprint),
                    json.dumps(kept),
                    outcome.at,
                ],
            )


def request(*, actor: Actor, key: str | None) -> IdempotentRequest:
    """The request of the command under way. Raises InvalidInput for a bad key."""
    if key is None:
        return IdempotentRequest(actor=actor, key=None, fingerprint="")
    input_cleaning.line(key, field="idempotency_key", longest=input_cleaning.IDEMPOTENCY_KEY, required=True)
    return IdempotentRequest(actor=actor, key=key, fingerprint=acts_fingerprint.current().fingerprint)


def _outcome(kept: Mapping[str, Any], kind: Any) -> Outcome[Any]:
    return Outcome(
        act=uuid.UUID(kept["act"]),
        at=dt.datetime.fromisoformat(kept["at"]),
        organization=uuid.UUID(kept["organization"]) if kept["organization"] else None,
        subjects=tuple(uuid.UUID(one) for one in kept["subjects"]),
        result=result_from_json(kind, kept["result"]),
        again=True,
    )
