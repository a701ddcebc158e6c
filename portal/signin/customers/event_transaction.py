"""Runs django-allauth's writing views in one transaction with their events (`audit.log.observations`)."""

import functools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpResponseBase

from audit.log import observations
from audit.log.ledger import EventDraft, Subject
from audit.log.observations import EventBatch
from delegation.authorization.event_types import Observation
from identity.people.models import User
from portal.http.request_context import Request
from portal.signin.customers import emails, secret_attempts
from portal.wording import factor_changes

View = Callable[..., HttpResponseBase]

_current: ContextVar[EventBatch | None] = ContextVar("event_batch", default=None)
_READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})


def current_batch() -> EventBatch | None:
    """Return the open batch, for receivers of signals; None outside our views."""
    return _current.get()


@contextmanager
def event_transaction(request: Request) -> Iterator[EventBatch]:
    """Open a batch in a transaction of its own. Raises RuntimeError within another one."""
    with observations.recording(actor=request.context.actor) as batch:
        token = _current.set(batch)
        try:
            yield batch
        finally:
            _current.reset(token)
        _notify_changes(batch)


def _notify_changes(batch: EventBatch) -> None:
    """Queue one mail to each person whose password or factors changed, in this transaction."""
    changes: dict[uuid.UUID, list[tuple[str, str]]] = {}
    for chain, _, _, draft in batch.drafts:
        if (key := _key(draft)) in factor_changes.CHANGES:
            changes.setdefault(chain, []).append(key)
    ended = {
        chain
        for chain, _, _, draft in batch.drafts
        if draft.verb == Observation.SESSION_ENDED and draft.facts["ended_by"] == "assurance"
    }
    for user in User.objects.filter(pk__in=changes):
        emails.queue_security_notice(user=user, changes=changes[user.pk], others_ended=user.pk in ended)


def _key(draft: EventDraft) -> tuple[str, str]:
    return draft.verb, str(draft.facts.get("factor", ""))


def record_denied_sign_in(user: User, *, code: str) -> None:
    """Record that a person was refused after the right password."""
    batch = current_batch()
    if batch is not None:
        subject = Subject("user", user.pk)
        batch.add_repeatable(Observation.SIGN_IN_DENIED, subject=subject, chain=user.pk, fact=("code", code))


def wrap(view: View) -> View:
    """Wrap a view of allauth, so that its requests are limited and the writing ones run in `event_transaction`."""

    @functools.wraps(view)
    def recorded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return secret_attempts.run(request, lambda: in_transaction(request, *args, **kwargs))

    def in_transaction(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in _READ_ONLY:
            return view(request, *args, **kwargs)
        with event_transaction(request):
            return view(request, *args, **kwargs)

    return recorded
