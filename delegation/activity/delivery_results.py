"""An act is shown together with the deliveries that it caused in other systems."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, FloatField, Func, QuerySet, Value, When
from django.db.models.functions import Coalesce

from audit.log import authentication
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation

PROMPT_SECONDS = 60
"""Seconds from the act to the result; a later delivery is a line of its own on the log's page."""
_NOT_A_DELIVERY = PROMPT_SECONDS + 1.0
_DELIVERED = (Observation.ACCOUNT_SYNCED, Observation.LOGOUT_DELIVERED, Observation.MAIL_SENT)
_SYNCED = (Observation.ACCOUNT_SYNCED, Observation.LOGOUT_DELIVERED)
_RESULTS = (*_SYNCED, Observation.ACCOUNT_SYNC_FAILED, Observation.LOGOUT_FAILED)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """Holds the result in one application. `seconds` is None where the delivery has failed so far."""

    application: str
    seconds: float | None


Results = dict[str, dict[str, float | None]]
"""By application and kind of delivery (account, logout): seconds, or None for a failure."""


class _Seconds(Func):
    """Reads the seconds from the canonical text of an event.

    That is three times as fast as parsing it, and pages skip thousands of rows. Bytes that are no text, and texts that
    are no number, count as no seconds.
    """

    template = (
        "substring(split_part(split_part(encode(%(expressions)s, 'escape'), '\"seconds\":\"', 2), '\"', 1)"
        " from '^[0-9]{1,9}(?:[.][0-9]{1,9})?$')::double precision"
    )
    output_field = FloatField()


def without_prompt_deliveries(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Leave out prompt deliveries, which are shown with their act. Only bodies of deliveries are read."""
    seconds = Coalesce(_Seconds("body"), Value(0.0))
    delay = Case(When(verb__in=_DELIVERED, then=seconds), default=Value(_NOT_A_DELIVERY))
    return rows.alias(delay=delay).filter(delay__gt=PROMPT_SECONDS)


def for_events(
    *, organization: uuid.UUID, events: Sequence[EventView]
) -> Mapping[uuid.UUID, Sequence[DeliveryResult]]:
    """Read the delivery results of each act on a member, by event. One statement at most."""
    events_by_act = {(event.act, event.subject): event.id for event in events if _is_act(event)}
    if not events_by_act:
        return {}
    rows = Event.objects.filter(
        verb__in=_RESULTS,
        organization=organization,
        subject__in={subject for _, subject in events_by_act},
        act__in={act for act, _ in events_by_act},
        at__gte=min(event.at for event in events),
    )
    results: dict[uuid.UUID, Results] = defaultdict(dict)
    mac_keys = authentication.keys_for_reading()
    for row in rows.order_by("at"):
        body = activity_events.authentic_content(row=row, mac_keys=mac_keys)
        if (row.act, row.subject) in events_by_act and body is not None:
            _add(results[events_by_act[row.act, row.subject]], row.verb, body["facts"])
    return {event: _delivery_results(by_kind) for event, by_kind in results.items()}


def _is_act(event: EventView) -> bool:
    return event.subject_kind == "membership" and event.outcome == Event.Outcome.DONE


def _add(results: Results, verb: str, facts: Mapping[str, str]) -> None:
    """Keep the last result, for accounts and for logouts each."""
    kind = verb.partition(".")[0]
    seconds = float(facts["seconds"]) if verb in _SYNCED else None
    results.setdefault(str(facts.get("application", "")), {})[kind] = seconds


def _delivery_results(results: Results) -> list[DeliveryResult]:
    """Combine the results of an application's accounts and logouts: it counts as reached when both were delivered."""
    return [
        DeliveryResult(
            application, None if None in kinds.values() else max(value or 0.0 for value in kinds.values())
        )
        for application, kinds in results.items()
    ]
