"""Admins create and end service users, staff their own; owners exchange what theirs authenticate by."""

import contextlib
import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterator
from typing import Any, cast

from audit.foundation import digests, ids
from audit.foundation.actor import Actor, ActorKind
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import SubjectSet
from delegation.authorization import authorities, input_cleaning
from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.service_users import rules
from delegation.service_users.subjects import ServiceUserCreation, ServiceUserSet, StaffServiceUser
from identity import lifecycle, machine_secrets
from identity.lifecycle import NewServiceUser
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from identity.service_users import queries as service_users_queries
from identity.service_users import service_tokens
from identity.service_users.models import CREDENTIAL, ServiceUser


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceUserCreated:
    """Holds the client id and the new secret, of which only the hash is stored; empty for one with keys of its own."""

    service_user: uuid.UUID
    secret: str = dataclasses.field(default="", metadata=NOT_STORED)


@command
def create(
    *,
    actor: Actor,
    organization: Organization,
    owner: Membership,
    name: str,
    scopes: Collection[str],
    until: dt.datetime,
    jwks_uri: str = "",
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[ServiceUserCreated]:
    """Create a service user that its owner answers for; it has the owner's authorities, as far as its scopes allow.

    An admin creates it for themselves alone: no one becomes the owner of a program without an act of their own. The
    system may name any member. With `jwks_uri` it authenticates by keys from there and gets no secret.

    Raises InvalidInput, InvalidAccess and ExceedsAuthority besides the errors of every act.
    """
    name, reason = input_cleaning.name(name), input_cleaning.reason(reason)
    subjects = ServiceUserCreation(organization)
    with acting(actor, Verb.SERVICE_USER_CREATE, on=subjects, idempotency_key=idempotency_key) as act:
        _require_owner(actor, owner, act.organization, act.at)
        rules.check(owner=owner, scopes=scopes, until=until, jwks_uri=jwks_uri, at=act.at)
        new, secret = _new(name, scopes, until, jwks_uri)
        lifecycle.create_service_user(owner=owner, new=new, at=act.at)
        subjects.add(new.id)
        _record(act, new, reason, organization=str(act.organization), owner=str(owner.id))
        return act.set_result(ServiceUserCreated(new.id, secret))


@command
def create_for_staff(
    *,
    actor: Actor,
    owner: User,
    name: str,
    scopes: Collection[str],
    until: dt.datetime,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[ServiceUserCreated]:
    """Create a service user that a staff member answers for; it has the owner's rights, as far as its scopes allow.

    Staff create their own alone: the secret has the owner's rights. The system may name any staff member.

    Raises InvalidInput, InvalidAccess and ExceedsAuthority besides the errors of every act.
    """
    name, reason = input_cleaning.name(name), input_cleaning.reason(reason)
    subjects = StaffServiceUser(owner)
    with acting(actor, Verb.STAFF_SERVICE_CREATE, on=subjects, idempotency_key=idempotency_key) as act:
        if actor.kind is not ActorKind.SYSTEM and owner.pk != actor.id:
            raise Denied(reason="not_owner")
        rules.check_for_staff(owner=owner, scopes=scopes, until=until, at=act.at)
        new, secret = _new(name, scopes, until)
        lifecycle.create_service_user(owner=owner, new=new, at=act.at)
        subjects.add(new.id)
        _record(act, new, reason, staff_owner=str(owner.pk))
        return act.set_result(ServiceUserCreated(new.id, secret))


def _new(
    name: str, scopes: Collection[str], until: dt.datetime, jwks_uri: str = ""
) -> tuple[NewServiceUser, str]:
    """Return a service user to create, and its secret, which is empty for one with keys of its own."""
    secret = "" if jwks_uri else _new_secret()
    new = NewServiceUser(
        id=ids.uuid7(),
        name=name,
        scopes=" ".join(sorted(scopes)),
        secret_hash=machine_secrets.hash_secret(secret) if secret else "",
        jwks_uri=jwks_uri,
        valid_until=until,
    )
    return new, secret


def _record(act: Act, new: NewServiceUser, reason: str, **owner: str) -> None:
    act.record(reason=reason)
    after = {**owner, "scopes": new.scopes, "until": new.valid_until.isoformat()}
    facts = _credential_facts(
        ServiceUser(id=new.id, secret_hash=new.secret_hash, jwks_uri=new.jwks_uri, former_secret_hash="")
    )
    act.record_change(new.id, before={}, after=after, facts=facts)
    act.record_personal(new.id, "name", new.name, new.id)


def _require_owner(actor: Actor, owner: Membership, organization: uuid.UUID, at: dt.datetime) -> None:
    """Raise NotFound for a membership elsewhere or not active, and Denied for that of another person."""
    state = authorities.period_states(ids=[owner.id], at=at).get(owner.id)
    if owner.organization_id != organization or state != MembershipPeriod.State.ACTIVE:
        raise NotFound
    if actor.kind is not ActorKind.SYSTEM and owner.user_id != actor.id:
        raise Denied(reason="not_owner")


@command
def end(
    *, actor: Actor, service_user: ServiceUser, reason: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """End a service user: its secret and its tokens are refused from now on. Raises Unchanged for an ended one."""
    reason = input_cleaning.reason(reason)
    if service_user.staff_owner is None:
        subjects: SubjectSet = ServiceUserSet([service_user])
        verb = Verb.SERVICE_USER_END
    else:
        subjects, verb = StaffServiceUser(service_user.staff_owner, service_user), Verb.STAFF_SERVICE_END
    with acting(actor, verb, on=subjects, idempotency_key=idempotency_key) as act:
        (row,) = act.on
        if row.valid_until <= act.at:
            raise Unchanged
        lifecycle.end_service_users(service_users=act.ids, at=act.at)
        act.record_personal(row.id, "name", service_users_queries.name_of(service_user=row.id), row.id)
        act.record_change(row.id, before={"until": row.valid_until.isoformat()}, after={"state": "ended"})
        act.record(reason=reason)
    return act.outcome


@command
def rotate_secret(
    *,
    actor: Actor,
    service_user: ServiceUser,
    overlap_hours: int = 0,
    until: dt.datetime | None = None,
    idempotency_key: str | None = None,
) -> Outcome[ServiceUserCreated]:
    """Make a new secret; the present one is accepted for `overlap_hours` more, and one that it had replaced no longer.

    One with keys of its own authenticates by the secret from now on. `until` is a new end. For its owner and the
    system alone: the secret has the owner's authorities. Raises InvalidInput, InvalidAccess and ExceedsAuthority
    besides the errors of every act.
    """
    rules.check_overlap(overlap_hours)
    secret = _new_secret()
    with _exchanging(actor, service_user, idempotency_key) as (act, row):
        if until is not None:
            rules.check_end(until, act.at, rules.longest(service_user))
        overlap = act.at + dt.timedelta(hours=overlap_hours)
        is_kept = overlap_hours > 0 and bool(row.secret_hash)
        row.former_secret_hash = row.secret_hash if is_kept else ""
        row.former_secret_until = overlap if is_kept else None
        row.secret_hash, row.jwks_uri = machine_secrets.hash_secret(secret), ""
        _store(act, row, until or row.valid_until, "secret")
        return act.set_result(ServiceUserCreated(row.id, secret))


@command
def use_keys(
    *, actor: Actor, service_user: ServiceUser, jwks_uri: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Let a service user authenticate by keys from this address (RFC 7523), and by no secret from now on.

    For its owner and the system alone. Raises InvalidInput and Unchanged besides the errors of every act.
    """
    rules.check_keys(jwks_uri, required=True)
    with _exchanging(actor, service_user, idempotency_key) as (act, row):
        if row.jwks_uri == jwks_uri:
            raise Unchanged
        row.secret_hash, row.former_secret_hash, row.former_secret_until = "", "", None
        row.jwks_uri = jwks_uri
        _store(act, row, row.valid_until, "keys")
    return act.outcome


@command
def end_former_secret(
    *, actor: Actor, service_user: ServiceUser, idempotency_key: str | None = None
) -> Outcome[None]:
    """Accept the replaced secret no longer. Raises Unchanged where none is accepted, and the errors of every act."""
    with _exchanging(actor, service_user, idempotency_key, by_owner=False) as (act, row):
        if row.former_secret_until is None or row.former_secret_until <= act.at:
            raise Unchanged
        row.former_secret_hash, row.former_secret_until = "", None
        _store(act, row, row.valid_until, "former_secret_ended")
    return act.outcome


@contextlib.contextmanager
def _exchanging(
    actor: Actor, service_user: ServiceUser, idempotency_key: str | None, *, by_owner: bool = True
) -> Iterator[tuple[Act, ServiceUser]]:
    """Open the act on a service user in force. Raises Unchanged for an ended one, and Denied for another's."""
    verb, on = Verb.SERVICE_USER_ROTATE, cast("SubjectSet", ServiceUserSet([service_user]))
    if service_user.staff_owner is not None:
        verb, on = Verb.STAFF_SERVICE_ROTATE, StaffServiceUser(service_user.staff_owner, service_user)
    with acting(actor, verb, on=on, idempotency_key=idempotency_key) as act:
        (row,) = act.on
        if row.valid_until <= act.at:
            raise Unchanged
        if by_owner and actor.kind is not ActorKind.SYSTEM and _owner_of(service_user) != actor.id:
            raise Denied(reason="not_own_program")
        yield act, row


def _owner_of(service_user: ServiceUser) -> uuid.UUID | None:
    """Return the user who owns it."""
    return service_user.owner.user_id if service_user.owner else service_user.staff_owner_id


def _new_secret() -> str:
    return machine_secrets.generate(prefix=service_tokens.SECRET_PREFIX)


def _store(act: Act, row: ServiceUser, until: dt.datetime, credential: str) -> None:
    before, row.valid_until = row.valid_until, until
    row.save(update_fields=CREDENTIAL)
    act.record_personal(row.id, "name", service_users_queries.name_of(service_user=row.id), row.id)
    act.record_change(
        row.id,
        before={"until": before.isoformat()},
        after={"until": until.isoformat(), "credential": credential},
        facts=_credential_facts(row),
    )


def _credential_facts(row: ServiceUser) -> dict[str, Any]:
    """Return the facts from which the row's credential is rebuilt; the address of its keys stands as a digest."""
    until = row.former_secret_until
    return {
        "secret": row.secret_hash,
        "former_secret": row.former_secret_hash,
        "former_secret_until": until.isoformat() if until else None,
        "keys": digests.digest(row.jwks_uri),
    }
