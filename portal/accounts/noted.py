"""Django-allauth's writing views in one transaction with their events (`audit.noting`)."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpResponseBase

from audit import noting
from audit.ledger import Entry, Subject
from audit.noting import Note
from delegation.verbs import Noted
from identity.models import User
from portal.accounts import mails, words
from portal.requests import Request

View = Callable[..., HttpResponseBase]

_current: ContextVar[Note | None] = ContextVar("note", default=None)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def current() -> Note | None:
    """The note being taken, for receivers of signals; None outside of our views."""
    return _current.get()


@contextmanager
def taking(request: Request) -> Iterator[Note]:
    """Take a note; inside another, it is that one (allauth calls a suspended view from within another)."""
    known = _current.get()
    if known is not None:
        yield known
        return
    with noting.noting(actor=request.actor) as note:
        token = _current.set(note)
        try:
            yield note
        finally:
            _current.reset(token)
        _tell(note)


def _tell(note: Note) -> None:
    """One mail to whoever's password or factors have changed, for all that changed; queued in this transaction."""
    entries = [(chain, entry) for chain, _, _, entry in note.said]
    happened = {
        chain: told
        for chain, _ in entries
        if (
            told := [key for where, one in entries if where == chain and (key := _key(one)) in words.HAPPENED]
        )
    }
    for user in User.objects.filter(pk__in=happened):
        mails.changed(user=user, happened=happened[user.pk])


def _key(entry: Entry) -> tuple[str, str]:
    return entry.verb, str(entry.facts.get("type", ""))


def refused(user: User, *, code: str) -> None:
    """Somebody whose password was right was not let in."""
    note = current()
    if note is not None:
        subject = Subject("user", user.pk)
        note.say(Noted.SIGN_IN_REFUSED, subject=subject, chain=user.pk, facts={"code": code})


def view(function: View, *, also_reading: bool = False) -> View:
    """Wrap a view of allauth. `also_reading`: it writes when it is only looked at, too."""

    @functools.wraps(function)
    def noted(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in _READING and not also_reading:
            return function(request, *args, **kwargs)
        with taking(request):
            return function(request, *args, **kwargs)

    return noted
