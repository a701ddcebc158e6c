"""Asked, alone, whole, remembered, told, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from audit.foundation import clock, ids, write_guard
from audit.foundation.actor import Actor
from audit.foundation.errors import Busy, DomainError
from audit.log import ledger
from delegation.acts import authorize, conflicts, idempotency, locks, recording
from delegation.acts.act import Act
from delegation.acts.idempotency import IdempotentRequest
from delegation.acts.subjects import SubjectSet
from delegation.authorization.verbs import Verb


@contextmanager
def acting(actor: Actor, verb: Verb, *, on: SubjectSet, idempotency_key: str | None = None) -> Iterator[Act]:
    """Ask, lock, ask again, do, remember; or leave nothing but the refusal.

    With an idempotency key, the command under way is done once: a repetition gets the stored outcome.
    Raises Denied, NotFound, Busy, and whatever the command's rules raise.
    """
    request = idempotency.request(actor=actor, key=idempotency_key)
    with _refusals(on, actor, verb, request):
        request.recall()
        authorize.require_all(on=on, actor=actor, verb=verb, at=clock.now())
        with transaction.atomic(durable=True):
            act = _begin(on, actor, verb)
            request.recall()
            on.reload()
            authorize.require_all(on=on, actor=actor, verb=verb, at=act.at)
            with write_guard.allow(mark=write_guard.ACT, origin=str(act.id)):
                yield act
                request.keep(act.outcome)
            recording.write_events(act=act)


def _begin(on: SubjectSet, actor: Actor, verb: Verb) -> Act:
    held = locks.acquire(chains=on.chains(), users=on.users(), actor=actor)
    return Act(
        id=ids.uuid7(),
        at=ledger.next_instant(heads=held.values()),
        actor=actor,
        verb=verb,
        subjects=on,
        held=held,
    )


@contextmanager
def _refusals(on: SubjectSet, actor: Actor, verb: Verb, request: IdempotentRequest) -> Iterator[None]:
    """What comes out of an act that fails: a refusal that is remembered, or Busy, or what nobody anticipated."""
    try:
        with locks.busy_on_timeout(), _clashes(request):
            yield
    except Busy:
        raise
    except DomainError as refusal:
        if refusal.is_refusal:
            recording.write_refusal(on=on, actor=actor, verb=verb, refusal=refusal)
        raise


@contextmanager
def _clashes(request: IdempotentRequest) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        # Under another lock somebody was first: the same request, or another one that wants the same name.
        request.recall()
        meaning = conflicts.translate(error)
        if meaning is None:
            raise
        raise meaning from error
