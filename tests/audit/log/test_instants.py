"""An event is dated at the present: the database refuses another date, and `audit verify` names one."""

import datetime as dt
import uuid

import psycopg
import pytest
from django.db import DatabaseError, transaction

from audit import sealing
from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import instants, ledger
from audit.log.ledger import Append, EventContext, EventDraft, Subject
from audit.models import Chain, Event
from audit.verification import verifier
from delegation.catalogue import ceilings
from tests.fixtures import bypass
from tests.fixtures.world import PLACE, World, move_clock, move_process_clock

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = dt.timedelta(seconds=1)
YEAR_9999 = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


def observe(chain: uuid.UUID, at: dt.datetime) -> uuid.UUID:
    context = EventContext(actor=system(), act=ids.uuid7(), at=at)
    draft = EventDraft(verb="test.observed", subject=Subject("user", chain), outcome="observed")
    (event,) = ledger.insert_unchained(chain=chain, context=context, drafts=[draft])
    return event


def extend(chain: uuid.UUID, at: dt.datetime | None = None) -> uuid.UUID:
    with transaction.atomic():
        (head,) = ledger.lock_chains(chains=[chain]).values()
        at = at or instants.next_instant(heads=[head])
        context = EventContext(actor=system(), act=ids.uuid7(), at=at)
        draft = EventDraft(verb="test.done", subject=Subject("user", chain))
        (event,) = ledger.append(parts=[Append(head, context, [draft])])
    return event


def codes() -> set[tuple[str, str]]:
    return {(finding.code, finding.event) for finding in verifier.verify().findings}


def without_triggers(owner: psycopg.Connection, event: uuid.UUID, at: dt.datetime) -> None:
    """Date an event that is not sealed yet, as the owner without triggers can; the MAC no longer matches."""
    owner.execute("SET session_replication_role = replica")
    for table, key in (("audit_event", "id"), ("audit_inbox", "event")):
        owner.execute(f"UPDATE {table} SET at = %s WHERE {key} = %s".encode(), [at, event])


@pytest.mark.parametrize("write", [observe, extend])
@pytest.mark.parametrize(
    "distance",
    [
        dt.timedelta(days=-27),
        -instants.MAX_AGE - SECOND,
        instants.MAX_LEAD + 5 * SECOND,
        dt.timedelta(days=3650),
    ],
)
def test_event_dated_away_from_the_present_is_refused_by_the_database(
    world: World, write: type, distance: dt.timedelta
) -> None:
    chain = world.vilma.user_id
    with pytest.raises(DatabaseError, match="not dated at the present"):
        write(chain, clock.now() + distance)
    with pytest.raises(DatabaseError, match="not dated at the present"):
        write(chain, YEAR_9999)
    assert Chain.objects.get(id=chain).last_at != YEAR_9999


@pytest.mark.parametrize("distance", [-instants.MAX_AGE + 30 * SECOND, instants.MAX_LEAD - SECOND])
def test_event_dated_within_the_limits_is_accepted(world: World, distance: dt.timedelta) -> None:
    observe(world.vilma.user_id, clock.now() + distance)
    assert verifier.verify().findings == []


def test_limits_follow_the_clock_that_the_owner_moved(world: World) -> None:
    """Tests move both; the application's role can move only that of its own processes."""
    move_clock(-86_400)
    observe(world.vilma.user_id, clock.now())
    move_clock(0)
    move_process_clock(-86_400)
    with pytest.raises(DatabaseError, match="not dated at the present"):
        observe(world.vilma.user_id, clock.now())


def test_verify_names_a_clock_that_only_the_insert_trigger_has(world: World) -> None:
    bypass.move_clock(3600)
    assert {code for code, _ in codes()} == {"clock of the insert trigger moved"}


def test_verify_of_an_observation_dated_back_names_it(world: World, owner: psycopg.Connection) -> None:
    sealing.seal_all()
    event = observe(world.vilma.user_id, clock.now())
    without_triggers(owner, event, clock.now() - dt.timedelta(days=27))
    assert ("dated back", str(event)) in codes()
    sealing.seal_all()
    assert ("dated back", str(event)) in codes()


def test_verify_of_an_event_dated_9999_names_it_alone(world: World, owner: psycopg.Connection) -> None:
    event = observe(world.vilma.user_id, clock.now())
    without_triggers(owner, event, YEAR_9999)
    sealing.seal_all()
    extend(world.koskela.id)
    sealing.seal_all()
    found = codes()
    assert ("dated in the future", str(event)) in found
    assert {named for _, named in found} == {str(event)}


def test_act_after_a_chain_s_end_in_the_future_is_dated_at_the_present(
    world: World, owner: psycopg.Connection
) -> None:
    last = Event.objects.filter(chain=world.koskela.id, seq__isnull=False).latest("seq")
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE audit_event SET at = %s WHERE id = %s", [YEAR_9999, last.id])
    owner.execute("UPDATE audit_chain SET last_at = %s WHERE id = %s", [YEAR_9999, world.koskela.id])
    world.remove(world.sami)
    removal = Event.objects.get(chain=world.koskela.id, verb="member.remove")
    assert abs(removal.at - clock.now()) < instants.MAX_LEAD
    assert ("earlier than the event before", str(removal.id)) in codes()


def test_act_after_a_small_step_back_of_the_clock_is_later_than_the_chain(world: World) -> None:
    extend(world.koskela.id)
    last = Chain.objects.get(id=world.koskela.id).last_at
    assert last is not None
    move_clock(-600)
    extend(world.koskela.id)
    assert Chain.objects.get(id=world.koskela.id).last_at == last + clock.TICK
    assert clock.now() < last
    assert verifier.verify().findings == []


def test_act_after_a_small_step_back_follows_a_chain_that_it_locks_and_does_not_write(world: World) -> None:
    """Such as a ceiling that changes nothing: its organization is locked, its event is in the supplier's chain."""
    move_clock(3600)
    extend(world.koskela.id)
    last = Chain.objects.get(id=world.koskela.id).last_at
    assert last is not None
    move_clock(3000)
    offer = {PLACE: ceilings.current_offer(organization=world.koskela, at=clock.now())[PLACE]}
    done = ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=offer)
    assert done.at == last + clock.TICK
    assert list(Event.objects.filter(act=done.act).values_list("chain", flat=True)) == [ledger.SUPPLIER]
    assert verifier.verify().findings == []


def test_event_after_a_step_back_of_the_clock_moves_the_chain_no_further_ahead(world: World) -> None:
    extend(world.koskela.id)
    last = Chain.objects.get(id=world.koskela.id).last_at
    assert last is not None
    move_clock(-600)
    for write in (extend, observe):
        with pytest.raises(DatabaseError, match="not dated at the present"):
            write(world.koskela.id, last + 2 * clock.TICK)


def test_earlier_event_after_a_chain_s_end_at_the_present_is_refused(world: World) -> None:
    extend(world.koskela.id)
    with pytest.raises(DatabaseError, match="does not continue its chain"):
        extend(world.koskela.id, clock.now() - 10 * SECOND)
