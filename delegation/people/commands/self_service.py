"""People sign out their own sessions."""

from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.person_set import PersonSet
from delegation.authorization.verbs import Verb
from identity import revocation
from identity.people.models import User


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Counts the browser sessions, sign-ins and token families that were revoked."""

    sessions: int
    sign_ins: int
    token_families: int


@command
def sign_out(
    *, actor: Actor, person: User, session: str = "", idempotency_key: str | None = None
) -> Outcome[SignedOut]:
    """End one browser session by its stored key; without a key, everything that was issued to this person."""
    with acting(actor, Verb.PERSON_SIGN_OUT, on=PersonSet(person), idempotency_key=idempotency_key) as act:
        revoked = _revoke(act, session)
        act.record(
            everywhere=not session,
            **({"ended_session": session} if session else {}),
            sessions=revoked.sessions,
            sign_ins=revoked.sign_ins,
            token_families=revoked.token_families,
        )
        return act.set_result(SignedOut(revoked.sessions, revoked.sign_ins, revoked.token_families))


def _revoke(act: Act, session: str) -> revocation.Revoked:
    if session:
        return revocation.revoke_session(user=act.actor.id, session_key=session, at=act.at)
    return revocation.revoke_users(users=[act.actor.id], at=act.at)
