"""The demo's sample data leaves the same events as the product: each with the keys that its sentence reads."""

import json
import pathlib
from typing import Any

import pytest

from audit import personal_data
from audit.foundation import clock
from audit.models import Event
from delegation.activity.events import EventView, read_events
from delegation.authorization import policy
from delegation.authorization.models.staff import StaffRight
from delegation.catalogue.display_names import DisplayNames
from delegation.orphan_cases import case_list
from demo import seed
from portal.wording import events as wording_events
from tests.fixtures import database_reset, documented_events, event_keys, staff_rights

pytestmark = pytest.mark.usefixtures("state_checked")


@pytest.fixture
def seeded(
    transactional_db: None,
    reset_database: database_reset.DatabaseReset,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> list[EventView]:
    """The events of the sample data in an empty installation."""
    reset_database.run()
    monkeypatch.setenv("KEYHOLDER_HOME", str(tmp_path))
    seed.run()
    return read_events(rows=list(Event.objects.order_by("verb")))


def test_events_of_the_sample_data_have_the_keys_of_the_documentation(seeded: list[EventView]) -> None:
    types = documented_events.documented()
    bodies: list[dict[str, Any]] = [json.loads(bytes(event.body)) for event in Event.objects.all()]
    assert {body["verb"] for body in bodies} - types.keys() == set()
    found = {body["verb"]: documented_events.undocumented(body, types) for body in bodies}
    assert {verb: keys for verb, keys in found.items() if keys} == {}


def test_sentences_of_the_sample_data_read_only_keys_that_its_events_have(seeded: list[EventView]) -> None:
    missing = {}
    wording = wording_events.EventWording(DisplayNames({}, {}, {}, {}), {})
    for event in seeded:
        noted = event_keys.noting(event)
        if event.verb in wording_events.SENTENCE_VERBS:
            wording.sentence_for(noted)
        present = {key for part in event_keys.PARTS for key in getattr(event, part)}
        present.add(personal_data.PREPARER_LABEL)  # only where staff prepared the form
        if keys := event_keys.read_keys(noted) - present:
            missing[event.verb] = keys
    assert missing == {}


def test_support_has_the_case_of_the_sample_customer_without_an_admin(seeded: list[EventView]) -> None:
    del seeded
    (right,) = StaffRight.objects.filter(role="support")
    support = staff_rights.acting_as(right.user, "support")
    own = policy.staff_authorities(actor=support, at=clock.now())
    (case,) = case_list.page(own=own, states=["open"]).rows
    assert case.customer == "Betoni-Aalto Oy"
