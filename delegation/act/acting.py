"""Asked, alone, whole, remembered, told, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from audit import clock, ids, ledger, mark
from audit.actor import Actor
from audit.errors import Busy, DomainError
from delegation.act import asking, clashes, locks, outcome, remembering
from delegation.act.doing import Act
from delegation.act.outcome import Request
from delegation.act.subjects import SubjectSet
from delegation.verbs import Verb


@contextmanager
def acting(actor: Actor, verb: Verb, *, on: SubjectSet, idempotency_key: str | None = None) -> Iterator[Act]:
    """Ask, lock, ask again, do, remember; or leave nothing but the refusal.

    With an idempotency key, the command under way is done once: a repetition gets the stored outcome.
    Raises Denied, NotFound, Busy, and whatever the command's rules raise.
    """
    request = outcome.request(actor=actor, key=idempotency_key)
    with _refusals(on, actor, verb, request):
        request.recall()
        asking.require_all(on=on, actor=actor, verb=verb, at=clock.now())
        with transaction.atomic(durable=True):
            act = _begin(on, actor, verb)
            request.recall()
            on.reload()
            asking.require_all(on=on, actor=actor, verb=verb, at=act.at)
            with mark.held(name=mark.ACT, value=str(act.id)):
                yield act
                request.keep(act.outcome)
            remembering.done(act=act)


def _begin(on: SubjectSet, actor: Actor, verb: Verb) -> Act:
    held = locks.hold(chains=on.chains(), users=on.users(), actor=actor)
    return Act(
        id=ids.uuid7(),
        at=ledger.instant(held=held.values()),
        actor=actor,
        verb=verb,
        subjects=on,
        held=held,
    )


@contextmanager
def _refusals(on: SubjectSet, actor: Actor, verb: Verb, request: Request) -> Iterator[None]:
    """What comes out of an act that fails: a refusal that is remembered, or Busy, or what nobody anticipated."""
    try:
        with locks.waiting(), _clashes(request):
            yield
    except Busy:
        raise
    except DomainError as refusal:
        if refusal.is_refusal:
            remembering.refused(on=on, actor=actor, verb=verb, refusal=refusal)
        raise


@contextmanager
def _clashes(request: Request) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        # Under another lock somebody was first: the same request, or another one that wants the same name.
        request.recall()
        meaning = clashes.meaning(error)
        if meaning is None:
            raise
        raise meaning from error
