"""Admins create and end service users."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection

from audit.foundation import ids
from audit.foundation.actor import Actor, ActorKind
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization import authorities, input_cleaning
from delegation.authorization.errors import Denied, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.service_users import rules
from delegation.service_users.subjects import ServiceUserCreation, ServiceUserSet
from identity import lifecycle, machine_secrets
from identity.lifecycle import NewServiceUser
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.service_users import queries as service_users_queries
from identity.service_users import service_tokens
from identity.service_users.models import ServiceUser


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceUserCreated:
    """Holds the client id and the secret of a new service user: only the secret's hash is stored."""

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
    reason: str = "",
    idempotency_key: str | None = None,
) -> Outcome[ServiceUserCreated]:
    """Create a service user that its owner answers for; it has the owner's authorities, as far as its scopes allow.

    An admin creates it for themselves alone: no one becomes the owner of a program without an act of their own. The
    system may name any member. Raises InvalidInput, InvalidAccess and ExceedsAuthority besides the errors of every act.
    """
    name, reason = input_cleaning.name(name), input_cleaning.reason(reason)
    subjects = ServiceUserCreation(organization)
    with acting(actor, Verb.SERVICE_USER_CREATE, on=subjects, idempotency_key=idempotency_key) as act:
        _require_owner(actor, owner, act.organization, act.at)
        rules.check(owner=owner, scopes=scopes, until=until, at=act.at)
        secret = machine_secrets.generate(prefix=service_tokens.SECRET_PREFIX)
        new = lifecycle.NewServiceUser(
            id=ids.uuid7(),
            name=name,
            scopes=" ".join(sorted(scopes)),
            secret_hash=machine_secrets.hash_secret(secret),
            valid_until=until,
        )
        lifecycle.create_service_user(owner=owner, new=new, at=act.at)
        subjects.add(new.id)
        _record(act, owner, new, reason)
        return act.set_result(ServiceUserCreated(new.id, secret))


def _record(act: Act, owner: Membership, new: NewServiceUser, reason: str) -> None:
    act.record(reason=reason)
    after = {
        "organization": str(act.organization),
        "owner": str(owner.id),
        "scopes": new.scopes,
        "until": new.valid_until.isoformat(),
    }
    act.record_change(new.id, before={}, after=after, facts={"secret": new.secret_hash})
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
    with acting(
        actor, Verb.SERVICE_USER_END, on=ServiceUserSet([service_user]), idempotency_key=idempotency_key
    ) as act:
        (row,) = act.on
        if row.valid_until <= act.at:
            raise Unchanged
        lifecycle.end_service_users(service_users=act.ids, at=act.at)
        act.record_personal(row.id, "name", service_users_queries.name_of(service_user=row.id), row.id)
        act.record_change(row.id, before={"until": row.valid_until.isoformat()}, after={"state": "ended"})
        act.record(reason=reason)
    return act.outcome
