"""The visitor of a request, decided for each request from the session and the SCIM record."""

import dataclasses
import datetime as dt
import functools
import hmac
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import flask

from demo.service import clock, parts, people, sessions

SESSION = "id"
UNAUTHORIZED = 401
FORBIDDEN = 403

Answer = flask.typing.ResponseReturnValue
Params = ParamSpec("Params")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody signed in, known here and in force; `rights` are those of this very moment."""

    session: sessions.Session
    person: people.Person
    rights: people.Rights
    at: dt.datetime

    @property
    def organization(self) -> people.Organization:
        return self.rights.organization


def session() -> sessions.Session | None:
    return parts.current().sessions.find(flask.session.get(SESSION, ""))


def current(found: sessions.Session) -> Visit | None:
    """Give the visit of a session in force, or None; ends a session whose person is gone."""
    person = parts.current().people.by_sub(found.sub)
    organization = person.organization(found.organization["id"]) if person else None
    if person is None or organization is None:
        if found.known:
            parts.current().sessions.end(found, ended_why=sessions.ACCESS_ENDED)
        return None
    if not person.in_force(organization.id):
        parts.current().sessions.end(found, ended_why=sessions.ACCESS_ENDED)
        return None
    if not found.known:
        parts.current().sessions.confirm(found)
    at = clock.now()
    return Visit(session=found, person=person, rights=person.rights(organization, at=at), at=at)


def needed(view: Callable[Concatenate[Visit, Params], Answer]) -> Callable[Params, Answer]:
    """Serve a page to somebody in force only; others get the page that says where they stand."""

    @functools.wraps(view)
    def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
        found = session()
        visit = current(found) if found and found.ended_at is None else None
        if visit is None:
            return outside(found)
        if flask.request.method == "POST" and not meant(visit):
            return flask.render_template("stale.html", visit=visit), FORBIDDEN
        return view(visit, *args, **kwargs)

    return guarded


def meant(visit: Visit) -> bool:
    """Tell whether a form came from a page of this session."""
    return hmac.compare_digest(flask.request.form.get("csrf", "").encode(), visit.session.csrf.encode())


def outside(found: sessions.Session | None) -> Answer:
    if found is None:
        return flask.render_template("welcome.html", going_to=flask.request.path), UNAUTHORIZED
    if found.ended_at is None:
        return flask.render_template("waiting.html", session=found), FORBIDDEN
    return flask.render_template("signed_out.html", why=why(found)), UNAUTHORIZED


def why(ended: sessions.Session) -> str:
    at = dt.datetime.fromtimestamp(ended.ended_at or 0, tz=dt.UTC)
    portal, time = parts.current().settings.portal_name, f"at {at:%H:%M:%S} UTC"
    name = ended.organization["name"]
    sentences = {
        sessions.SIGNED_OUT: f"You signed out here {time}.",
        sessions.ENDED_BY_PORTAL: f"{portal} ended this sign-in {time}.",
        sessions.ACCESS_ENDED: f"Your access for {name} has ended, as {portal} told us; noticed {time}.",
        sessions.EXPIRED: "A sign-in lasts eight hours here.",
    }
    return sentences[ended.ended_why]
