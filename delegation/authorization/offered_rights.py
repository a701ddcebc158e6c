"""People's rights are compared before an organization is offered something else."""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from delegation.authorization import entitlements
from delegation.authorization.values import AmountLimit

# The same statement twice: with the ceiling in force, and with an offer in its place. A right is of one assignment.
_WITH_OFFER = {
    **entitlements.STORED,
    "ceilings": "(SELECT %(organization)s::uuid AS organization_id, k.id AS entitlement_id, j.amount, j.currency,"
    " %(at)s::timestamptz AS valid_from, NULL::timestamptz AS valid_until"
    " FROM jsonb_to_recordset(%(offer)s) AS j(key text, amount numeric, currency text)"
    " JOIN delegation_entitlement k ON k.key = j.key)",
}
_PEOPLE_UNDER_OFFER = f"""
WITH present AS MATERIALIZED (
    SELECT id, a_id, e_key, coalesce(amount, 'Infinity') AS most, true AS has
    FROM ({entitlements.QUERY.format(which="m.organization_id = %(organization)s", **entitlements.STORED)}) rights
    WHERE e_key = ANY(%(keys)s)
), later AS MATERIALIZED (
    SELECT id, a_id, e_key, coalesce(amount, 'Infinity') AS most, true AS has
    FROM ({entitlements.QUERY.format(which="m.organization_id = %(organization)s", **_WITH_OFFER)}) rights
    WHERE e_key = ANY(%(keys)s)
), compared AS (
    SELECT id, e_key, p.has IS NOT NULL AND (n.has IS NULL OR p.most > n.most) AS loses,
           n.has IS NOT NULL AND (p.has IS NULL OR n.most > p.most) AS gains
    FROM present p FULL JOIN later n USING (id, a_id, e_key)
)
SELECT e_key, count(DISTINCT id) FILTER (WHERE loses), count(DISTINCT id) FILTER (WHERE gains),
       count(DISTINCT id) FILTER (WHERE loses OR gains),
       to_jsonb((array_agg(DISTINCT id) FILTER (WHERE loses AND e_key IS NOT NULL))[1:%(listed)s])
FROM compared GROUP BY GROUPING SETS ((e_key), ())
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class OfferCounts:
    """Counts the people who lose and gain by another offer: each once, and once for each entitlement."""

    lose: int
    gain: int
    touched: int
    """The people who lose or gain."""
    lose_by_entitlement: dict[str, int]
    gain_by_entitlement: dict[str, int]
    losing: list[uuid.UUID]
    """The first memberships that lose something."""


def people_under_offer(
    *,
    organization: uuid.UUID,
    offer: Mapping[str, AmountLimit],
    keys: Collection[str],
    listed: int,
    at: dt.datetime,
) -> OfferCounts:
    """Count whose rights to the entitlements `keys` differ with this offer in the ceiling's place. One statement."""
    rows = entitlements.fetch(
        _PEOPLE_UNDER_OFFER,
        organization=organization,
        application=None,
        at=at,
        keys=list(keys),
        listed=listed,
        offer=Jsonb([{"key": key, **limit.to_json()} for key, limit in offer.items()]),
    )
    lose, gain, touched, losing = next(tuple(counts) for key, *counts in rows if key is None)
    return OfferCounts(
        lose=lose,
        gain=gain,
        touched=touched,
        lose_by_entitlement={key: number for key, number, *_ in rows if key},
        gain_by_entitlement={key: number for key, _, number, *_ in rows if key},
        losing=[uuid.UUID(member) for member in json.loads(losing or "[]")],
    )
