"""Outcomes of deliveries are stored by one statement each for successes, failures and targets' health.

An outcome counts only while its worker still holds the lease. It settles only its own generation.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation import db, ids
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountOutcome
from provisioning.delivery import errors as delivery_errors
from provisioning.delivery import retry, workers
from provisioning.delivery.errors import Code, DeliveryError

_FAILED_AFTER = 5
"""An account counts as failed after so many attempts, for any reason but an unavailable target."""
_LOCKED = """
locked AS (
    SELECT a.id FROM provisioning_account a JOIN x ON x.id = a.id AND x.worker = a.leased_by
    ORDER BY a.target_id, a.user_id, a.membership_id FOR UPDATE OF a
)
"""
_SUCCEEDED = f"""
WITH x AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(
    id bigint, worker integer, generation integer, remote_id text, digest text, active boolean, rights jsonb,
    wrote boolean, called boolean, state text, next_change_at timestamptz)),
{_LOCKED}
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
    attempts = 0, last_error = '', failing_since = NULL, leased_until = NULL, leased_by = NULL
FROM x JOIN locked ON locked.id = x.id WHERE a.id = x.id
RETURNING a.id
"""  # noqa: S608 - our own constants
_FAILED = f"""
WITH x AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(
    id bigint, worker integer, generation integer, retry_at timestamptz, code text, state text,
    uncertain_until timestamptz)),
{_LOCKED}
UPDATE provisioning_account a SET
    due_at = CASE WHEN a.generation = x.generation THEN x.retry_at ELSE a.due_at END,
    attempts = a.attempts + 1, last_error = x.code, failing_since = coalesce(a.failing_since, %(at)s), state = x.state,
    uncertain_until = coalesce(x.uncertain_until, a.uncertain_until), leased_until = NULL, leased_by = NULL
FROM x JOIN locked ON locked.id = x.id WHERE a.id = x.id
RETURNING a.id
"""  # noqa: S608 - our own constants
_CLOSE_DELIVERIES = """
UPDATE provisioning_delivery d SET done_at = %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, generation integer)
WHERE d.account_id = x.id AND d.done_at IS NULL AND d.generation <= x.generation
RETURNING d.account_id, d.membership_id, d.organization, d.act, d.act_at
"""
_DELETE_DELIVERIES = """
DELETE FROM provisioning_delivery d USING jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, generation integer)
WHERE d.account_id = x.id AND d.done_at IS NULL AND d.generation <= x.generation
"""
_HEALTH = """
UPDATE provisioning_target t SET
    failures = CASE WHEN x.is_available THEN 0 ELSE t.failures + 1 END,
    down_since = CASE WHEN x.is_available THEN NULL ELSE coalesce(t.down_since, %(at)s) END,
    pause_until = CASE WHEN x.is_available THEN NULL
        ELSE %(at)s + make_interval(
            secs => greatest(x.retry_after, least(power(2, least(t.failures, 10)), %(longest)s))) END,
    supports_patch = t.supports_patch AND x.supports_patch
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS x(id uuid, is_available boolean, retry_after double precision, supports_patch boolean)
WHERE t.id = x.id AND (
    NOT x.is_available OR t.failures > 0 OR t.supports_patch <> (t.supports_patch AND x.supports_patch))
"""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Says that a target has acknowledged a change of this membership, which this act caused."""

    outcome: AccountOutcome
    membership: uuid.UUID
    organization: uuid.UUID
    act: uuid.UUID
    act_at: dt.datetime


def record_success(*, outcomes: Sequence[AccountOutcome], at: dt.datetime) -> list[Acknowledged]:
    """Store the state that targets have now. Returns the acknowledged changes, by membership and act."""
    by_id = {outcome.task.row.account.id: outcome for outcome in outcomes}
    stored_ids = db.fetch_ids_for_rows(_SUCCEEDED, [_success_row(outcome) for outcome in outcomes], at=at)
    stored = [by_id[account] for account in stored_ids]
    written = [outcome for outcome in stored if _wrote(outcome)]
    db.fetch_for_rows(_DELETE_DELIVERIES, [_key(outcome) for outcome in stored if not _wrote(outcome)])
    closed = db.fetch_for_rows(_CLOSE_DELIVERIES, [_key(outcome) for outcome in written], at=at)
    with_act = {row[0] for row in closed}
    acknowledged = [Acknowledged(by_id[row[0]], *row[1:]) for row in closed]
    for outcome in written:
        if outcome.task.row.account.id not in with_act:
            acknowledged += _without_act(outcome, at)
    return acknowledged


def _without_act(outcome: AccountOutcome, at: dt.datetime) -> list[Acknowledged]:
    """List changes by time alone or by a resync, which no act caused."""
    update, act = outcome.task.row, ids.uuid7()
    before, now = update.account.acknowledged_rights, update.desired.rights
    changed = [key for key in now if now[key] != before.get(key)] or list(now)
    return [
        Acknowledged(outcome, uuid.UUID(key), update.desired.organizations[key], act, at) for key in changed
    ]


def record_failures(*, outcomes: Sequence[AccountOutcome], at: dt.datetime) -> list[AccountOutcome]:
    """Store failures and their retries. Returns the outcomes that worsened the state of their account."""
    by_id = {outcome.task.row.account.id: outcome for outcome in outcomes}
    rows = {account: _failure_row(outcome, at) for account, outcome in by_id.items()}
    stored_ids = db.fetch_ids_for_rows(_FAILED, list(rows.values()), at=at)
    return [by_id[account] for account in stored_ids if _has_worsened(by_id[account], rows[account]["state"])]


def _has_worsened(outcome: AccountOutcome, state: str) -> bool:
    return state not in {Account.State.UPDATING.value, outcome.task.row.account.state}


def update_target_health(
    *, succeeded: Sequence[AccountOutcome], failed: Sequence[AccountOutcome], at: dt.datetime
) -> None:
    """Pause unavailable targets; end the pause of a target after one successful call."""
    health: dict[uuid.UUID, dict[str, Any]] = {}
    for outcome in failed:
        if outcome.error and outcome.error.code in delivery_errors.TARGET_UNAVAILABLE:
            target = outcome.task.row.target.id
            pause = outcome.error.retry_after
            seconds = None if pause is None else min(pause, retry.LONGEST).total_seconds()
            health[target] = _health_row(target, is_available=False, retry_after=seconds)
    for outcome in succeeded:
        if outcome.result is not None:
            target = outcome.task.row.target.id
            supports_patch = outcome.result.supports_patch and health.get(target, {}).get(
                "supports_patch", True
            )
            health[target] = _health_row(target, is_available=True, supports_patch=supports_patch)
    db.fetch_for_rows(_HEALTH, list(health.values()), at=at, longest=retry.LONGEST_PAUSE.total_seconds())


def _health_row(
    target: uuid.UUID, *, is_available: bool, retry_after: float | None = None, supports_patch: bool = True
) -> dict[str, Any]:
    return {
        "id": str(target),
        "is_available": is_available,
        "retry_after": retry_after,
        "supports_patch": supports_patch,
    }


def _wrote(outcome: AccountOutcome) -> bool:
    return outcome.result is not None and outcome.result.wrote


def _key(outcome: AccountOutcome) -> dict[str, Any]:
    account = outcome.task.row.account
    return {"id": account.id, "generation": account.generation}


def _success_row(outcome: AccountOutcome) -> dict[str, Any]:
    account, desired, result = outcome.task.row.account, outcome.task.row.desired, outcome.result
    acknowledged = result is not None or desired.digest == account.acknowledged_digest
    next_change = desired.next_change_at
    return {
        **_key(outcome),
        "worker": outcome.task.worker,
        "remote_id": result.remote_id if result else account.remote_id,
        "digest": desired.digest if acknowledged else account.acknowledged_digest,
        "active": desired.active if acknowledged else account.acknowledged_active,
        "rights": desired.rights if acknowledged else account.acknowledged_rights,
        "wrote": _wrote(outcome),
        "called": result is not None,
        "state": _success_state(account, needed=desired.active),
        "next_change_at": next_change.isoformat() if next_change else None,
    }


def _success_state(account: Account, *, needed: bool) -> str:
    was_needed = needed or account.acknowledged_digest or account.remote_id
    return Account.State.UP_TO_DATE.value if was_needed else Account.State.NOT_NEEDED.value


def _failure_row(outcome: AccountOutcome, at: dt.datetime) -> dict[str, Any]:
    account = outcome.task.row.account
    error = outcome.error or DeliveryError(Code.FAULT)
    delay = retry.delay(attempts=account.attempts + 1, code=error.code, retry_after=error.retry_after)
    return {
        **_key(outcome),
        "worker": outcome.task.worker,
        "retry_at": (at + delay).isoformat(),
        "code": error.code.value,
        "state": _failure_state(account, error.code),
        "uncertain_until": (at + workers.UNCERTAINTY).isoformat() if error.code is Code.LOST else None,
    }


def _failure_state(account: Account, code: Code) -> str:
    if code is Code.NOT_APPLIED:
        return Account.State.OUT_OF_DATE.value
    is_permanent = code in delivery_errors.PERMANENT or (
        code not in delivery_errors.TARGET_UNAVAILABLE and account.attempts + 1 >= _FAILED_AFTER
    )
    return Account.State.FAILED.value if is_permanent else Account.State.UPDATING.value
