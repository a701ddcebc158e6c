"""Django-allauth's writing views in one transaction with their events (`audit.log.observations`)."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpResponseBase

from audit.log import observations
from audit.log.ledger import EventDraft, Subject
from audit.log.observations import EventBatch
from delegation.authorization.verbs import Observation
from identity.people.models import User
from portal.http.request_context import Request
from portal.signin.customers import emails, wording

View = Callable[..., HttpResponseBase]

_current: ContextVar[EventBatch | None] = ContextVar("note", default=None)
_READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})


def current() -> EventBatch | None:
    """The note being taken, for receivers of signals; None outside of our views."""
    return _current.get()


@contextmanager
def event_transaction(request: Request) -> Iterator[EventBatch]:
    """Take a note; inside another, it is that one (allauth calls a suspended view from within another)."""
    known = _current.get()
    if known is not None:
        yield known
        return
    with observations.recording(actor=request.actor) as note:
        token = _current.set(note)
        try:
            yield note
        finally:
            _current.reset(token)
        _record_event(note)


def _record_event(note: EventBatch) -> None:
    """One mail to whoever's password or factors have changed, for all that changed; queued in this transaction."""
    entries = [(chain, entry) for chain, _, _, entry in note.drafts]
    happened = {
        chain: told
        for chain, _ in entries
        if (
            told := [
                key for where, one in entries if where == chain and (key := _key(one)) in wording.HAPPENED
            ]
        )
    }
    for user in User.objects.filter(pk__in=happened):
        emails.changed(user=user, happened=happened[user.pk])


def _key(entry: EventDraft) -> tuple[str, str]:
    return entry.verb, str(entry.facts.get("type", ""))


def refused(user: User, *, code: str) -> None:
    """Somebody whose password was right was not let in."""
    note = current()
    if note is not None:
        subject = Subject("user", user.pk)
        note.add(Observation.SIGN_IN_DENIED, subject=subject, chain=user.pk, facts={"code": code})


def view(function: View, *, also_reading: bool = False) -> View:
    """Wrap a view of allauth. `also_reading`: it writes when it is only looked at, too."""

    @functools.wraps(function)
    def noted(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in _READ_ONLY and not also_reading:
            return function(request, *args, **kwargs)
        with event_transaction(request):
            return function(request, *args, **kwargs)

    return noted
