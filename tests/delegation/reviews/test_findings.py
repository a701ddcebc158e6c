"""What is unusual is found as by comparing each with each, by a work that grows with the people alone."""

import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Any

from delegation.access.queries import AssignmentView, SiteName
from delegation.authorization.values import AmountLimit
from delegation.reviews import findings
from delegation.reviews.findings import Compared

AT = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
SITES = [SiteName(uuid.UUID(int=number), f"Site {number}") for number in range(4)]


class CountedAssignment(AssignmentView):
    """An assignment that counts how often its tier is read."""

    reads = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "role":
            CountedAssignment.reads += 1
        return super().__getattribute__(name)


def assignment(member: uuid.UUID, chance: random.Random) -> AssignmentView:
    role = chance.choice(["viewer", "orderer", "orderer", "approver"])
    amounts = [Decimal(100), Decimal(200), Decimal(300), None]
    return CountedAssignment(
        id=uuid.UUID(int=chance.getrandbits(128)),
        membership=member,
        role=role,
        role_name={},
        description={},
        verbs=frozenset(),
        assignable_roles=frozenset(),
        version=1,
        is_admin=False,
        all_sites=chance.random() < 0.1,
        sites=chance.sample(SITES, chance.randrange(1, 4)),
        limits={
            key: AmountLimit(
                chance.choices(amounts, [5, 5, 1, 1])[0],
                chance.choice(["EUR", "EUR", "SEK"]),
                chance.choice(["order", "order", "month"]),
            )
            for key in chance.sample(["a:orders.place", "b:orders.place"], chance.randrange(3))
        },
        valid_from=AT,
        valid_until=None,
        assigned_by=member,
        assigned_by_kind="person",
        act=member,
    )


def people(number: int, seed: int) -> list[Compared]:
    chance = random.Random(seed)  # noqa: S311 - cases, no secrets
    members = [uuid.UUID(int=100 + one) for one in range(number)]
    return [
        Compared(one, [assignment(one, chance) for _ in range(chance.randrange(3))], AT, AT)
        for one in members
    ]


def unlike(row: AssignmentView, everyone: list[Compared]) -> list[tuple[object, ...]]:
    """What differs from all others with the same tier, compared one by one."""
    rows = [one for person in everyone for one in person.assignments if one.role == row.role]
    others = [one for one in rows if one.membership != row.membership]
    if len(others) < 3:
        is_only = len(rows) == 1 and len(everyone) >= 5 and row.role != "viewer"
        return [("only_holder",)] if is_only else []
    found = list[tuple[object, ...]]()
    for key, limit in sorted(row.limits.items()):
        peers = [one.limits[key] for one in others if key in one.limits]
        alike = [one for one in peers if (one.currency, one.period) == (limit.currency, limit.period)]
        amounts = [one.amount for one in alike if one.amount is not None]
        if amounts and len(amounts) == len(alike) and (limit.amount is None or limit.amount > max(amounts)):
            found.append(("limit", key, f"{max(amounts):.2f}"))
    most = max(len(one.sites) for one in others)
    if not any(one.all_sites for one in others) and (row.all_sites or len(row.sites) > most):
        found.append(("sites", most))
    return found


def test_findings_are_those_of_comparing_each_with_each() -> None:
    seen = set[object]()
    for seed in range(60):
        everyone = people(seed % 12 + 2, seed)
        found = findings.find(everyone, lowest="viewer", at=AT)
        for person in everyone:
            expected = [one for row in person.assignments for one in unlike(row, everyone)]
            names = {"limit": ("entitlement", "peers"), "sites": ("peers",)}
            said = [
                (one["code"], *(one[name] for name in names.get(one["code"], ())))
                for one in found[person.membership]
            ]
            assert (seed, said) == (seed, expected)
            seen |= {one[0] for one in said}
    assert seen == {"limit", "sites", "only_holder"}


def test_work_of_comparing_grows_with_the_people_alone() -> None:
    everyone = people(600, 1)
    rows = sum(len(person.assignments) for person in everyone)
    CountedAssignment.reads = 0
    findings.find(everyone, lowest="viewer", at=AT)
    assert 0 < CountedAssignment.reads <= 10 * rows
