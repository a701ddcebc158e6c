"""A generated grid of oddities: what targets answer, to which request, with which body and header, when.

None leaves a removed person active, floods a target, takes one record's answer for a property of the target, or shows
a state that is not so. Time is simulated: leases and outcomes take the instant, so that minutes pass at once.
"""

import copy
import dataclasses
import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import Max, Min

from audit.foundation import clock
from identity.clients.models import Client
from provisioning.accounts import events
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account, Delivery
from provisioning.connectors.scim import compare
from provisioning.delivery.errors import DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.http.pool import Pool
from provisioning.logout import delivery as logout_delivery
from provisioning.logout.delivery import LogoutDeliveries
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import deliver_all, plan_all, sign_in
from tests.fixtures.fake_target import Fault
from tests.fixtures.measurements import ReportFigure
from tests.fixtures.world import World, bypassing_commands

SEED = 20261128
KINDS = ("find", "list", "GET", "POST", "PUT", "PATCH", "DELETE", "all")
STATUSES = (
    200, 201, 202, 204, 206, 301, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 423, 425, 428,
    429, 451, 500, 501, 502, 503, 504, 507, 599,
)  # fmt: skip
BODIES: dict[str, object] = {
    "empty": b"",
    "object": {},
    "list": [],
    "page": b"<html>busy</html>",
    "error": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "no", "status": "400"},
    "another record": {"id": "another", "externalId": "another", "userName": "another", "active": False},
    "records without a total": {"Resources": "none"},
    "deep": b"[" * 50_000,
}
HEADERS: dict[str, dict[str, str]] = {
    "none": {},
    "retry now": {"Retry-After": "0"},
    "retry in the past": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"},
    "retry never": {"Retry-After": "9" * 400},
    "retry soon": {"Retry-After": "soon"},
    "false coding": {"Content-Encoding": "br"},
    "compressed": {"Content-Encoding": "gzip"},
    "collection": {"Location": "/scim/v2/Users"},
    "another place": {"Location": "http://[/Users/1"},
}
TIMES = ("always", "first", "first three", "every second")
SITUATIONS = ("known", "unknown id", "read first", "without patch")
UNAVAILABLE = {401, 408, 425, 429, 502, 503, 504}
"""Statuses after which no other request is sent."""
PHASE = dt.timedelta(seconds=90)
RECOVERY = dt.timedelta(hours=3)
MOST_CALLS = 150
"""Requests about one record in one minute: the six attempts of the first one, with at most twenty requests each."""
MOST_LOGOUTS = 60
"""Requests to one service in one minute, about three sign-ins."""


@dataclasses.dataclass(frozen=True)
class Oddity:
    """One cell of the grid."""

    kind: str
    status: int
    body: str
    header: str
    time: str
    situation: str
    is_executed: bool
    is_lost: bool
    is_everybody: bool
    """Whether it befalls all records, or the removed person's alone."""
    deletes: bool
    """Whether the records of removed people are deleted."""
    stale_reads: int
    """How many reads after a write show the record before it."""

    def fault(self) -> Fault:
        return Fault(
            status=self.status,
            content=BODIES[self.body],
            headers=HEADERS[self.header],
            is_executed=self.is_executed,
            lost_reply=self.is_lost,
            reset=self.is_lost and not self.is_executed,
        )

    def faults(self) -> Callable[[str], Fault | None]:
        """Give the faults of one request after the other."""
        number = itertools.count()
        return lambda _kind: self.fault() if self.befalls(next(number)) else None

    def befalls(self, number: int) -> bool:
        return {
            "always": True,
            "first": number == 0,
            "first three": number < 3,
            "every second": number % 2 == 0,
        }[self.time]


def grid(seed: int) -> list[Oddity]:
    """Every kind of request with every status, once each; the other sides of the grid by chance."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    return [
        Oddity(
            kind=kind,
            status=status,
            body=chance.choice(list(BODIES)),
            header=chance.choice(list(HEADERS)),
            time=chance.choice([*TIMES, "always"]),
            situation=chance.choice(SITUATIONS),
            is_executed=chance.random() < 0.3,
            is_lost=chance.random() < 0.05,
            is_everybody=chance.random() < 0.5,
            deletes=kind == "DELETE" or chance.random() < 0.3,
            stale_reads=chance.choice((0, 0, 0, 1, 2)),
        )
        for kind, status in itertools.product((*KINDS, "logout"), STATUSES)
    ]


ODDITIES = grid(SEED)


class Shop:
    """The shop's records before the removal, and what the deliverer does at simulated instants."""

    def __init__(self, world: World, server: fake_target.Server, target: Target, pool: Pool) -> None:
        self.world, self.server, self.target = world, server, target
        self.kind = AccountDeliveries(pool=pool)
        plan_all()
        deliver_all(self.kind)
        self.users = copy.deepcopy(server.users)
        self.leaver = Account.objects.get(user=world.olli.user)
        self.changed = Account.objects.get(user=world.mikko.user)
        self.new = Account.objects.get(user=world.vilma.user)
        self.act = world.remove(world.olli).act
        plan_all()
        (delivery,) = Delivery.objects.filter(account=self.leaver, act=self.act).values()
        # The sequence gives another number.
        self.delivery = {name: value for name, value in delivery.items() if name != "id"}
        self.generation = Account.objects.get(id=self.leaver.id).generation
        self.at = clock.now()
        self.calls: Counter[tuple[int, int]] = Counter()

    def begin(self, oddity: Oddity) -> None:
        """Let the removed person be active in the shop, one change be due, and one person be new."""
        self.at += dt.timedelta(days=1)
        self.calls.clear()
        self.server.users = copy.deepcopy(self.users)
        del self.server.users[self.new.remote_id]
        self.server.before.clear()
        self.server.be = fake_target.Behavior(odd=self._odd(oddity), stale_reads=oddity.stale_reads)
        for row in (self.leaver, self.changed, self.new):
            self._reset(row, oddity)
        Delivery.objects.filter(account=self.leaver).delete()
        Delivery.objects.create(**self.delivery)
        has_patch = oddity.situation != "without patch"
        with bypassing_commands():
            Target.objects.filter(id=self.target.id).update(
                on_removal="delete" if oddity.deletes else "deactivate",
                supports_patch=has_patch,
                without_patch=None,
                failures=0,
                down_since=None,
                pause_until=None,
            )

    def _reset(self, row: Account, oddity: Oddity) -> None:
        is_leaver, is_new = row.id == self.leaver.id, row.id == self.new.id
        knows_id = not is_new and not (is_leaver and oddity.situation == "unknown id")
        Account.objects.filter(id=row.id).update(
            remote_id=row.remote_id if knows_id else "",
            acknowledged_digest="" if is_new else "before",
            acknowledged_active=None if is_new else True,
            acknowledged_rights={} if is_new else row.acknowledged_rights,
            due_at=self.at,
            uncertain_until=self.at if oddity.situation == "read first" else None,
            state="updating",
            attempts=0,
            last_error="",
            failing_since=None,
            observed=None,
            leased_until=None,
            leased_by=None,
            generation=self.generation,
        )

    def _odd(self, oddity: Oddity) -> Callable[[str], Fault | None]:
        names = (self.leaver.remote_id, str(self.leaver.user_id), self.world.olli.user.email)
        number = itertools.count()

        def odd(kind: str) -> Fault | None:
            if (kind, oddity.kind) == ("find", "list"):
                return Fault(status=400)  # Without filters, lists are read.
            is_meant = oddity.is_everybody or any(name in self.server.asked for name in names)
            is_meant = is_meant and oddity.kind in {kind, "all"}
            return oddity.fault() if is_meant and oddity.befalls(next(number)) else None

        return odd

    def run(self, until: dt.datetime) -> Iterator[None]:
        """Deliver what is due until then; after each outcome a caller may look."""
        for _ in range(10_000):
            tasks = self.kind.lease(worker=1, at=self.at, in_flight={}) or []
            for task in tasks:
                before = len(self.server.requests)
                outcome = _outcome(task)
                minute = int(self.at.timestamp() // 60)
                self.calls[task.row.account.id, minute] += len(self.server.requests) - before
                self.kind.settle(outcomes=[outcome], at=self.at)
                yield
            if not tasks and not self._wait(until):
                return
        pytest.fail("the deliverer never rests")

    def _wait(self, until: dt.datetime) -> bool:
        """Move to the next instant with something due, unless that is later."""
        due = Account.objects.aggregate(at=Min("due_at"))["at"]
        pause = Target.objects.get(id=self.target.id).pause_until
        at = max(filter(None, (due, pause)), default=None) if due else None
        if at is None or at > until:
            self.at = max(self.at, until)
            return False
        self.at = max(at, self.at + dt.timedelta(milliseconds=1))
        return True

    # What is so

    def is_closed(self) -> bool:
        return all(compare.is_inactive(one) for one in self.server.by_external_id(self.leaver.user_id))

    def is_shown_closed(self) -> bool:
        row = Account.objects.get(id=self.leaver.id)
        confirmed = Delivery.objects.filter(account=self.leaver, done_at__isnull=False).exists()
        return row.acknowledged_active is False or row.state == "up_to_date" or confirmed

    def is_changed(self) -> bool:
        return self._has_right_record(self.changed)

    def is_new(self) -> bool:
        return self._has_right_record(self.new)

    def _has_right_record(self, row: Account) -> bool:
        return compare.is_done(self.users[row.remote_id], self.server.by_external_id(row.user_id))

    def is_shown_right(self, row: Account) -> bool:
        return Account.objects.get(id=row.id).state == "up_to_date"


def _outcome(task: Any) -> Any:
    try:
        return DeliveryOutcome(task, result=task.run())
    except DeliveryError as error:
        return DeliveryOutcome(task, error=error)


def others_work(oddity: Oddity) -> bool:
    """Whether the target can be made right while the oddity lasts: another request does the same."""
    if oddity.is_lost or oddity.status in UNAVAILABLE:
        return False
    return oddity.kind not in {"all", "GET"} or oddity.time != "always"


def check(shop: Shop, oddity: Oddity) -> None:
    shop.begin(oddity)
    for _ in shop.run(shop.at + PHASE):
        assert shop.is_closed() or not shop.is_shown_closed(), "shown as closed while active"
        assert shop.is_changed() or not shop.is_shown_right(shop.changed), "shown as up to date"
        assert shop.is_new() or not shop.is_shown_right(shop.new), "shown as created"
    if not oddity.is_everybody:
        has_patch = oddity.situation != "without patch"
        assert Target.objects.get(id=shop.target.id).supports_patch or not has_patch, "one record shows it"
        assert shop.is_changed(), "another record waits for this one"
        assert shop.is_new(), "another record waits for this one"
    if oddity.kind in {"PATCH", "PUT", "DELETE", "POST"} and others_work(oddity):
        assert shop.is_closed(), "left active although another request would have closed it"
    shop.server.be.odd = lambda _kind: None
    for _ in shop.run(shop.at + RECOVERY):
        assert shop.is_closed() or not shop.is_shown_closed(), "shown as closed while active"
    assert shop.is_closed(), "left active"
    assert shop.is_shown_closed(), "closed and not shown so"
    assert Delivery.objects.get(account=shop.leaver).done_at is not None, "the receipt has no confirmation"
    assert shop.is_changed(), "not changed"
    assert shop.is_new(), "not created, or twice"
    assert max(shop.calls.values()) <= MOST_CALLS, "a flood"


@pytest.mark.parametrize("kind", KINDS)
def test_no_oddity_of_a_target_leaves_a_removed_person_active_floods_it_or_is_shown_wrongly(
    *,
    world: World,
    shop: fake_target.Server,
    ordering: Target,
    pool: Pool,
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
    report_figure: ReportFigure,
    kind: str,
) -> None:
    # The log takes no event of a simulated instant.
    monkeypatch.setattr(events, "record", lambda **_: None)
    state, oddities = Shop(world, shop, ordering, pool), [one for one in ODDITIES if one.kind == kind]
    most = 0
    for oddity in oddities:
        with subtests.test(msg=str(oddity)):
            check(state, oddity)
            most = max(most, *state.calls.values())
    report_figure(
        f"oddities with seed {SEED}: {len(oddities)} of {kind}, "
        f"at most {most} requests about one record in one minute"
    )


def ended_sign_ins(world: World, shop: fake_target.Server) -> None:
    """Three sign-ins of one person and one service, which end together."""
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    for _ in range(3):
        sign_in(world.mikko)
    world.remove(world.mikko)
    plan_all()


def deliver_logouts(
    kind: LogoutDeliveries, shop: fake_target.Server, at: dt.datetime, until: dt.datetime
) -> int:
    """Deliver what is due until then. Returns the most requests in one minute."""
    requests: Counter[int] = Counter()
    for _ in range(10_000):
        tasks = kind.lease(worker=1, at=at, in_flight={}) or []
        before = len(shop.requests)
        outcomes = [_outcome(task) for task in tasks]
        requests[int(at.timestamp() // 60)] += len(shop.requests) - before
        kind.settle(outcomes=outcomes, at=at)
        if tasks:
            continue
        waiting = Logout.objects.exclude(due_at=None).aggregate(first=Min("due_at"), last=Max("due_at"))
        # The logouts of a paused client wait for the last failed one.
        due = waiting["first"] if waiting["first"] is None or waiting["first"] > at else waiting["last"]
        if due is None or due > until:
            return max(requests.values())
        at = due
    pytest.fail("the deliverer never rests")


def test_no_oddity_of_a_service_floods_it_or_is_shown_as_a_logout(
    *,
    world: World,
    shop: fake_target.Server,
    pool: Pool,
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
    report_figure: ReportFigure,
) -> None:
    monkeypatch.setattr(logout_delivery, "_record", lambda *_: None)
    ended_sign_ins(world, shop)
    kind, at, most = LogoutDeliveries(pool=pool), clock.now(), 0
    oddities = [one for one in ODDITIES if one.kind == "logout"]
    for oddity in oddities:
        with subtests.test(msg=str(oddity)):
            at += dt.timedelta(days=1)
            Logout.objects.update(
                done_at=None, due_at=at, attempts=0, last_error="", failing_since=None, refused_at=None
            )
            shop.be = fake_target.Behavior(odd=oddity.faults())
            calls = deliver_logouts(kind, shop, at, at + PHASE)
            is_confirmed = oddity.time != "always" or (oddity.status in {200, 204} and not oddity.is_lost)
            assert Logout.objects.filter(done_at=None).exists() or is_confirmed, "shown as logged out"
            shop.be = fake_target.Behavior()
            calls = max(calls, deliver_logouts(kind, shop, at + PHASE, at + RECOVERY))
            assert not Logout.objects.filter(done_at=None).exists(), "left signed in"
            assert calls <= MOST_LOGOUTS, "a flood"
            most = max(most, calls)
    report_figure(
        f"oddities with seed {SEED}: {len(oddities)} of logouts, at most {most} requests in one minute"
    )


def test_grid_has_every_kind_of_request_with_every_status() -> None:
    assert len(ODDITIES) == (len(KINDS) + 1) * len(STATUSES) >= 200
    for side in (
        "body",
        "header",
        "time",
        "situation",
        "is_executed",
        "is_lost",
        "is_everybody",
        "stale_reads",
    ):
        assert len({getattr(one, side) for one in ODDITIES}) > 1, side
