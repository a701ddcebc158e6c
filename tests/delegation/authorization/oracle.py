"""What must hold, worked out from the tables by the test itself: nothing of `powers`, `rules` or `entitlements`."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

DOES_NOT_END = dt.datetime.max.replace(tzinfo=dt.UTC)


class Span(NamedTuple):
    """Something of a membership for a time."""

    membership: uuid.UUID
    what: str
    begin: dt.datetime
    end: dt.datetime
    everywhere: bool

    def holds(self, at: dt.datetime) -> bool:
        return self.begin <= at < self.end


class Version(NamedTuple):
    role: str
    begin: dt.datetime
    end: dt.datetime
    verbs: set[str]
    gives: set[str]
    longest: int | None
    is_admin: bool
    amounts: dict[str, str | None]
    does: set[str]

    def holds(self, at: dt.datetime) -> bool:
        return self.begin <= at < self.end


class Ceiling(NamedTuple):
    organization: uuid.UUID
    entitlement: str
    amount: Decimal | None
    currency: str
    begin: dt.datetime
    end: dt.datetime

    def holds(self, at: dt.datetime) -> bool:
        return self.begin <= at < self.end


class Member(NamedTuple):
    organization: uuid.UUID
    can_work: bool
    """Could sign in as an admin must, and mail reaches."""


class Given(NamedTuple):
    """One assignment with all its parts."""

    act: uuid.UUID
    membership: uuid.UUID
    user: uuid.UUID
    organization: uuid.UUID
    role: str
    everywhere: bool
    sites: set[uuid.UUID]
    begin: dt.datetime
    end: dt.datetime
    giver: uuid.UUID
    giver_kind: str
    limits: dict[str, tuple[str | None, str]]


def rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


PERIODS = "SELECT membership_id, state, valid_from, valid_until, true FROM identity_membershipperiod"
GIVEN = """
SELECT a.act, a.membership_id, m.user_id, m.organization_id, r.key, a.all_sites,
       ARRAY(SELECT site_id FROM delegation_assignmentsite s WHERE s.assignment_id = a.id),
       a.valid_from, a.valid_until, a.given_by, a.given_by_kind,
       coalesce((SELECT jsonb_object_agg(e.key, jsonb_build_array(l.amount::text, l.currency))
                 FROM delegation_assignmentlimit l JOIN delegation_entitlement e ON e.id = l.entitlement_id
                 WHERE l.assignment_id = a.id), '{}')
FROM delegation_assignment a JOIN identity_membership m ON m.id = a.membership_id
JOIN delegation_role r ON r.id = a.role_id
"""
VERSIONS = """
SELECT r.key, v.valid_from, v.valid_until, v.verbs, v.gives, v.max_assignment_days, v.is_admin,
       coalesce((SELECT jsonb_object_agg(e.key, x.max_assignable_amount::text) FROM delegation_roleentitlement x
                 JOIN delegation_entitlement e ON e.id = x.entitlement_id
                 WHERE x.version_id = v.id AND x.assignable), '{}'),
       coalesce((SELECT jsonb_agg(e.key) FROM delegation_roleentitlement x
                 JOIN delegation_entitlement e ON e.id = x.entitlement_id
                 WHERE x.version_id = v.id AND x.allowed), '[]')
FROM delegation_roleversion v JOIN delegation_role r ON r.id = v.role_id
"""
CEILINGS = """
SELECT c.organization_id, e.key, c.amount, c.currency, c.valid_from, c.valid_until
FROM delegation_ceiling c JOIN delegation_entitlement e ON e.id = c.entitlement_id
"""
OFFERED = """
SELECT i.organization_id, r.key, i.all_sites,
       ARRAY(SELECT site_id FROM delegation_invitation_sites s WHERE s.invitation_id = i.id),
       i.access_until, i.invited_by, i.invited_by_kind, i.limits
FROM delegation_invitation i JOIN delegation_role r ON r.id = i.role_id WHERE i.id = %s
"""
MEMBERS = """
SELECT m.id, m.organization_id, u.is_active AND u.mail_bounced_at IS NULL AND u.password NOT IN ('', '!')
       AND EXISTS (SELECT 1 FROM mfa_authenticator f WHERE f.user_id = u.id AND f.type = 'totp')
FROM identity_membership m JOIN identity_user u ON u.id = m.user_id
"""


@dataclass
class Truth:
    """Everything at once, as it stands in the tables."""

    periods: list[Span]
    given: list[Given]
    versions: list[Version]
    ceilings: list[Ceiling]
    members: dict[uuid.UUID, Member]

    def boundaries(self, after: dt.datetime) -> list[dt.datetime]:
        spans: list[Any] = [*self.periods, *self.given, *self.versions, *self.ceilings]
        edges = {edge for span in spans for edge in (span.begin, span.end)}
        return sorted(edge for edge in edges if after < edge < DOES_NOT_END)

    def active(self, membership: uuid.UUID, at: dt.datetime) -> bool:
        mine = [one for one in self.periods if one.membership == membership]
        return any(one.what == "active" and one.holds(at) for one in mine)

    def version(self, role: str, at: dt.datetime) -> Version | None:
        return next((one for one in self.versions if one.role == role and one.holds(at)), None)

    def has_admin(self, organization: uuid.UUID, at: dt.datetime) -> bool:
        return any(
            one.organization == organization
            and one.end == DOES_NOT_END
            and one.begin <= at
            and one.everywhere
            and self.members[one.membership].can_work
            and self.active(one.membership, at)
            and (version := self.version(one.role, at)) is not None
            and version.is_admin
            for one in self.given
        )

    def ceiling(self, organization: uuid.UUID, entitlement: str, at: dt.datetime) -> Ceiling | None:
        mine = [
            one for one in self.ceilings if (one.organization, one.entitlement) == (organization, entitlement)
        ]
        return next((one for one in mine if one.holds(at)), None)

    def why_not_given(self, one: Given, verb: str) -> str:
        """Why nobody could have given this then; empty when somebody could."""
        if one.giver == one.user:
            return "to themselves"
        if not one.everywhere and not one.sites:
            return "nowhere"
        return self._over_ceiling(one) or ("" if one.giver_kind == "system" else self._over_giver(one, verb))

    def _over_ceiling(self, one: Given) -> str:
        version = self.version(one.role, one.begin)
        for key, (amount, currency) in one.limits.items():
            offered = self.ceiling(one.organization, key, one.begin)
            if version is None or key not in version.does or offered is None:
                return f"{key} is not offered"
            if offered.amount is not None and (amount is None or Decimal(amount) > offered.amount):
                return f"{key}: {amount} over the ceiling {offered.amount}"
            if offered.currency and offered.currency != currency:
                return f"{key} in {currency}"
        return ""

    def _over_giver(self, one: Given, verb: str) -> str:
        """By what the giver held then: the act itself has closed none of it, for nobody acts on themselves."""
        mine = [
            held
            for held in self.given
            if (held.user, held.organization) == (one.giver, one.organization)
            and held.begin <= one.begin < held.end
            and self.active(held.membership, one.begin)
        ]
        reasons = [self._over(held, one, verb) for held in mine]
        return "" if "" in reasons else f"giver holds nothing that gives it: {reasons}"

    def _over(self, held: Given, one: Given, verb: str) -> str:
        version = self.version(held.role, one.begin)
        if version is None or verb not in version.verbs:
            return "verb"
        if one.role not in version.gives:
            return "role"
        if not held.everywhere and (one.everywhere or not one.sites <= held.sites):
            return "sites"
        if version.longest is not None and one.end > one.begin + dt.timedelta(days=version.longest):
            return "until"
        return self._over_amounts(version, one)

    def _over_amounts(self, version: Version, one: Given) -> str:
        for key, (amount, _) in one.limits.items():
            if key not in version.amounts:
                return f"{key} not given"
            highest = version.amounts[key]
            if highest is not None and (amount is None or Decimal(amount) > Decimal(highest)):
                return f"{key}: {amount} over {highest}"
        return ""


def _ended(one: dt.datetime | None) -> dt.datetime:
    return one or DOES_NOT_END


def read() -> Truth:
    return Truth(
        periods=[Span(m, what, begin, _ended(end), whole) for m, what, begin, end, whole in rows(PERIODS)],
        given=[_given(*row) for row in rows(GIVEN)],
        versions=[_version(*row) for row in rows(VERSIONS)],
        ceilings=[Ceiling(*row)._replace(end=_ended(row[-1])) for row in rows(CEILINGS)],
        members={one: Member(where, can) for one, where, can in rows(MEMBERS)},
    )


def _given(*row: Any) -> Given:
    named = dict(zip(Given._fields, row, strict=True))
    limits = {key: (amount, currency) for key, (amount, currency) in json.loads(named["limits"]).items()}
    return Given(**{**named, "sites": set(named["sites"]), "end": _ended(named["end"]), "limits": limits})


def _version(*row: Any) -> Version:
    named = dict(zip(Version._fields, row, strict=True))
    sets = {name: set(json.loads(named[name])) for name in ("verbs", "gives", "does")}
    return Version(**{**named, **sets, "end": _ended(named["end"]), "amounts": json.loads(named["amounts"])})


def offer(invitation: uuid.UUID, at: dt.datetime) -> Given:
    """What an invitation offers, as if it had been given to somebody new when it was sent."""
    ((where, role, everywhere, sites, until, giver, kind, lines),) = rows(OFFERED, [invitation])
    limits = {line["entitlement"]: (line["amount"], line["currency"]) for line in json.loads(lines)}
    somebody = uuid.uuid4()
    ends = _ended(until)
    return Given(
        somebody, somebody, somebody, where, role, everywhere, set(sites), at, ends, giver, kind, limits
    )
