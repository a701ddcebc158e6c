"""A person newly gets no two conflicting entitlements for the same sites at the same time.

Access that a person has already is never refused: a catalogue can declare a conflict that people are in, which is
reported (`delegation.duties.queries`). An act is refused where it brings a person into a conflict, or makes one wider
or longer. An exception that two other people agreed on lets the person hold both until its end.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.db.models import Exists, OuterRef, Q

from audit.foundation.intervals import InForce
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import ConflictingAccess
from delegation.authorization.models.duties import DutyConflictVersion, DutyException, Enforcement
from delegation.authorization.models.roles import RoleEntitlement
from delegation.authorization.values import AccessSpec

FormerEnds = Mapping[uuid.UUID, dt.datetime | None]
"""Until when each assignment that an act ends would have lasted, by id."""
_JUST_BEFORE = dt.timedelta(microseconds=1)
# What members are assigned, whether or not they are suspended, and whatever is on hold: both come back by themselves.
_MEMBERS = (
    "(SELECT id, organization_id, true AS in_force, NULL::timestamptz AS valid_from, NULL::timestamptz AS valid_until"
    " FROM identity_published_membership)"
)
_PARTS = {**entitlements.STORED, "members": _MEMBERS, "ignored": " AND false"}
_ASSIGNED = f"""
SELECT * FROM ({entitlements.QUERY.format(which="m.id = ANY(%(memberships)s)", **_PARTS)}) rights
WHERE e_key = ANY(%(entitlements)s)
"""  # noqa: S608 - constants
_HOLDERS = f"""
SELECT id FROM (
    SELECT id, array_agg(DISTINCT e_key::text) AS keys
    FROM ({entitlements.QUERY.format(which="m.organization_id = %(organization)s", **_PARTS)}) rights
    WHERE e_key = ANY(%(entitlements)s) AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid) GROUP BY id
) held
WHERE EXISTS (SELECT FROM unnest(%(firsts)s::text[], %(seconds)s::text[]) pair (one, other)
              WHERE ARRAY[pair.one, pair.other] <@ held.keys)
ORDER BY id LIMIT %(limit)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Conflict:
    """Describes a conflict in force; `without_sites` are those of its entitlements that no site limits."""

    id: uuid.UUID
    key: str
    first: str
    second: str
    text: Mapping[str, str]
    enforcement: str
    without_sites: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Says where and until when a member holds both entitlements of a conflict; `sites` of None are all sites."""

    sites: frozenset[uuid.UUID] | None
    valid_from: dt.datetime
    valid_until: dt.datetime | None

    def ends_by(self, end: dt.datetime) -> bool:
        """Answer whether it ends with or before `end`."""
        return self.valid_until is not None and self.valid_until <= end

    def is_within(self, others: Iterable["Overlap"]) -> bool:
        """Answer whether the others cover each of its sites for as long."""
        long_enough = [one for one in others if _reaches(one.valid_until, self.valid_until)]
        if self.sites is None:
            return any(one.sites is None for one in long_enough)
        return all(any(one.sites is None or site in one.sites for one in long_enough) for site in self.sites)


def _reaches(until: dt.datetime | None, wanted: dt.datetime | None) -> bool:
    return until is None or (wanted is not None and wanted <= until)


def of_role(at: dt.datetime) -> Exists:
    """Return the condition that a role holds an entitlement of a refused conflict, to annotate rows of `Role`.

    A statement that reads the role anyway says so whether the check below needs any statement at all.
    """
    held = RoleEntitlement.objects.filter(
        version__role=OuterRef(OuterRef("pk")), version__valid_until=None, allowed=True
    ).values("entitlement")
    refused = DutyConflictVersion.objects.filter(InForce(at), enforcement=Enforcement.REFUSE)
    return Exists(refused.filter(Q(conflict__first__in=held) | Q(conflict__second__in=held)))


def require_none_new(*, memberships: Collection[uuid.UUID], at: dt.datetime, ended: FormerEnds) -> None:
    """Raise ConflictingAccess for members who come into a conflict by the rows written at `at`.

    Call it after the rows of the act are written, under the organization's lock; `ended` are the assignments that the
    act ended before. Four statements at most, whatever
    the number of members.
    """
    conflicts = in_force(at=at, enforcement=Enforcement.REFUSE)
    if not conflicts:
        return
    after = _overlaps(conflicts, memberships, at)
    if not after:
        return
    before = _overlaps(conflicts, {member for member, _ in after}, at - _JUST_BEFORE, ended)
    new = {
        pair: wider
        for pair, overlaps in after.items()
        if (wider := [one for one in overlaps if not one.is_within(before.get(pair, ()))])
    }
    ends = _exception_ends(new, at) if new else {}
    covered = {pair for pair in ends.keys() & new.keys() if all(one.ends_by(ends[pair]) for one in new[pair])}
    _refuse(conflicts, [pair for pair in new if pair not in covered], ends)


def _exception_ends(
    pairs: Iterable[tuple[uuid.UUID, uuid.UUID]], at: dt.datetime
) -> dict[tuple[uuid.UUID, uuid.UUID], dt.datetime]:
    """Return until when an exception lets each of these members hold both. One statement."""
    members = {member for member, _ in pairs}
    rows = DutyException.objects.filter(
        membership__in=members, state=DutyException.State.ACCEPTED, valid_until__gt=at
    )
    ends = rows.order_by("valid_until").values_list("membership_id", "conflict_id", "valid_until")
    return {(member, conflict): end for member, conflict, end in ends}


def require_none_within(*, organization: uuid.UUID, access: AccessSpec, at: dt.datetime) -> None:
    """Raise ConflictingAccess for an access that holds both entitlements of a conflict by itself. Two statements."""
    conflicts = in_force(at=at, enforcement=Enforcement.REFUSE)
    rights = entitlements.hypothetical_rights(organization=organization, access=access, at=at)
    _refuse(conflicts, [(None, one.id) for one in conflicts if overlaps_of(rights, one)])


def _refuse(
    conflicts: Iterable[Conflict],
    found: Sequence[tuple[uuid.UUID | None, uuid.UUID]],
    ends: Mapping[tuple[uuid.UUID, uuid.UUID], dt.datetime] = MappingProxyType({}),
) -> None:
    ids = {conflict for _, conflict in found}
    for conflict in conflicts:
        if conflict.id in ids:
            members = sorted(str(member) for member, own in found if member and own == conflict.id)
            until = [end.isoformat() for pair, end in ends.items() if pair in found]
            raise ConflictingAccess(
                field="until" if until else "role",
                **({"until": until[0]} if until else {}),
                conflict=conflict.key,
                entitlements=[conflict.first, conflict.second],
                members=members,
                text=dict(conflict.text),
            )


def in_force(*, at: dt.datetime, enforcement: Enforcement | None = None) -> list[Conflict]:
    """Read the conflicts in force at `at`, in the catalogue's order. One statement."""
    wanted = {} if enforcement is None else {"enforcement": enforcement}
    rows = DutyConflictVersion.objects.filter(InForce(at), **wanted).select_related(
        "conflict__first", "conflict__second"
    )
    return [
        Conflict(
            row.id,
            row.key,
            row.first.key,
            row.second.key,
            row.text,
            version.enforcement,
            frozenset(one.key for one in (row.first, row.second) if not one.takes_sites),
        )
        for version in rows.order_by("conflict__rank", "conflict__key")
        if (row := version.conflict)
    ]


def _overlaps(
    conflicts: Sequence[Conflict],
    memberships: Collection[uuid.UUID],
    at: dt.datetime,
    ended: FormerEnds = MappingProxyType({}),
) -> dict[tuple[uuid.UUID, uuid.UUID], list[Overlap]]:
    """Find where each member holds both, by member and conflict. One statement."""
    found = {}
    for member, present in assigned(conflicts, memberships=memberships, at=at).items():
        rights = [replace(one, valid_until=ended.get(one.assignment, one.valid_until)) for one in present]
        for conflict in conflicts:
            if overlaps := overlaps_of(rights, conflict):
                found[member, conflict.id] = overlaps
    return found


def assigned(
    conflicts: Iterable[Conflict], *, memberships: Collection[uuid.UUID], at: dt.datetime
) -> dict[uuid.UUID, list[Right]]:
    """Compute what these members are assigned of these conflicts, suspended or on hold or not. One statement."""
    keys = _keys(conflicts)
    rows = entitlements.fetch(
        _ASSIGNED, memberships=list(memberships), entitlements=keys, application=None, at=at
    )
    by_member: dict[uuid.UUID, list[Right]] = defaultdict(list)
    for row in rows:
        right = entitlements.right_from_row(row)
        by_member[right.membership].append(right)
    return dict(by_member)


def holders(
    conflicts: Sequence[Conflict],
    *,
    organization: uuid.UUID,
    at: dt.datetime,
    after: uuid.UUID | None,
    limit: int,
) -> list[uuid.UUID]:
    """List members who are assigned both of a conflict, perhaps at different sites, by id. One statement."""
    rows = entitlements.fetch(
        _HOLDERS,
        organization=organization,
        entitlements=_keys(conflicts),
        firsts=[one.first for one in conflicts],
        seconds=[one.second for one in conflicts],
        after=after,
        limit=limit,
        application=None,
        at=at,
    )
    return [member for (member,) in rows]


def _keys(conflicts: Iterable[Conflict]) -> list[str]:
    return sorted({key for one in conflicts for key in (one.first, one.second)})


def overlaps_of(rights: Iterable[Right], conflict: Conflict) -> list[Overlap]:
    """Return where and when one member's rights hold both entitlements of the conflict; a limit of 0 gives nothing."""
    usable = [right for right in rights if not (right.takes_amount and right.amount == 0)]
    return [
        overlap
        for one in usable
        for other in usable
        if one.entitlement == conflict.first
        and other.entitlement == conflict.second
        and (overlap := _overlap(one, other, conflict)) is not None
    ]


def _overlap(one: Right, other: Right, conflict: Conflict) -> Overlap | None:
    sites = [_sites(one, conflict), _sites(other, conflict)]
    limited = [own for own in sites if own is not None]
    common = frozenset.intersection(*limited) if limited else None
    valid_from = max(one.valid_from, other.valid_from)
    valid_until = min((end for end in (one.valid_until, other.valid_until) if end), default=None)
    if common == frozenset() or (valid_until is not None and valid_until <= valid_from):
        return None
    return Overlap(common, valid_from, valid_until)


def _sites(right: Right, conflict: Conflict) -> frozenset[uuid.UUID] | None:
    if right.all_sites or right.entitlement in conflict.without_sites:
        return None
    return frozenset(site.id for site in right.sites)
