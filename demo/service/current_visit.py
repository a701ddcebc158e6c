"""The session and the SCIM record decide about each request who visits."""

import dataclasses
import datetime as dt
import functools
import hmac
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import flask

from demo.service import clock, language, parts, people, sessions

UNAUTHORIZED = 401
FORBIDDEN = 403

LOCAL = (sessions.SIGNED_OUT, sessions.EXPIRED)
"""Endings that this service made by itself; it knows nothing of the portal's session."""
ENDED_HERE = (
    "Your sign-in to this service has ended. That did not sign you out of {portal} or of other services."
)
ENDED_THERE = "Open {portal} to see whether you are still signed in there."

Answer = flask.typing.ResponseReturnValue
Params = ParamSpec("Params")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Visit:
    """A visitor is signed in, known here and in force; `rights` are those of the instant `at`."""

    session: sessions.Session
    person: people.Person
    rights: people.Rights
    at: dt.datetime

    @property
    def organization(self) -> people.Organization:
        return self.rights.organization


def current(stored: sessions.Session) -> Visit | None:
    """Return the visit of a session in force, or None; end a session without its person."""
    person = parts.current().people.by_sub(stored.sub)
    organization = person.organization(stored.organization["id"]) if person else None
    if person is None or organization is None:
        if stored.known:
            parts.current().sessions.end(stored, ended_why=sessions.ACCESS_ENDED)
        return None
    if not person.in_force(organization.id):
        parts.current().sessions.end(stored, ended_why=sessions.ACCESS_ENDED)
        return None
    if not stored.known:
        parts.current().sessions.confirm(stored)
    at = clock.now()
    return Visit(session=stored, person=person, rights=person.rights(organization, at=at), at=at)


def needed(view: Callable[Concatenate[Visit, Params], Answer]) -> Callable[Params, Answer]:
    """Serve a page to a visitor in force only; others get a page with the reason."""

    @functools.wraps(view)
    def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
        stored = parts.session()
        visit = current(stored) if stored and stored.ended_at is None else None
        if visit is None:
            return outside(stored)
        if flask.request.method == "POST" and not meant(visit):
            return flask.render_template("stale.html", visit=visit), FORBIDDEN
        return view(visit, *args, **kwargs)

    return guarded


def meant(visit: Visit) -> bool:
    """Check that a form came from a page of this session."""
    return hmac.compare_digest(flask.request.form.get("csrf", "").encode(), visit.session.csrf.encode())


def outside(stored: sessions.Session | None) -> Answer:
    if stored is None:
        return flask.render_template("welcome.html", going_to=flask.request.path), UNAUTHORIZED
    if stored.ended_at is None:
        return flask.render_template("waiting.html", session=stored), FORBIDDEN
    return flask.render_template("signed_out.html", **ending(stored)), UNAUTHORIZED


def ending(ended: sessions.Session) -> dict[str, str | bool]:
    """Return what an ended session shows: why it ended, what that says of the portal, and whether it ended here."""
    is_local = ended.ended_why in LOCAL
    sentence = ENDED_HERE if is_local else ENDED_THERE
    portal = parts.current().settings.portal_name
    return {"why": why(ended), "elsewhere": language.text(sentence, portal=portal), "is_local": is_local}


def why(ended: sessions.Session) -> str:
    at = dt.datetime.fromtimestamp(ended.ended_at or 0, tz=dt.UTC)
    portal, time = parts.current().settings.portal_name, language.time(at, seconds=True)
    name = ended.organization["name"]
    sentences = {
        sessions.SIGNED_OUT: "You signed out here at {time} UTC.",
        sessions.ENDED_BY_PORTAL: "{portal} ended this sign-in at {time} UTC.",
        sessions.ACCESS_ENDED: (
            "Your access for {organization} has ended, according to {portal}; noticed at {time} UTC."
        ),
        sessions.EXPIRED: "A sign-in lasts eight hours here.",
    }
    return language.text(sentences[ended.ended_why], portal=portal, time=time, organization=name)
