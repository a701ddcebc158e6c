"""The supplier registers a target and changes how it is reached."""

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
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from identity.clients.models import Application
from provisioning.connectors import registry
from provisioning.targets import subjects
from provisioning.targets.models import Target

_MAX_ADDRESS, _MAX_TOKEN = 500, 4000
_PORTS = {"http": 80, "https": 443}

# This statement finds the present members; the planner finds later ones.
_CREATE_ACCOUNTS = """
INSERT INTO provisioning_account (
    target_id, user_id, membership_id, due_at, priority, generation, state, remote_id, acknowledged_digest,
    acknowledged_rights, attempts,
    last_error)
SELECT DISTINCT t.id, m.user_id, CASE WHEN t.record_per = 'membership' THEN m.id END, %(at)s::timestamptz, 1, 1,
       'updating', '', '', '{}'::jsonb, 0, ''
FROM provisioning_target t
JOIN delegation_published_offer o ON o.application_id = t.application_id
JOIN identity_published_membership m ON m.organization_id = o.organization_id
WHERE t.id = %(target)s AND EXISTS (
    SELECT 1 FROM identity_published_period p WHERE p.membership_id = m.id
    AND not_ended(p.valid_until, %(at)s))
ON CONFLICT (target_id, user_id, membership_id) DO NOTHING
"""
# Waiting accounts are due at once; the others are computed again. After a change of address or an activation, records
# are read first, and a new address invalidates remote ids. The outcome of a call in flight no longer counts; the record
# that it may change is read again when it has ended for sure.
_MAKE_DUE = """
UPDATE provisioning_account a SET due_at = %(at)s, generation = generation + 1, attempts = 0,
    uncertain_until = CASE WHEN %(read_first)s THEN greatest(%(at)s, leased_until) ELSE uncertain_until END,
    leased_by = CASE WHEN %(read_first)s THEN NULL ELSE leased_by END,
    leased_until = CASE WHEN %(read_first)s THEN NULL ELSE leased_until END,
    remote_id = CASE WHEN %(moved)s THEN '' ELSE remote_id END
FROM (
    SELECT id FROM provisioning_account WHERE target_id = %(target)s
    ORDER BY target_id, user_id, membership_id FOR UPDATE
) locked WHERE a.id = locked.id
"""
CHOICES: Mapping[str, Sequence[str]] = {
    "media_type": Target.MediaType.values,
    "name_form": Target.NameForm.values,
    "on_removal": Target.OnRemoval.values,
    "record_per": Target.RecordPer.values,
}
"""The values of settings that have a fixed set of them."""
_HEALTHY = {"failures": 0, "down_since": None, "pause_until": None}


@dataclass(frozen=True, slots=True)
class TargetRegistered:
    """Names the new target."""

    target: uuid.UUID


@command
def register(
    *,
    actor: Actor,
    application: Application,
    base_url: str,
    token: str,
    kind: str = "scim",
    record_per: str = Target.RecordPer.PERSON,
    on_removal: str = Target.OnRemoval.DEACTIVATE,
    name_form: str = Target.NameForm.FORMATTED,
    send_phone: bool = False,
    media_type: str = Target.MediaType.SCIM,
    include_applications: Sequence[str] = (),
    idempotency_key: str | None = None,
) -> Outcome[TargetRegistered]:
    """Register a target of an application; members with rights there get an account from now on.

    `kind`: of `provisioning.connectors.registry`. Raises InvalidInput, AlreadyExists, and the errors of every act.
    """
    name = ids.uuid7()
    settings: dict[str, Any] = {"kind": kind, "base_url": base_url, "token": token, "record_per": record_per}
    settings |= {"on_removal": on_removal, "include_applications": list(include_applications)}
    settings |= {"name_form": name_form, "send_phone": send_phone, "media_type": media_type}
    attributes = _validated(settings, _SETTINGS)
    on = subjects.of_application(application.id, include=attributes["include_applications"])
    with acting(actor, Verb.TARGET_REGISTER, on=on, idempotency_key=idempotency_key) as act:
        _require_no_active_target(application.id)
        _require_applications(attributes["include_applications"])
        stored = _encrypted(name, attributes)
        Target.objects.create(id=name, application=application, created_at=act.at, **stored)
        _create_accounts(target=name)
        act.record(target=str(name), application=application.key)
        _record_event(act, before={}, after=attributes)
        return act.set_result(TargetRegistered(name))


@command
def change(
    *, actor: Actor, target: uuid.UUID, changes: Mapping[str, Any], idempotency_key: str | None = None
) -> Outcome[None]:
    """Change a target's address, token or settings, or deactivate and reactivate it.

    `changes`: of `base_url`, `token`, `include_applications`, `on_removal`, `name_form`, `send_phone`, `media_type`,
    `verify_writes`, `is_active`. All accounts become due at once. Another scheme, host or port needs a new token: the
    old one is a secret shared with the old system. Raises InvalidInput, NotFound, AlreadyExists, Unchanged, and the
    errors of every act.
    """
    attributes = _validated(changes, _CHANGEABLE_SETTINGS)
    on = subjects.of_target(target, include=attributes.get("include_applications", ()))
    with acting(actor, Verb.TARGET_UPDATE, on=on, idempotency_key=idempotency_key) as act:
        row = Target.objects.filter(id=target).first()
        if row is None:
            raise NotFound
        before = {key: getattr(row, key) for key in attributes if key != "token"}
        after = {key: value for key, value in attributes.items() if key == "token" or value != before[key]}
        if not after:
            raise Unchanged
        if after.get("is_active"):
            _require_no_active_target(row.application_id)
        _require_applications(after.get("include_applications", ()))
        _require_new_token(row, after)
        _make_accounts_due(target, after)
        Target.objects.filter(id=target).update(**_encrypted(target, after), **_reset_health(after))
        act.record(target=str(target))
        _record_event(act, before=before, after=after)
    return act.outcome


def _create_accounts(*, target: uuid.UUID) -> int:
    """Create a due account for every member of an organization with an offer. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE_ACCOUNTS, {"target": target, "at": clock.now()})
        return int(cursor.rowcount)


def _make_accounts_due(target: uuid.UUID, after: Mapping[str, Any]) -> None:
    """Make accounts due; they are locked before their target, as outcomes are settled."""
    moved, is_activated = "base_url" in after, after.get("is_active")
    if is_activated is False and not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _MAKE_DUE,
            {"target": target, "at": clock.now(), "read_first": moved or bool(is_activated), "moved": moved},
        )
    _create_accounts(target=target)


def _validated(values: Mapping[str, Any], validators: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    for field in values.keys() - validators.keys():
        raise InvalidInput(field=field, problem="unknown")
    return {field: validators[field](value) for field, value in values.items()}


def _endpoint_address(url: str) -> str:
    """Check an address; resource paths are appended to it, so it must have no query."""
    address = input_cleaning.web_address(url, field="base_url", longest=_MAX_ADDRESS)
    if "?" in address:
        raise InvalidInput(field="base_url", problem="web_address")
    return address


def _token(token: str) -> str:
    """Check a bearer token: it becomes a header, which takes no other characters (RFC 9110 §5.5)."""
    line = input_cleaning.line(token, field="token", longest=_MAX_TOKEN, required=True)
    if not line.isascii():
        raise InvalidInput(field="token", problem="characters")
    return line


def _choice(choices: Iterable[str], value: str, field: str) -> str:
    if value not in set(map(str, choices)):
        raise InvalidInput(field=field, problem="unknown")
    return str(value)


_CHANGEABLE_SETTINGS: Mapping[str, Callable[[Any], Any]] = {
    "base_url": _endpoint_address,
    "token": _token,
    "include_applications": list,
    "on_removal": lambda how: _choice(Target.OnRemoval, how, "on_removal"),
    "name_form": lambda form: _choice(Target.NameForm, form, "name_form"),
    "send_phone": bool,
    "media_type": lambda name: _choice(Target.MediaType, name, "media_type"),
    "verify_writes": bool,
    "is_active": bool,
}
_SETTINGS: Mapping[str, Callable[[Any], Any]] = {
    **_CHANGEABLE_SETTINGS,
    "kind": lambda kind: _choice(registry.CONNECTORS, kind, "kind"),
    "record_per": lambda unit: _choice(Target.RecordPer, unit, "record_per"),
}


def _require_no_active_target(application: uuid.UUID) -> None:
    if Target.objects.filter(application=application, is_active=True).exists():
        raise AlreadyExists(field="target")


def _require_applications(applications: Sequence[str]) -> None:
    if Application.objects.filter(key__in=applications).count() < len(set(applications)):
        raise InvalidInput(field="include_applications", problem="unknown")


def _require_new_token(row: Target, after: Mapping[str, Any]) -> None:
    if "token" not in after and _origin(after.get("base_url", row.base_url)) != _origin(row.base_url):
        raise InvalidInput(field="token", problem="new_token_required")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _encrypted(target: uuid.UUID, attributes: Mapping[str, Any]) -> dict[str, Any]:
    token = attributes.get("token")
    secret = (
        {}
        if token is None
        else {"token": encryption.encrypt_secret(data=token.encode(), context=target.bytes)}
    )
    return {**attributes, **secret}


def _reset_health(after: Mapping[str, Any]) -> dict[str, Any]:
    """Reset the target's health: a changed address may work, and another system may support PATCH."""
    return {**_HEALTHY, **({"supports_patch": True, "without_patch": None} if "base_url" in after else {})}


def _record_event(act: Act, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Record the settings; the address is encrypted, and of the token the event records only that it is new."""
    plain = after.keys() - {"token", "base_url"}
    secret = {"token": "new"} if "token" in after else {}
    act.record_change(
        ledger.SUPPLIER,
        before={key: before[key] for key in plain if key in before},
        after={**{key: after[key] for key in sorted(plain)}, **secret},
    )
    act.record_personal(ledger.SUPPLIER, "address", after.get("base_url", ""), ledger.SUPPLIER)
