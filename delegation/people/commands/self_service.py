"""People sign out their own sessions."""

import datetime as dt
import uuid
from dataclasses import dataclass

from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import OneChain
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity import revocation
from identity.people.models import User


class PersonSet(OneChain):
    """Holds one person, who acts on their own sign-in."""

    kind = On.PERSON

    def __init__(self, person: User) -> None:
        super().__init__(person.id, [person])

    def users(self) -> set[uuid.UUID]:
        """Lock the person's own row."""
        return {self.chain}

    def reload(self) -> None:
        """Read the person again under the lock. Raises NotFound if the person was deleted."""
        self.rows = list(User.all_directories.filter(id=self.chain))
        if not self.rows:
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow only the person."""
        del verb, at
        return policy.YES if actor.kind is ActorKind.PERSON and actor.id == self.chain else policy.HIDDEN

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the person by the user."""
        return Subject("user", subject)


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
