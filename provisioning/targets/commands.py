"""Commands of the supplier: taking a system into provisioning, and changing how it is reached."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from audit.foundation import clock, encryption, ids
from audit.foundation.actor import Actor
from audit.log import ledger
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from identity.clients.models import Application
from provisioning.targets.models import Target

_LONGEST_ADDRESS, _LONGEST_TOKEN = 500, 4000
_PORTS = {"http": 80, "https": 443}

# Everybody who is there already; whoever comes later is found by the planner.
_FILL = """
INSERT INTO provisioning_account (
    target_id, user_id, membership_id, due_at, priority, generation, state, remote_id, acknowledged_digest,
    acknowledged_rights, attempts,
    last_error)
SELECT DISTINCT t.id, m.user_id, CASE WHEN t.record_per = 'membership' THEN m.id END, %(at)s::timestamptz, 1, 1,
       'on_its_way', '', '', '{}'::jsonb, 0, ''
FROM provisioning_target t
JOIN delegation_published_offer o ON o.application_id = t.application_id
JOIN identity_published_membership m ON m.organization_id = o.organization_id
WHERE t.id = %(target)s AND EXISTS (
    SELECT 1 FROM identity_published_period p WHERE p.membership_id = m.id
    AND not_ended(p.valid_until, %(at)s))
ON CONFLICT (target_id, user_id, membership_id) DO NOTHING
"""
# Whoever waits is tried at once; the others are computed anew. What was not told for a while is looked at first, and at
# another address nothing is taken for granted. The answer to a call still under way does not count any more; what that
# call may change is looked at again when it is surely over.
_AGAIN = """
UPDATE provisioning_account a SET due_at = %(at)s, generation = generation + 1, attempts = 0,
    uncertain_until = CASE WHEN %(look)s THEN greatest(%(at)s, leased_until) ELSE uncertain_until END,
    leased_by = CASE WHEN %(look)s THEN NULL ELSE leased_by END,
    leased_until = CASE WHEN %(look)s THEN NULL ELSE leased_until END,
    remote_id = CASE WHEN %(moved)s THEN '' ELSE remote_id END
FROM (
    SELECT id FROM provisioning_account WHERE target_id = %(target)s
    ORDER BY target_id, user_id, membership_id FOR UPDATE
) held WHERE a.id = held.id
"""
_WELL = {"failures": 0, "down_since": None, "pause_until": None}


@dataclass(frozen=True, slots=True)
class TargetRegistered:
    """The new target."""

    target: uuid.UUID


@command
def register(
    *,
    actor: Actor,
    application: Application,
    base_url: str,
    token: str,
    record_per: str = Target.RecordPer.PERSON,
    on_removal: str = Target.OnRemoval.DEACTIVATE,
    include_applications: Sequence[str] = (),
    idempotency_key: str | None = None,
) -> Outcome[TargetRegistered]:
    """A SCIM end point for an application; everybody who has rights there is told to it from now on.

    Raises InvalidInput and AlreadyExists besides what every act raises.
    """
    name = ids.uuid7()
    wanted: dict[str, Any] = {
        **_cleaned(
            {"base_url": base_url, "token": token, "include_applications": list(include_applications)}
        ),
        "record_per": _among(Target.RecordPer, record_per, "record_per"),
        "on_removal": _among(Target.OnRemoval, on_removal, "on_removal"),
    }
    with acting(actor, Verb.TARGET_REGISTER, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        _only(application.id)
        _known(wanted["include_applications"])
        Target.objects.create(id=name, application=application, created_at=act.at, **_sealed(name, wanted))
        _fill(target=name)
        act.record(target=str(name), application=application.key)
        _record_event(act, before={}, after=wanted)
        return act.set_result(TargetRegistered(name))


@command
def change(
    *, actor: Actor, target: uuid.UUID, changes: Mapping[str, Any], idempotency_key: str | None = None
) -> Outcome[None]:
    """Reach a system otherwise, tell it otherwise, or stop and begin again.

    `changes`: of `base_url`, `token`, `include_applications`, `on_removal`, `verify_writes`, `is_active`. What waits is
    tried at once, and everybody is computed again. Another scheme, host or port takes a token with it: the old one
    is a secret between us and the old system. Raises InvalidInput, NotFound, AlreadyExists and Unchanged besides what
    every act raises.
    """
    wanted = _cleaned(changes)
    with acting(actor, Verb.TARGET_UPDATE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        row = Target.objects.filter(id=target).first()
        if row is None:
            raise NotFound
        before = {key: getattr(row, key) for key in wanted if key != "token"}
        after = {key: value for key, value in wanted.items() if key == "token" or value != before[key]}
        if not after:
            raise Unchanged
        if after.get("is_active"):
            _only(row.application_id)
        _known(after.get("include_applications", ()))
        _keeps_secrets(row, after)
        _retry(target, after)
        Target.objects.filter(id=target).update(**_sealed(target, after), **_is_healthy(after))
        act.record(target=str(target))
        _record_event(act, before=before, after=after)
    return act.outcome


def _fill(*, target: uuid.UUID) -> int:
    """Make an account due for everybody to whose organization the application is offered. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"target": target, "at": clock.now()})
        return int(cursor.rowcount)


def _retry(target: uuid.UUID, after: Mapping[str, Any]) -> None:
    """Accounts before their target, as answers are written down."""
    moved, on = "base_url" in after, after.get("is_active")
    if on is False and not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _AGAIN, {"target": target, "at": clock.now(), "look": moved or bool(on), "moved": moved}
        )
    _fill(target=target)


def _cleaned(changes: Mapping[str, Any]) -> dict[str, Any]:
    for field in changes.keys() - _MAY_CHANGE.keys():
        raise InvalidInput(field=field, problem="unknown")
    return {field: _MAY_CHANGE[field](value) for field, value in changes.items()}


def _end_point(url: str) -> str:
    """Paths are put behind it, so it ends with one and not with a question."""
    kept = input_cleaning.web_address(url, field="base_url", longest=_LONGEST_ADDRESS)
    if "?" in kept:
        raise InvalidInput(field="base_url", problem="web_address")
    return kept


def _secret(token: str) -> str:
    return input_cleaning.line(token, field="token", longest=_LONGEST_TOKEN, required=True)


def _among(choices: Iterable[str], value: str, field: str) -> str:
    if value not in {str(one) for one in choices}:
        raise InvalidInput(field=field, problem="unknown")
    return str(value)


_MAY_CHANGE: Mapping[str, Callable[[Any], Any]] = {
    "base_url": _end_point,
    "token": _secret,
    "include_applications": list,
    "on_removal": lambda how: _among(Target.OnRemoval, how, "on_removal"),
    "verify_writes": bool,
    "is_active": bool,
}


def _only(application: uuid.UUID) -> None:
    if Target.objects.filter(application=application, is_active=True).exists():
        raise AlreadyExists(field="target")


def _known(applications: Sequence[str]) -> None:
    if Application.objects.filter(key__in=applications).count() < len(set(applications)):
        raise InvalidInput(field="include_applications", problem="unknown")


def _keeps_secrets(row: Target, after: Mapping[str, Any]) -> None:
    if "token" not in after and _origin(after.get("base_url", row.base_url)) != _origin(row.base_url):
        raise InvalidInput(field="token", problem="anew")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _sealed(target: uuid.UUID, wanted: Mapping[str, Any]) -> dict[str, Any]:
    token = wanted.get("token")
    secret = (
        {}
        if token is None
        else {"token": encryption.encrypt_secret(data=token.encode(), context=target.bytes)}
    )
    return {**wanted, **secret}


def _is_healthy(after: Mapping[str, Any]) -> dict[str, Any]:
    """A new way to it may work where the old one did not; another system may be able to do more."""
    return {**_WELL, **({"supports_patch": True} if "base_url" in after else {})}


def _record_event(act: Act, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The address is text and sealed; of the token, only that there is a new one."""
    plain = after.keys() - {"token", "base_url"}
    secret = {"token": "new"} if "token" in after else {}
    act.record_change(
        ledger.SUPPLIER,
        before={key: before[key] for key in plain if key in before},
        after={**{key: after[key] for key in sorted(plain)}, **secret},
    )
    act.record_personal(ledger.SUPPLIER, "address", after.get("base_url", ""), ledger.SUPPLIER)
