"""(a) The bench measures removals of 1, 300 and 10,000 people, and changes of access in one organization and in 100."""

import itertools
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

from bench import database

if TYPE_CHECKING:
    from identity.memberships.models import Membership
    from identity.organizations.models import Organization
    from tests.fixtures.world import World

SETS = {1: 60, 300: 5, 10_000: 1}
ROUNDS = 3
THREADS = 4


def run() -> None:
    """Print one line per size and place."""
    with database.installation() as server:
        from tests.fixtures.world import World

        world = World()
        database.emit("settings", **database.settings_of(server.url_of("keyholder_app")))
        for size, times in SETS.items():
            rates = [_removals(world, size, times) for _ in range(ROUNDS if size < max(SETS) else 1)]
            database.emit(
                "removals", set=size, per_second=round(statistics.median(rates), 1), rounds=len(rates)
            )
        rates = [_changes(world, [_organization(world)], 200) for _ in range(ROUNDS)]
        many = [_changes(world, [_organization(world) for _ in range(100)], 200) for _ in range(ROUNDS)]
        database.emit(
            "changes", organizations=1, threads=THREADS, per_second=round(statistics.median(rates), 1)
        )
        database.emit(
            "changes", organizations=100, threads=THREADS, per_second=round(statistics.median(many), 1)
        )


_NUMBER = itertools.count(1)


def _organization(world: "World") -> "Organization":
    number = next(_NUMBER)
    organization = world.organization(f"bench-{number}", f"Bench {number} Oy", ["Tampere"])
    world.member(organization, f"Admin{number} Bench", "organization_admin")
    return organization


def _admin(organization: "Organization") -> "Membership":
    from identity.memberships.models import Membership

    return (
        Membership.objects.select_related("user").filter(organization=organization).order_by("created_at")[0]
    )


def crowd(world: "World", organization: "Organization", count: int) -> list["Membership"]:
    """So many orderers, put in by hand: it is their removal that is measured."""
    from delegation.authorization.models.assignments import Assignment, AssignmentLimit
    from delegation.authorization.models.roles import Entitlement, Role
    from identity.memberships.models import Membership, MembershipPeriod
    from identity.people.models import User
    from tests.fixtures.world import PLACE, bypassing_commands

    at, role, place = (
        organization.created_at,
        Role.objects.get(key="orderer"),
        Entitlement.objects.get(key=PLACE),
    )
    names = [f"{next(_NUMBER)}" for _ in range(count)]
    with bypassing_commands():
        users = User.all_directories.bulk_create(
            [
                User(email=f"p{n}@bench.example", name=f"Person {n}", sort_key=n, password="!", created_at=at)
                for n in names
            ],
            batch_size=2000,
        )
        members = Membership.objects.bulk_create(
            [
                Membership(organization=organization, user=u, sort_key=u.sort_key, created_at=at)
                for u in users
            ],
            batch_size=2000,
        )
        MembershipPeriod.objects.bulk_create(
            [MembershipPeriod(membership=m, state="active", valid_from=at) for m in members], batch_size=2000
        )
        assignments = Assignment.objects.bulk_create(
            [
                Assignment(
                    membership=m,
                    role=role,
                    all_sites=True,
                    valid_from=at,
                    assigned_by=world.system.id,
                    assigned_by_kind="system",
                    act=uuid.uuid4(),
                )
                for m in members
            ],
            batch_size=2000,
        )
        AssignmentLimit.objects.bulk_create(
            [
                AssignmentLimit(assignment=a, entitlement=place, amount=Decimal(1000), currency="EUR")
                for a in assignments
            ],
            batch_size=2000,
        )
    return members


def _removals(world: "World", size: int, times: int) -> float:
    """Colleagues removed per second, in `times` acts of `size` each."""
    from delegation.people.commands import members as people_commands
    from tests.fixtures.world import actor_of

    organization = _organization(world)
    actor = actor_of(_admin(organization))
    people = crowd(world, organization, size * times)
    sets = [people[i : i + size] for i in range(0, len(people), size)]
    began = time.perf_counter()
    for members in sets:
        people_commands.remove(actor=actor, memberships=members, reason="bench")
    return len(people) / (time.perf_counter() - began)


def _changes(world: "World", organizations: Sequence["Organization"], count: int) -> float:
    """Changes of access per second, from several threads, spread over these organizations."""
    work = list(_work(world, organizations, count))
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(task) for task in work]:
            done.result()
    return count / (time.perf_counter() - began)


def _work(
    world: "World", organizations: Sequence["Organization"], count: int
) -> Iterator[Callable[[], object]]:
    from delegation.access import commands as access_commands
    from tests.fixtures.world import actor_of

    each = count // len(organizations)
    admins = [actor_of(_admin(organization)) for organization in organizations]
    people = [crowd(world, organization, each) for organization in organizations]
    for place in range(each):
        for actor, colleagues in zip(admins, people, strict=True):
            access = world.access("orderer", amount=500 + place)
            yield lambda a=actor, m=colleagues[place], w=access: access_commands.change(
                actor=a, memberships=[m], access=w
            )  # type: ignore[misc]
