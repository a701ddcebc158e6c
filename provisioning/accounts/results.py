"""Writing down how accounts were delivered: one statement each for what is known, what failed, and targets' health.

An answer counts only while its bearer still holds the lease. It settles only the generation it was computed for.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation import db, ids
from provisioning.accounts.models import Account
from provisioning.delivery import errors as delivery_errors
from provisioning.delivery import retry, workers
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome

_MANY = 5
_IN_ORDER = """
held AS (
    SELECT a.id FROM provisioning_account a JOIN x ON x.id = a.id AND x.worker = a.leased_by
    ORDER BY a.target_id, a.user_id, a.membership_id FOR UPDATE OF a
)
"""
_DONE = f"""
WITH x AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(
    id bigint, worker integer, generation integer, remote_id text, digest text, active boolean, rights jsonb,
    wrote boolean, called boolean, state text, next_change_at timestamptz)),
{_IN_ORDER}
UPDATE provisioning_account a SET
    remote_id = x.remote_id, acknowledged_digest = x.digest, acknowledged_active = x.active,
    acknowledged_rights = x.rights,
    acknowledged_at = CASE WHEN x.wrote THEN %(at)s ELSE a.acknowledged_at END,
    checked_at = CASE WHEN x.called THEN %(at)s ELSE a.checked_at END,
    observed = CASE WHEN x.called THEN NULL ELSE a.observed END,
    state = CASE WHEN a.generation = x.generation THEN x.state ELSE a.state END,
    due_at = CASE WHEN a.generation <> x.generation THEN a.due_at
                  WHEN a.uncertain_until > %(at)s THEN a.uncertain_until END,
    uncertain_until = CASE WHEN a.uncertain_until > %(at)s THEN a.uncertain_until END,
    next_change_at = x.next_change_at, priority = CASE WHEN a.generation = x.generation THEN 1 ELSE a.priority END,
    attempts = 0, last_error = '', leased_until = NULL, leased_by = NULL
FROM x JOIN held ON held.id = x.id WHERE a.id = x.id
RETURNING a.id
"""  # noqa: S608 - our own constants
_FAILED = f"""
WITH x AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(
    id bigint, worker integer, generation integer, retry_at timestamptz, code text, state text, doubt timestamptz)),
{_IN_ORDER}
UPDATE provisioning_account a SET
    due_at = CASE WHEN a.generation = x.generation THEN x.retry_at ELSE a.due_at END,
    attempts = a.attempts + 1, last_error = x.code, state = x.state,
    uncertain_until = coalesce(x.doubt, a.uncertain_until), leased_until = NULL, leased_by = NULL
FROM x JOIN held ON held.id = x.id WHERE a.id = x.id
RETURNING a.id
"""  # noqa: S608 - our own constants
_CLOSE = """
UPDATE provisioning_delivery d SET done_at = %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, generation integer)
WHERE d.account_id = x.id AND d.done_at IS NULL AND d.generation <= x.generation
RETURNING d.account_id, d.membership_id, d.organization, d.act, d.act_at
"""
_FORGET = """
DELETE FROM provisioning_delivery d USING jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, generation integer)
WHERE d.account_id = x.id AND d.done_at IS NULL AND d.generation <= x.generation
"""
_HEALTH = """
UPDATE provisioning_target t SET
    failures = CASE WHEN x.well THEN 0 ELSE t.failures + 1 END,
    down_since = CASE WHEN x.well THEN NULL ELSE coalesce(t.down_since, %(at)s) END,
    pause_until = CASE WHEN x.well THEN NULL
        ELSE %(at)s + make_interval(secs => coalesce(x.wait, least(power(2, least(t.failures, 10)), %(longest)s))) END,
    supports_patch = t.supports_patch AND x.supports_patch
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, well boolean, wait double precision, supports_patch boolean)
WHERE t.id = x.id AND (NOT x.well OR t.failures > 0 OR t.supports_patch <> (t.supports_patch AND x.supports_patch))
"""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One delivery that has arrived: which account, because of which act, for which membership."""

    ending: DeliveryOutcome
    membership: uuid.UUID
    organization: uuid.UUID
    act: uuid.UUID
    act_at: dt.datetime


def record_success(*, done: Sequence[DeliveryOutcome], at: dt.datetime) -> list[Acknowledged]:
    """Write down what targets hold now. Returns what was told, by cause."""
    by_id = {one.errand.row.account.id: one for one in done}
    ours = db.fetch_ids_for_rows(_DONE, [_done_row(one) for one in done], at=at)
    wrote = [_mark(by_id[one]) for one in ours if _wrote(by_id[one])]
    unchanged = [_mark(by_id[one]) for one in ours if not _wrote(by_id[one])]
    db.fetch_for_rows(_FORGET, unchanged)
    closed = db.fetch_for_rows(_CLOSE, wrote, at=at)
    caused = {row[0] for row in closed}
    known = [Acknowledged(by_id[row[0]], *row[1:]) for row in closed]
    return known + [
        found for one in wrote if one["id"] not in caused for found in _uncaused(by_id[one["id"]], at)
    ]


def _uncaused(ending: DeliveryOutcome, at: dt.datetime) -> list[Acknowledged]:
    """What time alone changed, or what was put right: no act stands behind it."""
    push, act = ending.errand.row, ids.uuid7()
    before, now = push.account.acknowledged_rights, push.wanted.rights
    changed = [one for one in now if now[one] != before.get(one)] or list(now)
    return [Acknowledged(ending, uuid.UUID(one), push.wanted.organizations[one], act, at) for one in changed]


def record_failures(*, failed: Sequence[DeliveryOutcome], at: dt.datetime) -> list[DeliveryOutcome]:
    """Write down what has to be tried again. Returns those whose state has become worse by it."""
    by_id = {one.errand.row.account.id: one for one in failed}
    written = {name: _failed_row(one, at) for name, one in by_id.items()}
    ours = db.fetch_ids_for_rows(_FAILED, list(written.values()), at=at)
    return [by_id[one] for one in ours if _is_news(by_id[one], written[one]["state"])]


def _is_news(ending: DeliveryOutcome, state: str) -> bool:
    return state not in {Account.State.ON_ITS_WAY.value, ending.errand.row.account.state}


def update_target_health(
    *, done: Sequence[DeliveryOutcome], failed: Sequence[DeliveryOutcome], at: dt.datetime
) -> None:
    """Leave targets alone that are down; take them up again when one call has succeeded."""
    seen: dict[uuid.UUID, dict[str, Any]] = {}
    for one in failed:
        if one.problem and one.problem.code in delivery_errors.TARGET_UNAVAILABLE:
            target = one.errand.row.target.id
            wait = (
                None
                if one.problem.retry_after is None
                else min(one.problem.retry_after, retry.LONGEST).total_seconds()
            )
            seen[target] = {"id": str(target), "well": False, "wait": wait, "supports_patch": True}
    for one in done:
        if one.result is not None:
            target = one.errand.row.target.id
            supports_patch = one.result.supports_patch and seen.get(target, {}).get("supports_patch", True)
            seen[target] = {"id": str(target), "well": True, "wait": None, "supports_patch": supports_patch}
    db.fetch_for_rows(_HEALTH, list(seen.values()), at=at, longest=retry.LONGEST_PAUSE.total_seconds())


def _wrote(ending: DeliveryOutcome) -> bool:
    return ending.result is not None and ending.result.wrote


def _mark(ending: DeliveryOutcome) -> dict[str, Any]:
    account = ending.errand.row.account
    return {"id": account.id, "generation": account.generation}


def _done_row(ending: DeliveryOutcome) -> dict[str, Any]:
    account, wanted, result = ending.errand.row.account, ending.errand.row.wanted, ending.result
    acknowledged = result is not None or wanted.digest == account.acknowledged_digest
    next_change = wanted.next_change_at
    return {
        **_mark(ending),
        "worker": ending.errand.worker,
        "remote_id": result.remote_id if result else account.remote_id,
        "digest": wanted.digest if acknowledged else account.acknowledged_digest,
        "active": wanted.active if acknowledged else account.acknowledged_active,
        "rights": wanted.rights if acknowledged else account.acknowledged_rights,
        "wrote": _wrote(ending),
        "called": result is not None,
        "state": _state(account, needed=wanted.active),
        "next_change_at": next_change.isoformat() if next_change else None,
    }


def _state(account: Account, *, needed: bool) -> str:
    ever = needed or account.acknowledged_digest or account.remote_id
    return Account.State.IN_PLACE.value if ever else Account.State.NOT_NEEDED.value


def _failed_row(ending: DeliveryOutcome, at: dt.datetime) -> dict[str, Any]:
    account = ending.errand.row.account
    problem = ending.problem or DeliveryError(Code.FAULT)
    delay = retry.delay(attempts=account.attempts + 1, code=problem.code, retry_after=problem.retry_after)
    return {
        **_mark(ending),
        "worker": ending.errand.worker,
        "retry_at": (at + delay).isoformat(),
        "code": problem.code.value,
        "state": _worse(account, problem.code),
        "doubt": (at + workers.UNCERTAINTY).isoformat() if problem.code is Code.LOST else None,
    }


def _worse(account: Account, code: Code) -> str:
    if code is Code.NOT_APPLIED:
        return Account.State.DIFFERS.value
    lasting = code in delivery_errors.PERMANENT or (
        code not in delivery_errors.TARGET_UNAVAILABLE and account.attempts + 1 >= _MANY
    )
    return Account.State.FAILED.value if lasting else Account.State.ON_ITS_WAY.value
