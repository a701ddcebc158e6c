"""The outcome of a command is stored and returned for repeated requests under the same idempotency key."""

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
"""Metadata of a result's field that is not stored, such as a secret; the field needs a default."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """Holds the act, its instant, its subjects and the command's result: a frozen dataclass, or None."""

    act: uuid.UUID
    at: dt.datetime
    organization: uuid.UUID | None
    subjects: tuple[uuid.UUID, ...]
    result: R
    replayed: bool = False
    """Whether an earlier request under the same idempotency key had this outcome."""


_LOAD = "SELECT fingerprint, outcome FROM delegation_idempotencyrecord WHERE actor = %s AND key = %s"

_STORE = """
INSERT INTO delegation_idempotencyrecord (actor, key, fingerprint, outcome, at) VALUES (%s, %s, %s, %s::jsonb, %s)
"""


class Replayed(Exception):
    """Carries the stored outcome out of the `with` block, whose body must not run again."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        super().__init__()
        self.stored = stored


COMMANDS: list[Callable[..., Outcome[Any]]] = []
"""All commands of the modules imported so far."""


def command(function: Callable[P, Outcome[R]]) -> Callable[P, Outcome[R]]:
    """Mark a command: its arguments are the request's fingerprint; a repeated request gets the stored outcome."""

    @functools.wraps(function)
    def replaying(*args: P.args, **kwargs: P.kwargs) -> Outcome[R]:
        try:
            with acts_fingerprint.calling(acts_fingerprint.call_of(function, *args, **kwargs)):
                return function(*args, **kwargs)
        except Replayed as replayed:
            return _outcome(replayed.stored, result_type(function))

    COMMANDS.append(replaying)
    return replaying


def result_type(function: Callable[..., Outcome[Any]]) -> Any:
    """Return the result type of a command: a dataclass, or the type of None."""
    (kind,) = get_args(get_type_hints(function)["return"])
    return kind


def result_to_json(result: Any) -> dict[str, Any]:
    """Convert a result to its stored form."""
    if result is None:
        return {}
    names = [column.name for column in fields(result) if column.metadata.get("stored", True)]
    return {name: _plain(getattr(result, name)) for name in names}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value


def result_from_json(kind: Any, stored: Mapping[str, Any]) -> Any:
    """Rebuild a result from its stored form."""
    if kind is type(None):
        return None
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints[name], value) for name, value in stored.items()})


def _typed(hint: Any, value: Any) -> Any:
    if isinstance(value, str) and uuid.UUID in (hint, *get_args(hint)):
        return uuid.UUID(value)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """Holds a request and its caller's idempotency key; without a key, nothing is stored or replayed."""

    actor: Actor
    key: str | None
    fingerprint: str
    """In clear text, with names and reasons: only its keyed hash is stored."""

    def replay_if_done(self) -> None:
        """Raise Replayed for a request already done, IdempotencyKeyReused for another request under the same key."""
        if self.key is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.actor.id, self.key])
            row = cursor.fetchone()
        if row is None:
            return
        request_hash, outcome = row
        if not machine_secrets.matches(secret=self.fingerprint, stored=request_hash):
            raise IdempotencyKeyReused
        raise Replayed(json.loads(outcome))

    def store(self, outcome: Outcome[Any]) -> None:
        """Store the outcome in the act's own transaction."""
        if self.key is None:
            return
        record = {
            "act": str(outcome.act),
            "at": outcome.at.isoformat(),
            "organization": str(outcome.organization) if outcome.organization else None,
            "subjects": [str(subject) for subject in outcome.subjects],
            "result": result_to_json(outcome.result),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                _STORE,
                [
                    self.actor.id,
                    self.key,
                    machine_secrets.hash_secret(self.fingerprint),
                    json.dumps(record),
                    outcome.at,
                ],
            )


def current_request(*, actor: Actor, key: str | None) -> IdempotentRequest:
    """Return the request of the command under way. Raises InvalidInput for a bad key."""
    if key is None:
        return IdempotentRequest(actor=actor, key=None, fingerprint="")
    input_cleaning.line(key, field="idempotency_key", longest=input_cleaning.IDEMPOTENCY_KEY, required=True)
    return IdempotentRequest(actor=actor, key=key, fingerprint=acts_fingerprint.current().fingerprint)


def _outcome(stored: Mapping[str, Any], kind: Any) -> Outcome[Any]:
    return Outcome(
        act=uuid.UUID(stored["act"]),
        at=dt.datetime.fromisoformat(stored["at"]),
        organization=uuid.UUID(stored["organization"]) if stored["organization"] else None,
        subjects=tuple(uuid.UUID(subject) for subject in stored["subjects"]),
        result=result_from_json(kind, stored["result"]),
        replayed=True,
    )
