"""Facets count the members that each choice of a filter would leave, for lists of bounded size."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.foundation import db
from delegation.people import recency


@dataclass(frozen=True, slots=True)
class MemberAccess:
    """Holds an assignment in force, as far as filters ask for it."""

    membership: uuid.UUID
    role: str
    all_sites: bool
    sites: Sequence[uuid.UUID]


_ACCESSES = """
SELECT a.membership_id, r.key, a.all_sites,
       ARRAY(SELECT x.site_id FROM delegation_assignmentsite x WHERE x.assignment_id = a.id)
FROM delegation_assignment_at(%(at)s) a JOIN delegation_role r ON r.id = a.role_id
WHERE a.membership_id = ANY(%(memberships)s)
"""


def accesses(*, memberships: Collection[uuid.UUID], at: dt.datetime) -> list[MemberAccess]:
    """Read the assignments in force of these members. One statement."""
    rows = db.fetch_all(_ACCESSES, {"memberships": list(memberships), "at": at})
    return [MemberAccess(*row) for row in rows]


def by_role(accesses: Iterable[MemberAccess], among: Collection[uuid.UUID]) -> Mapping[str, int]:
    """Count the members with each role."""
    return Counter(
        role for _member, role in {(it.membership, it.role) for it in accesses if it.membership in among}
    )


def by_site(
    accesses: Iterable[MemberAccess], among: Collection[uuid.UUID], sites: Iterable[uuid.UUID]
) -> Mapping[uuid.UUID, int]:
    """Count the members with access at each of these sites; access to all sites counts at every one."""
    members: dict[uuid.UUID, set[uuid.UUID]] = {site: set() for site in sites}
    for access in accesses:
        if access.membership in among:
            for site in members if access.all_sites else members.keys() & set(access.sites):
                members[site].add(access.membership)
    return {site: len(at_site) for site, at_site in members.items()}


def by_recency(*, among: Collection[uuid.UUID], at: dt.datetime) -> Mapping[str, int]:
    """Count the members by the period of their last sign-in. One statement."""
    signed_in = recency.last_sign_ins(memberships=among)
    return Counter[str](recency.recency_of(signed_in.get(membership), at) for membership in among)
