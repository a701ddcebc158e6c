"""What people do to their own sign-in."""

from typing import Any

from audit.actor import Actor
from delegation.act import Act, Outcome, acting, command
from delegation.verbs import Verb
from identity import access
from identity.models import User


@command
def sign_out(*, actor: Actor, person: User, session: str = "", idempotency_key: str | None = None) -> Outcome:
    """End one browser session by its stored key, or, without one, everything that was issued to this person.

    The outcome's data counts what ended: `sessions`, `sign_ins`, `families` of tokens.
    """
    with acting(actor, Verb.PERSON_SIGN_OUT, on=person, idempotency_key=idempotency_key) as act:
        ended = _end(act, session)
        counts: dict[str, Any] = {
            "sessions": ended.sessions,
            "sign_ins": ended.sign_ins,
            "families": ended.families,
        }
        act.say(everywhere=not session, **counts)
        act.answer(**counts)
    return act.outcome


def _end(act: Act, session: str) -> access.Ended:
    if session:
        return access.end_session(user=act.actor.id, session_key=session, at=act.at)
    return access.end_person(users=[act.actor.id], at=act.at)
