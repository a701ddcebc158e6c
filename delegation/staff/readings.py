"""Logs record each page that staff read: the customer's about the customer, the supplier's about its own log."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from enum import StrEnum

from audit.foundation import clock, db
from audit.foundation.actor import Actor
from audit.log import ledger, observations, repeat_counters
from audit.log.ledger import Subject
from audit.log.repeat_counters import Repeatable
from delegation.acts import locks
from delegation.authorization.event_types import Observation


class Reading(StrEnum):
    """Names what was read, in the event's facts."""

    ACTIVITY = "activity"
    ANSWER = "answer"
    """Who could do something at an instant."""
    CASE = "case"
    """A case of a missing admin, with its proofs."""
    CHANGES = "changes"
    """What changed in people's rights between two days."""
    DUTIES = "duties"
    """Who holds duties to keep apart, and exceptions."""
    EVENTS = "events"
    """Events, in a search over the logs of several customers."""
    EVENTS_EXPORT = "events_export"
    """Such events, as a file."""
    EXPORT = "export"
    """An answer, as a file."""
    INVITATIONS = "invitations"
    LOOK_ACTIVITY = "look_activity"
    LOOK_FORM = "look_form"
    LOOK_HOME = "look_home"
    LOOK_OWN = "look_own"
    LOOK_PEOPLE = "look_people"
    LOOK_PERSON = "look_person"
    """Pages of a customer's person, who allowed staff to look along."""
    ORGANIZATION = "organization"
    PEOPLE = "people"
    PERSON = "person"
    RECORD = "record"
    """What a connected system gets about a person."""
    REVIEW = "review"
    """Access reviews, with the lines of one."""
    RIGHTS = "rights"
    """What a member could do at an instant."""
    SEARCH = "search"
    """People of several customers, in the results of a search."""


def record(
    *,
    actor: Actor,
    what: Reading,
    organizations: Collection[uuid.UUID],
    at: dt.datetime | None = None,
    membership: uuid.UUID | None = None,
) -> None:
    """Record that this staff member reads data of these organizations, before a page shows them.

    Repeats within an hour are one event with their number. With a membership, the event is about this member. Two
    statements for repeats; else seven, and a transaction of its own; one more without `at`; none for no organization.
    Raises Busy where a repeat waits too long for a counter that another transaction holds.
    """
    if not organizations:
        return
    subjects = {
        organization: Subject("membership", membership)
        if membership
        else Subject("organization", organization)
        for organization in organizations
    }
    fact = ("page", what.value)
    record_repeatable(
        actor=actor,
        what=[
            Repeatable(Observation.CUSTOMER_DATA_READ, subject, organization, fact, organization)
            for organization, subject in subjects.items()
        ],
        at=at,
    )


def record_own_log(*, actor: Actor, what: Reading, at: dt.datetime | None = None) -> None:
    """Record in the supplier's log that this staff member reads that log itself, as `record` does."""
    subject, fact = Subject("supplier", ledger.SUPPLIER), ("page", what.value)
    what_is_read = [Repeatable(Observation.SUPPLIER_LOG_READ, subject, ledger.SUPPLIER, fact)]
    record_repeatable(actor=actor, what=what_is_read, at=at)


def record_repeatable(*, actor: Actor, what: Sequence[Repeatable], at: dt.datetime | None) -> None:
    """Record readings, of which repeats within an hour are one event, in a transaction of its own."""
    at = at or clock.now()
    first = repeat_counters.count_repeats(actor=actor, what=what, at=at)
    if not first:
        return
    with db.busy_on_timeout(), observations.recording(actor=actor, at=at) as batch:
        db.limit_lock_waits(longest=locks.lock_timeout(actor))
        batch.repeatable.extend(first)
