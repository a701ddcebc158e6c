"""The sentences about what the supplier's staff do to a customer stand together for its log."""

from collections.abc import Callable, Mapping

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording import (
    duty_events,
    factor_recoveries,
    grade_facts,
    handover_events,
    look_events,
    orphan_cases,
    record_events,
    review_events,
    suspension_events,
    takeover_events,
)
from portal.wording.event_names import EventNames

TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    **grade_facts.TEXTS,
    **factor_recoveries.TEXTS,
    **handover_events.TEXTS,
    **look_events.TEXTS,
    **orphan_cases.TEXTS,
    **record_events.TEXTS,
    **duty_events.TEXTS,
    **review_events.TEXTS,
    **suspension_events.TEXTS,
    **takeover_events.TEXTS,
}
"""The sentence and its note of each of these acts."""
