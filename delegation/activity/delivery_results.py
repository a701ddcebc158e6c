"""What an act did in other systems, told with the act: many systems hear of one deed."""

import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, FloatField, Func, QuerySet, Value, When
from django.db.models.functions import Coalesce

from audit.models import Event
from delegation.activity.events import EventView
from delegation.authorization.verbs import Observation

LATE = 60
"""Seconds from the act to the answer; what takes longer stands in the log's page by itself."""
_ALONE = LATE + 1.0
_ARRIVED = (Observation.ACCOUNT_SYNCED, Observation.LOGOUT_DELIVERED, Observation.MAIL_SENT)
_TOLD = (Observation.ACCOUNT_SYNCED, Observation.LOGOUT_DELIVERED)
_ANSWERS = (*_TOLD, Observation.ACCOUNT_SYNC_FAILED, Observation.LOGOUT_FAILED)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """One system that was told. `seconds` is None where it could not be, so far."""

    application: str
    seconds: float | None


Answers = dict[str, dict[str, float | None]]
"""By application, and there by what it was about (account, logout): seconds, or None where it failed."""


class _Seconds(Func):
    """Cut out of the canonical text, which is three times as fast as parsing it: pages pass by thousands."""

    template = (
        "NULLIF(split_part(split_part(convert_from(%(expressions)s, 'UTF8'), '\"seconds\":\"', 2), '\"', 1), '')"
        "::double precision"
    )
    output_field = FloatField()


def without_prompt_deliveries(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Leave out what arrived in time: it is told with its act. A body is opened for deliveries alone."""
    seconds = Coalesce(_Seconds("body"), Value(0.0))
    waited = Case(When(verb__in=_ARRIVED, then=seconds), default=Value(_ALONE))
    return rows.alias(waited=waited).filter(waited__gt=LATE)


def for_events(
    *, organization: uuid.UUID, events: Sequence[EventView]
) -> Mapping[uuid.UUID, Sequence[DeliveryResult]]:
    """What the systems answered to each of these deeds to a colleague, by event. One statement at most."""
    deeds = {(one.act, one.subject): one.id for one in events if _is_act(one)}
    if not deeds:
        return {}
    rows = Event.objects.filter(
        verb__in=_ANSWERS,
        organization=organization,
        subject__in={subject for _, subject in deeds},
        act__in={act for act, _ in deeds},
        at__gte=min(one.at for one in events),
    )
    answers: dict[uuid.UUID, Answers] = defaultdict(dict)
    for act, subject, verb, body in rows.order_by("at").values_list("act", "subject", "verb", "body"):
        if (act, subject) in deeds:
            _add(answers[deeds[act, subject]], verb, json.loads(bytes(body))["facts"])
    return {event: _delivery_result(found) for event, found in answers.items()}


def _is_act(event: EventView) -> bool:
    return event.subject_kind == "membership" and event.outcome == Event.Outcome.DONE


def _add(found: Answers, verb: str, facts: Mapping[str, str]) -> None:
    """The last answer counts, of the account and of the open pages each."""
    half = verb.partition(".")[0]
    seconds = float(facts["seconds"]) if verb in _TOLD else None
    found.setdefault(str(facts.get("application", "")), {})[half] = seconds


def _delivery_result(found: Answers) -> list[DeliveryResult]:
    """A system that has accounts and open pages counts as told when both have been."""
    return [
        DeliveryResult(
            application, None if None in halves.values() else max(one or 0.0 for one in halves.values())
        )
        for application, halves in found.items()
    ]
