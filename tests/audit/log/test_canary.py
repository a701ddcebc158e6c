"""The search for personal values in clear finds one that was written on purpose."""

import uuid

import pytest

from audit.foundation import ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from tests.fixtures import canary, database_reset
from tests.fixtures.world import World


@pytest.mark.parametrize("text", ["Aino Virtanen", "aino@koskela.example", "came from 203.0.113.7"])
def test_canary_with_a_personal_value_in_clear_names_the_event(
    world: World, reset_database: database_reset.DatabaseReset, text: str
) -> None:
    assert canary.events_in_clear(reset_database.connection) == []
    context = EventContext(actor=system(), act=ids.uuid7(), at=world.aino.created_at)
    draft = EventDraft(verb="test.leak", subject=Subject("user", uuid.uuid4()), facts={"text": text})
    ledger.insert_unchained(chain=world.koskela.id, context=context, drafts=[draft])
    leaks = canary.events_in_clear(reset_database.connection)
    assert {row[0] for row in leaks} == {"test.leak"}
    reset_database.reset()
