"""The canaries sing."""

import uuid

import pytest

from audit import ids, ledger
from audit.actor import system
from audit.ledger import Entry, Heading, Subject
from tests import canary, emptying
from tests.world import World


@pytest.mark.parametrize("text", ["Aino Virtanen", "aino@koskela.example", "came from 203.0.113.7"])
def test_a_personal_value_in_clear_is_found(world: World, emptied: emptying.Emptying, text: str) -> None:
    assert canary.in_clear(emptied.connection) == []
    heading = Heading(actor=system(), act=ids.uuid7(), at=world.aino.created_at)
    entry = Entry(verb="test.leak", subject=Subject("user", uuid.uuid4()), facts={"said": text})
    ledger.note(chain=world.koskela.id, heading=heading, entries=[entry])
    found = canary.in_clear(emptied.connection)
    assert {row[0] for row in found} == {"test.leak"}
    emptied.empty()
