"""The keys of a person's values in the log are destroyed, and the person's rows become anonymous."""

from dataclasses import dataclass

from audit import personal_data
from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.erasures import rules
from delegation.erasures.subjects import FormerPerson
from delegation.invitations import store as invitations_store
from identity import erasure, revocation
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class Erased:
    """Counts the destroyed keys: the person's own, and those of the invitations to the person."""

    keys: int


@command
def erase(*, actor: Actor, person: User, idempotency_key: str | None = None) -> Outcome[Erased]:
    """Erase a person who has had no membership for the retention period. It cannot be undone.

    The log keeps its hashes, ids and instants, and `audit verify --state` passes. Raises Denied for a person who is not
    due, or has returned.
    """
    on = FormerPerson(person)
    with acting(actor, Verb.PERSON_ERASE, on=on, idempotency_key=idempotency_key) as act:
        (current,) = act.on
        if not rules.is_due(user=current.id, at=act.at):
            raise Denied(reason="wrong_state")
        invitations = invitations_store.anonymize(
            user=current.id, address=current.email, to=erasure.erased_address(person=current.id)
        )
        keys = personal_data.destroy(people=[current.id, *invitations])
        removed = erasure.remove_factors(person=current)
        password = erasure.void_password(person=current)
        erasure.anonymize(person=current)
        revoked = revocation.revoke_users(users=[current.id], at=act.at)
        act.record(
            destroyed_keys=[str(one) for one in keys],
            removed_factors=[str(one) for one in removed],
            password=password,
            everywhere=True,
            sessions=revoked.sessions,
            sign_ins=revoked.sign_ins,
            token_families=revoked.token_families,
        )
        return act.set_result(Erased(len(keys)))
