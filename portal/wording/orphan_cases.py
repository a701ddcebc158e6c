"""Staff and customers read what a case of a customer without an admin rests on, how far it is, and what was done."""

import datetime as dt
import math
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_steps
from portal.wording import dates
from portal.wording.event_names import EventNames

KINDS: Mapping[str, Callable[[], str]] = {
    "register": lambda: _("Company register"),
    "domain": lambda: _("Record in the company’s domain"),
    "mandate": lambda: _("Mandate"),
    "contact": lambda: _("Known contact"),
    "call_back": lambda: _("Call back"),
    "member": lambda: _("A colleague confirms"),
    "mailbox": lambda: _("The old admin’s mailbox answers"),
    "letter": lambda: _("Signed letter"),
}
"""By code, in the order of pages where the weights are equal."""
SOURCES: Mapping[str, Callable[[], str]] = {
    "members": lambda: _("colleagues"),
    "domain": lambda: _("the company’s domain"),
    "contact": lambda: _("a contact of yours"),
    "register": lambda: _("the register"),
    "paper": lambda: _("a paper"),
    "phone": lambda: _("a phone number of yours"),
}
STATES: Mapping[str, Callable[[], str]] = {
    "open": lambda: _("Collecting proofs"),
    "proposed": lambda: _("Waits for a second person"),
    "approved": lambda: _("Time for objections"),
    "invited": lambda: _("Invitation sent"),
    "joined": lambda: _("Invites and views"),
    "resolved": lambda: _("Resolved"),
    "closed": lambda: _("Closed without a new admin"),
}
"""By state."""
CAUSES: Mapping[str, Callable[[], str]] = {
    "no_admin": lambda: _("No admin is left who can sign in"),
    "request": lambda: _("A person asked by the public form"),
    "support": lambda: _("Customer service opened it"),
    "claim": lambda: _("No admin answered whether still an admin"),
}
RECIPIENTS: Mapping[str, Callable[[], str]] = {
    "member": lambda: _("colleague"),
    "former_admin": lambda: _("has or had the admin role"),
    "contact": lambda: _("contact"),
    "post": lambda: _("letter by post"),
}


def weight(number: int) -> str:
    """Return the weight of a proof in a word."""
    if number >= 3:
        return _("strong")
    return _("medium") if number == 2 else _("weak")


def short_name(name: str) -> str:
    """Return `Sanna H.`: the columns of verdicts are narrow."""
    first, _space, last = name.partition(" ")
    return f"{first} {last[0]}." if last else first


def time_left(ends: dt.datetime, at: dt.datetime) -> str:
    """Return `17 h 42 min left`, rounded up; `over` after the end."""
    seconds = (ends - at).total_seconds()
    return _("%(time)s left") % {"time": dates.span(_whole_minutes(seconds))} if seconds > 0 else _("over")


def _whole_minutes(seconds: float) -> int:
    return 60 * math.ceil(seconds / 60)


_DONE: Mapping[Verb, Callable[[], str]] = {
    Verb.ORPHAN_CASE_ANSWER: lambda: _("answered who should be the admin"),
    Verb.ORPHAN_CASE_APPROVE: lambda: _("approved the new admin as the second person"),
    Verb.ORPHAN_CASE_ASK: lambda: _("asked by mail who should be the admin"),
    Verb.ORPHAN_CASE_CLOSE: lambda: _("closed the case of the missing admin without a new admin"),
    Verb.ORPHAN_CASE_COMPLETE: lambda: _("gave the new admin all rights of an admin"),
    Verb.ORPHAN_CASE_CONFIRM: lambda: _("took a person’s request to become the admin"),
    Verb.ORPHAN_CASE_CONTINUE: lambda: _("decided on an objection: the case of the missing admin goes on"),
    Verb.ORPHAN_CASE_INVITE: lambda: _("invited the new admin"),
    Verb.ORPHAN_CASE_JOIN: lambda: _("became an admin who first invites and views only"),
    Verb.ORPHAN_CASE_NAME: lambda: _("named the person who may become the admin"),
    Verb.ORPHAN_CASE_NOTIFY: lambda: _("sent a notice about the proposed admin by post"),
    Verb.ORPHAN_CASE_OBJECT: lambda: _("objected to the proposed admin; the clock stopped"),
    Verb.ORPHAN_CASE_OPEN: lambda: _("opened a case: there is no working admin"),
    Verb.ORPHAN_CASE_PROPOSE: lambda: _("proposed a new admin; the time for objections began"),
    Verb.ORPHAN_CASE_PROVE: lambda: _("added a proof about the new admin"),
    Verb.ORPHAN_CASE_WITHDRAW: lambda: _("took the proposal of a new admin back"),
    Verb.ORPHAN_REQUEST_CONNECT: lambda: _("connected a person’s request to the case of the missing admin"),
}


def done(verb: str) -> str:
    """Return what was done, without the person who did it."""
    return _DONE[Verb(verb)]()


def _worded(verb: Verb) -> Callable[[EventNames, EventView], tuple[str, str]]:
    return lambda _wording, _event: (_DONE[verb](), "")


def _completed(_wording: EventNames, event: EventView) -> tuple[str, str]:
    return done(case_steps.verb_taken(event)), ""


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    **{verb: _worded(verb) for verb in _DONE},
    Verb.ORPHAN_CASE_COMPLETE: _completed,
}
"""The sentence and its note of each of these acts."""
ATTEMPTS: Mapping[str, Callable[[], str]] = {
    Verb.ORPHAN_CASE_ANSWER: lambda: _("to answer who should be the admin"),
    Verb.ORPHAN_CASE_APPROVE: lambda: _("to approve a new admin"),
    Verb.ORPHAN_CASE_ASK: lambda: _("to ask who should be the admin"),
    Verb.ORPHAN_CASE_CLOSE: lambda: _("to close the case of the missing admin"),
    Verb.ORPHAN_CASE_COMPLETE: lambda: _("to give the new admin all rights"),
    Verb.ORPHAN_CASE_CONFIRM: lambda: _("to confirm a request to become the admin"),
    Verb.ORPHAN_CASE_CONTINUE: lambda: _("to decide on an objection"),
    Verb.ORPHAN_CASE_INVITE: lambda: _("to invite the new admin"),
    Verb.ORPHAN_CASE_JOIN: lambda: _("to become the new admin"),
    Verb.ORPHAN_CASE_NAME: lambda: _("to name the person who may become the admin"),
    Verb.ORPHAN_CASE_NOTIFY: lambda: _("to note a notice by post"),
    Verb.ORPHAN_CASE_OBJECT: lambda: _("to object to a new admin"),
    Verb.ORPHAN_CASE_OPEN: lambda: _("to open a case of a missing admin"),
    Verb.ORPHAN_CASE_PROPOSE: lambda: _("to propose a new admin"),
    Verb.ORPHAN_CASE_PROVE: lambda: _("to add a proof about a new admin"),
    Verb.ORPHAN_CASE_WITHDRAW: lambda: _("to take the proposal of a new admin back"),
    Verb.ORPHAN_REQUEST_CLOSE: lambda: _("to close a request for an admin’s place"),
    Verb.ORPHAN_REQUEST_CONNECT: lambda: _("to connect a request to the case of a missing admin"),
    Verb.ORPHAN_REQUEST_ERASE: lambda: _("to erase requests for an admin’s place"),
    Verb.ORPHAN_REQUEST_VIEW: lambda: _("to view requests for an admin’s place"),
}
"""What was tried, by verb."""
