"""Outcomes of deliveries are stored by one statement each for successes and failures.

An outcome counts only while its worker still holds the lease. It settles only its own generation.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.foundation import db, ids
from provisioning.accounts import causes, remote_ids
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountOutcome
from provisioning.delivery import errors as delivery_errors
from provisioning.delivery import retry, workers
from provisioning.delivery.errors import Code, DeliveryError

_MOST_ATTEMPTS = 1_000_000
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
    id bigint, worker integer, generation integer, remote_id text, remote_mac text, digest text, active boolean,
    rights jsonb,
    wrote boolean, called boolean, state text, next_change_at timestamptz)),
{_LOCKED}
UPDATE provisioning_account a SET
    remote_id = CASE WHEN x.called THEN x.remote_id ELSE a.remote_id END,
    remote_mac = CASE WHEN x.called THEN decode(x.remote_mac, 'hex') ELSE a.remote_mac END,
    acknowledged_digest = x.digest, acknowledged_active = x.active,
    acknowledged_rights = x.rights,
    acknowledged_at = CASE WHEN x.wrote THEN %(at)s ELSE a.acknowledged_at END,
    checked_at = CASE WHEN x.called THEN %(at)s ELSE a.checked_at END,
    observed = CASE WHEN x.called THEN NULL ELSE a.observed END,
    state = CASE WHEN a.generation = x.generation THEN x.state ELSE a.state END,
    due_at = CASE WHEN a.generation <> x.generation THEN a.due_at
                  WHEN a.uncertain_until > %(at)s THEN a.uncertain_until END,
    uncertain_until = CASE WHEN a.uncertain_until > %(at)s THEN a.uncertain_until END,
    next_change_at = x.next_change_at, priority = CASE WHEN a.generation = x.generation THEN 1 ELSE a.priority END,
    attempts = 0, last_error = '', failing_since = NULL, last_failed_at = NULL, leased_until = NULL, leased_by = NULL
FROM x JOIN locked ON locked.id = x.id WHERE a.id = x.id
RETURNING a.id
"""  # noqa: S608 - our own constants
_FAILED = f"""
WITH x AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(
    id bigint, worker integer, generation integer, retry_at timestamptz, code text, state text, attempts integer,
    remote_id text, remote_mac text, uncertain_until timestamptz)),
{_LOCKED}
UPDATE provisioning_account a SET
    due_at = CASE WHEN a.generation = x.generation THEN x.retry_at ELSE a.due_at END,
    attempts = x.attempts, last_error = x.code, state = x.state,
    remote_id = coalesce(nullif(x.remote_id, ''), a.remote_id),
    remote_mac = CASE WHEN x.remote_id = '' THEN a.remote_mac ELSE decode(x.remote_mac, 'hex') END,
    failing_since = coalesce(a.failing_since, %(at)s), last_failed_at = %(at)s,
    uncertain_until = coalesce(x.uncertain_until, a.uncertain_until), leased_until = NULL, leased_by = NULL
FROM x JOIN locked ON locked.id = x.id WHERE a.id = x.id
RETURNING a.id
"""  # noqa: S608 - our own constants
_CLOSE_DELIVERIES = """
UPDATE provisioning_delivery d SET done_at = %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, generation integer)
WHERE d.account_id = x.id AND d.done_at IS NULL AND d.generation <= x.generation
RETURNING d.account_id, d.membership_id, d.act, d.act_at
"""
_DELETE_DELIVERIES = """
DELETE FROM provisioning_delivery d USING jsonb_to_recordset(%(rows)s::jsonb) AS x(id bigint, generation integer)
WHERE d.account_id = x.id AND d.done_at IS NULL AND d.generation <= x.generation
"""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Says that a target has acknowledged a change of this membership, which this act caused.

    Everything but the outcome comes from the log and from guarded tables.
    """

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
    acknowledged = _with_cause(closed, by_id)
    with_act = {change.outcome.task.row.account.id for change in acknowledged}
    for outcome in written:
        if outcome.task.row.account.id not in with_act:
            acknowledged += _without_act(outcome, at)
    return acknowledged


def _with_cause(closed: Sequence[tuple[Any, ...]], by_id: Mapping[int, AccountOutcome]) -> list[Acknowledged]:
    """Leave out deliveries that name no act of the log, or one on another person."""
    found = causes.authentic(deliveries=[(membership, act, at) for _, membership, act, at in closed])
    return [
        Acknowledged(by_id[account], membership, cause.organization, act, cause.at)
        for account, membership, act, _ in closed
        if (cause := found.get((membership, act))) and cause.user == by_id[account].task.row.account.user_id
    ]


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


def _wrote(outcome: AccountOutcome) -> bool:
    """Check whether this delivery wrote, or reading confirmed what an earlier attempt or another writer wrote."""
    account = outcome.task.row.account
    is_closed = bool(account.acknowledged_active) and not outcome.task.row.desired.active
    return outcome.result is not None and (outcome.result.wrote or bool(account.last_error) or is_closed)


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
        **_remote_id(outcome, result.remote_id if result else ""),
        "digest": desired.digest if acknowledged else account.acknowledged_digest,
        "active": desired.active if acknowledged else account.acknowledged_active,
        "rights": desired.rights if acknowledged else account.acknowledged_rights,
        "wrote": _wrote(outcome),
        "called": result is not None,
        "state": _success_state(account, needed=desired.active),
        "next_change_at": next_change.isoformat() if next_change else None,
    }


def _remote_id(outcome: AccountOutcome, remote_id: str) -> dict[str, str]:
    """Return an id that the target gave; what the row says is not signed again."""
    update = outcome.task.row
    mac = remote_ids.authenticate(account=update.account, target=update.target, remote_id=remote_id)
    return {"remote_id": remote_id, "remote_mac": mac}


def _success_state(account: Account, *, needed: bool) -> str:
    was_needed = needed or account.acknowledged_digest or account.remote_id
    return Account.State.UP_TO_DATE.value if was_needed else Account.State.NOT_NEEDED.value


def _failure_row(outcome: AccountOutcome, at: dt.datetime) -> dict[str, Any]:
    account = outcome.task.row.account
    error = outcome.error or DeliveryError(Code.FAULT)
    attempts = _attempts(account, error.code)
    delay = retry.delay(attempts=attempts, code=error.code, retry_after=error.retry_after)
    return {
        **_key(outcome),
        "worker": outcome.task.worker,
        "retry_at": (at + delay).isoformat(),
        "code": error.code.value,
        "state": _failure_state(attempts, error.code),
        "attempts": attempts,
        **_remote_id(outcome, error.remote_id),
        "uncertain_until": (at + workers.UNCERTAINTY).isoformat() if error.code is Code.LOST else None,
    }


def _attempts(account: Account, code: Code) -> int:
    """Count the failures in a row. After an outage, writes that are not shown are counted by themselves."""
    is_first = code is Code.NOT_APPLIED and account.last_error in delivery_errors.TARGET_UNAVAILABLE
    return 1 if is_first else min(account.attempts + 1, _MOST_ATTEMPTS)


def _failure_state(attempts: int, code: Code) -> str:
    is_permanent = delivery_errors.is_permanent(code=code, attempts=attempts)
    if code is Code.NOT_APPLIED:
        return (Account.State.OUT_OF_DATE if is_permanent else Account.State.UPDATING).value
    has_failed = code not in delivery_errors.TARGET_UNAVAILABLE and attempts >= _FAILED_AFTER
    return (Account.State.FAILED if is_permanent or has_failed else Account.State.UPDATING).value
