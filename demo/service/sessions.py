"""There is one file per session, so that a restart forgets no session and revives none."""

import dataclasses
import pathlib
import secrets
import threading
from typing import Any

from demo.service import clock, store

LASTS_SECONDS = 8 * 3600
REMEMBERED_SECONDS = 24 * 3600

SIGNED_OUT = "signed_out"
ENDED_BY_PORTAL = "ended_by_portal"
ACCESS_ENDED = "access_ended"
EXPIRED = "expired"


@dataclasses.dataclass(kw_only=True)
class Session:
    """`known` is set once SCIM has confirmed the person: from then on, not being known means being gone."""

    id: str
    sid: str
    sub: str
    organization: dict[str, str]
    claims: dict[str, Any]
    csrf: str
    opened_at: float
    known: bool = False
    ended_at: float | None = None
    ended_why: str = ""

    @property
    def expires_at(self) -> float:
        return self.opened_at + LASTS_SECONDS


class Sessions:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = store.folder(folder)
        self.lock = threading.RLock()
        self._sessions = {session["id"]: Session(**session) for session in store.read_all(self.folder)}
        self._forget_old()

    def open(self, *, claims: dict[str, Any]) -> Session:
        session = Session(
            id=secrets.token_urlsafe(32),
            sid=claims["sid"],
            sub=claims["sub"],
            organization=claims["organization"],
            claims=claims,
            csrf=secrets.token_urlsafe(32),
            opened_at=clock.seconds(),
        )
        with self.lock:
            self._forget_old()
            self._sessions[session.id] = session
            self._write(session)
        return session

    def find(self, session_id: str) -> Session | None:
        session = self._sessions.get(session_id)
        if session and session.ended_at is None and session.expires_at <= clock.seconds():
            self.end(session, ended_why=EXPIRED)
        return session

    def confirm(self, session: Session) -> None:
        with self.lock:
            session.known = True
            self._write(session)

    def end(self, session: Session, *, ended_why: str) -> None:
        with self.lock:
            if session.ended_at is None:
                session.ended_at = clock.seconds()
                session.ended_why = ended_why
                self._write(session)

    def end_all(self, *, sid: str | None, sub: str | None) -> int:
        """End the sessions of a sign-in, or without one all sessions of a person, and count them."""
        with self.lock:
            open_sessions = [
                session
                for session in self._sessions.values()
                if session.ended_at is None and matches(session, sid, sub)
            ]
            for session in open_sessions:
                self.end(session, ended_why=ENDED_BY_PORTAL)
            return len(open_sessions)

    def count(self) -> int:
        return sum(session.ended_at is None for session in list(self._sessions.values()))

    def _write(self, session: Session) -> None:
        store.write_json(self.folder / f"{session.id}.json", dataclasses.asdict(session))

    def _forget_old(self) -> None:
        oldest = clock.seconds() - REMEMBERED_SECONDS
        for session in [session for session in self._sessions.values() if session.opened_at < oldest]:
            del self._sessions[session.id]
            (self.folder / f"{session.id}.json").unlink(missing_ok=True)


def matches(session: Session, sid: str | None, sub: str | None) -> bool:
    if sid is None:
        return session.sub == sub
    return session.sid == sid and sub in (None, session.sub)
