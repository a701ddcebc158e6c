"""The canaries sing."""

import uuid

import pytest

from audit.foundation import ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from tests.fixtures import canary, database_reset
from tests.fixtures.world import World


@pytest.mark.parametrize("text", ["Aino Virtanen", "aino@koskela.example", "came from 203.0.113.7"])
def test_a_personal_value_in_clear_is_found(
    world: World, emptied: database_reset.Emptying, text: str
) -> None:
    assert canary.in_clear(emptied.connection) == []
    heading = EventContext(actor=system(), act=ids.uuid7(), at=world.aino.created_at)
    entry = EventDraft(verb="test.leak", subject=Subject("user", uuid.uuid4()), facts={"said": text})
    ledger.insert_unchained(chain=world.koskela.id, heading=heading, entries=[entry])
    found = canary.in_clear(emptied.connection)
    assert {row[0] for row in found} == {"test.leak"}
    emptied.empty()
