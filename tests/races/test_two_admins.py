"""Two admins remove each other at the same moment, again and again: one stays.

Then the same with the protection taken out, to see that it is the protection: without the lock the chain's trigger
refuses the second; without lock and trigger organizations are left with nobody.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from delegation.acts import locks
from delegation.authorization.models.assignments import Assignment
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership, MembershipPeriod
from portal import embedded_postgres
from tests.fixtures import cluster, concurrency, measurements
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

# Not by asking the rules: how many admins for good are active, by the tables themselves.
ADMINS = """
SELECT count(DISTINCT m.id) FROM identity_membership m
JOIN identity_membershipperiod p ON p.membership_id = m.id AND p.state = 'active' AND p.valid_until IS NULL
JOIN delegation_assignment a ON a.membership_id = m.id AND a.valid_until IS NULL AND a.all_sites
JOIN delegation_role r ON r.id = a.role_id AND r.key = 'organization_admin'
WHERE m.organization_id = %s
"""


class Duel:
    """Two threads with a connection each, started together in every round."""

    def __init__(self, world: World, rounds: int) -> None:
        self.world, self.rounds = world, rounds
        self.outcomes: Counter[str] = Counter()
        self.without_admin = 0
        self.start, self.end = threading.Barrier(3), threading.Barrier(3)

    def __str__(self) -> str:
        return f"{self.rounds} rounds: {dict(self.outcomes)}, without an admin: {self.without_admin}"

    def run(self) -> None:
        pairs = [(self.world.aino, self.world.paivi), (self.world.paivi, self.world.aino)]
        threads = [threading.Thread(target=self._remove, args=pair, daemon=True) for pair in pairs]
        for thread in threads:
            thread.start()
        for _ in range(self.rounds):
            self.start.wait(concurrency.TIMEOUT)
            self.end.wait(concurrency.TIMEOUT)
            self.without_admin += self._admins() == 0
            self._both_back()
        for thread in threads:
            thread.join(concurrency.TIMEOUT)

    def _remove(self, who: Membership, colleague: Membership) -> None:
        actor = actor_of(who)
        for _ in range(self.rounds):
            self.start.wait(concurrency.TIMEOUT)
            try:
                people_commands.remove(actor=actor, memberships=[colleague])
                outcome = "removed"
            except Exception as error:  # noqa: BLE001 - counted, and judged by the test
                outcome = "forked" if "does not continue its chain" in str(error) else type(error).__name__
            self.outcomes[outcome] += 1
            self.end.wait(concurrency.TIMEOUT)
        connections.close_all()

    def _admins(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(ADMINS, [self.world.koskela.id])
            return int(cursor.fetchone()[0])

    def _both_back(self) -> None:
        both = [self.world.aino.id, self.world.paivi.id]
        with bypassing_commands():
            MembershipPeriod.objects.filter(membership__in=both).update(valid_until=None)
            Assignment.objects.filter(membership__in=both).update(valid_until=None)


_SWITCH_GUARDS = """
DO $$ DECLARE guarded regclass; BEGIN
    FOR guarded IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'keyholder_guard' LOOP
        EXECUTE 'ALTER TABLE ' || guarded || ' {} TRIGGER keyholder_guard';
    END LOOP;
END $$
"""
"""The guards find an event by what the chain's trigger writes."""


@contextmanager
def without_trigger(owner_url: str) -> Iterator[None]:
    """The owner takes the chain's own check away, and with it what makes a place in a chain unique."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_extend_chain")
        owner.execute(_SWITCH_GUARDS.format("DISABLE"))
        try:
            yield
        finally:
            owner.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_extend_chain")
            owner.execute(_SWITCH_GUARDS.format("ENABLE"))


def test_mutual_removal_of_two_admins_leaves_one(
    world: World, report_figure: measurements.ReportFigure
) -> None:
    duel = Duel(world, concurrency.ROUNDS)
    duel.run()
    report_figure(f"two admins remove each other: {duel}")
    assert duel.without_admin == 0
    assert duel.outcomes["removed"] == concurrency.ROUNDS
    assert duel.outcomes.keys() <= {"removed", "NotFound", "LastAdmin"}
    assert sum(duel.outcomes.values()) == 2 * concurrency.ROUNDS


def test_mutual_removal_without_the_lock_is_refused_by_the_chain(
    world: World, monkeypatch: pytest.MonkeyPatch, report_figure: measurements.ReportFigure
) -> None:
    monkeypatch.setattr(locks, "acquire", concurrency.without_locking)
    duel = Duel(world, concurrency.ROUNDS_WITHOUT)
    duel.run()
    report_figure(f"the same with the lock out: {duel}")
    assert duel.without_admin == 0
    assert duel.outcomes["forked"] > 0


def test_mutual_removal_without_lock_and_chain_leaves_no_admin(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    database_urls: cluster.Urls,
    report_figure: measurements.ReportFigure,
) -> None:
    monkeypatch.setattr(locks, "acquire", concurrency.without_locking)
    with without_trigger(database_urls[embedded_postgres.OWNER]):
        duel = Duel(world, concurrency.ROUNDS_WITHOUT)
        duel.run()
    report_figure(f"the same with lock and chain out: {duel}")
    assert duel.without_admin > 0
