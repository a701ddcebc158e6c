"""The person's own chain records each time that the person's data were read as a whole."""

import datetime as dt

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from audit.log.repeat_counters import Repeatable
from delegation.authorization.event_types import Observation
from delegation.staff import readings


def record(*, actor: Actor, page: str, at: dt.datetime) -> None:
    """Record it before the data are shown: `page` says how. Repeats within an hour are one event."""
    what = Repeatable(Observation.OWN_DATA_READ, Subject("user", actor.id), actor.id, ("page", page))
    readings.record_repeatable(actor=actor, what=[what], at=at)
