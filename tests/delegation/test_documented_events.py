"""`docs/events.md` lists every event type once, and explains every key."""

import re
from typing import Any

import pytest

from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Verb
from tests.fixtures import documented_events

EXPLAINED = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)


def explained(page: str) -> list[str]:
    keys = page.partition("\n## Keys\n")[2]
    return [key for row in EXPLAINED.findall(keys) for key in documented_events.KEY.findall(row)]


def test_page_lists_every_event_type_once() -> None:
    acts = [verb.value for verb in Verb if not verb.rule.reading]
    page = documented_events.PAGE.read_text("utf-8")
    listed = [event_type for event_type, _ in documented_events.ROW.findall(page)]
    assert sorted(listed) == sorted([*acts, *(observation.value for observation in Observation)])


def test_page_explains_every_key_once() -> None:
    personal = {"address", "email", "name"}
    used = set().union(*documented_events.documented().values()) | documented_events.REFUSAL
    keys = explained(documented_events.PAGE.read_text("utf-8"))
    assert used - personal - set(keys) == set()
    assert set(keys) - used == set()
    assert {key for key in keys if keys.count(key) > 1} <= {"seconds"}


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({}, set()),
        ({"facts": {"families": 1}}, {"families"}),
        ({"personal": {"nickname": {}}}, {"nickname"}),
        ({"facts": {"code": "denied"}}, {"code"}),
        ({"facts": {"code": "denied"}, "outcome": "refused"}, set()),
        ({"facts": {"families": 1}, "verb": "test.done"}, set()),
    ],
)
def test_undocumented_key_is_named(change: dict[str, Any], keys: set[str]) -> None:
    event = {"verb": "member.remove", "outcome": "done", "before": {}, "after": {}, "facts": {}}
    body = event | {"personal": {"actor.label": {}, "reason": {}}} | change
    assert documented_events.undocumented(body, documented_events.documented()) == keys
