"""A command runs as one unit of work: authorize, lock, re-authorize, change, record, commit."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from audit.foundation import clock, db, ids
from audit.foundation.actor import Actor
from audit.foundation.errors import Busy, DomainError
from audit.log import instants
from delegation.acts import authorize, conflicts, idempotency, locks, recording
from delegation.acts.act import Act
from delegation.acts.idempotency import IdempotentRequest
from delegation.acts.subjects import SubjectSet
from delegation.authorization.verbs import Verb


@contextmanager
def acting(actor: Actor, verb: Verb, *, on: SubjectSet, idempotency_key: str | None = None) -> Iterator[Act]:
    """Run the body as one durable transaction under the locks of the set; a failed act leaves only its refusal.

    With an idempotency key the body runs once: a repeated request gets the stored outcome.
    Raises Denied, NotFound, Busy, and the errors of the command's rules.
    """
    request = idempotency.current_request(actor=actor, key=idempotency_key)
    with _recording_refusals(on, actor, verb, request):
        request.replay_if_done()
        _authorize_before_locks(on, actor, verb, request)
        with transaction.atomic(durable=True):
            act = _begin(on, actor, verb)
            request.replay_if_done()
            on.reload()
            authorize.require_all(on=on, actor=actor, verb=verb, at=act.at)
            yield act
            request.store(act.outcome)
            recording.write_events(act=act)


def _authorize_before_locks(on: SubjectSet, actor: Actor, verb: Verb, request: IdempotentRequest) -> None:
    try:
        authorize.require_all(on=on, actor=actor, verb=verb, at=clock.now())
    except DomainError:
        # The same request may have been done since the first look: what it ended is no refusal of this one.
        request.replay_if_done()
        raise


def _begin(on: SubjectSet, actor: Actor, verb: Verb) -> Act:
    chain_heads = locks.acquire(chains=on.chains(), users=on.users(), actor=actor)
    return Act(
        id=ids.uuid7(),
        at=instants.next_instant(heads=chain_heads.values()),
        actor=actor,
        verb=verb,
        subjects=on,
        chain_heads=chain_heads,
    )


@contextmanager
def _recording_refusals(
    on: SubjectSet, actor: Actor, verb: Verb, request: IdempotentRequest
) -> Iterator[None]:
    """Record a refusal in a transaction of its own. Busy and unexpected errors leave no record."""
    try:
        with db.busy_on_timeout(), _translating_conflicts(request):
            yield
    except Busy:
        raise
    except DomainError as refusal:
        if refusal.is_refusal:
            recording.write_refusal(on=on, actor=actor, verb=verb, refusal=refusal)
        raise


@contextmanager
def _translating_conflicts(request: IdempotentRequest) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        # Another transaction under other locks was first: the same request, or another one for the same unique value.
        request.replay_if_done()
        refusal = conflicts.translate(error)
        if refusal is None:
            raise
        raise refusal from error
