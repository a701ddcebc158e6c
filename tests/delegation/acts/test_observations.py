"""Observations under the locks of an act."""

import uuid

import pytest

from audit.foundation.actor import system
from audit.foundation.errors import Busy
from delegation.acts import locked_observations
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_recording_when_a_chain_is_added_while_waiting_is_busy(world: World) -> None:
    answers: list[set[uuid.UUID]] = [set(), {world.koskela.id}]
    with (
        pytest.raises(Busy),
        locked_observations.recording_under_locks(
            actor=system(), users=lambda: {world.mikko.user_id}, chains=lambda _: answers.pop(0)
        ),
    ):
        raise AssertionError("the block must not run")


def test_recording_when_the_chains_stay_runs_the_block(world: World) -> None:
    ran = []
    with locked_observations.recording_under_locks(
        actor=system(), users=lambda: {world.mikko.user_id}, chains=lambda _: {world.koskela.id}
    ):
        ran.append(1)
    assert ran == [1]
