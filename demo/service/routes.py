"""Every service has these endpoints: sign-in and sign-out, the check of an open page, the portal's logout call."""

import re
from typing import Any
from urllib.parse import urlencode

import flask
import joserfc.errors
import requests
from authlib.integrations import base_client

from demo.service import current_visit, language, logout, parts, provider, sessions

BAD_REQUEST = 400
UNAVAILABLE = 503
LONGEST_REASON = 300
OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")

blueprint = flask.Blueprint("protocol", __name__)


@blueprint.get("/login")
def login() -> current_visit.Answer:
    going_to = flask.request.args.get("next", "/")
    return begin(going_to if OWN_PATH.fullmatch(going_to) else "/", flask.request.args)


@blueprint.route("/initiate", methods=["GET", "POST"])
def initiate() -> current_visit.Answer:
    """Begin a sign-in that the portal asked for (OpenID Connect Core, section 4)."""
    parameters = flask.request.values
    if parameters.get("iss") != parts.current().settings.issuer:
        return refused("This sign-in was requested by a party that we do not know. Nothing happened.")
    going_to = own_path(parameters.get("target_link_uri", ""))
    if going_to is None:
        return refused("This sign-in would lead to a page that is not ours. Nothing happened.")
    return begin(going_to, parameters)


def own_path(link: str) -> str | None:
    """Return the path of a link into this service; None for a link to another."""
    own = parts.current().settings.url
    if link in ("", own):
        return "/"
    path = link.removeprefix(own)
    return path if link.startswith(own) and OWN_PATH.fullmatch(path) else None


def begin(going_to: str, parameters: Any) -> current_visit.Answer:
    passed_on = {key: parameters[key] for key in ("login_hint", "organization") if parameters.get(key)}
    try:
        # A sign-in page speaks the language of the page that led to it.
        asked = {"ui_locales": language.current(), **passed_on}
        return parts.current().provider.begin(going_to=going_to, **asked)
    except (requests.RequestException, provider.WrongIssuer):
        return unreachable()


@blueprint.get("/callback")
def callback() -> current_visit.Answer:
    parameters, portal = flask.request.args, parts.current().provider
    begun = portal.begun(parameters.get("state"))
    if begun is None:
        return refused("This sign-in did not begin in this browser, or too long ago. Begin again.")
    if parameters.get("iss") != portal.configured.issuer:
        return refused("The answer came from a party that was not asked. Begin again.")
    try:
        claims = portal.finish()
    except base_client.OAuthError as error:
        said = {"portal": portal.configured.portal_name, "reason": reason(error)}
        return refused(language.text("{portal} says: {reason}", **said))
    except (joserfc.errors.JoseError, ValueError):
        return refused("The answer could not be trusted. Sign-in failed.")
    except requests.RequestException:
        return unreachable()
    return sign_in(claims, going_to=begun["going_to"])


def reason(error: base_client.OAuthError) -> str:
    return str(error.description or error.error)[:LONGEST_REASON]


def sign_in(claims: dict[str, Any], *, going_to: str) -> current_visit.Answer:
    if not complete(claims):
        return refused("The answer names no organization. Sign-in failed.")
    here = parts.current()
    with here.sessions.lock:
        if here.logouts.came_before(claims):
            return refused("This sign-in was ended while it was under way. Begin again.")
        former = parts.session()
        opened = here.sessions.open(claims=claims)
    if former:
        here.sessions.end(former, ended_why=sessions.SIGNED_OUT)
    flask.session.clear()
    flask.session[parts.SESSION] = opened.id
    return flask.redirect(going_to)


def complete(claims: dict[str, Any]) -> bool:
    organization = claims.get("organization")
    has_names = isinstance(organization, dict) and all(organization.get(key) for key in ("id", "key", "name"))
    return has_names and all(isinstance(claims.get(key), str) and claims[key] for key in ("sid", "sub"))


@blueprint.post("/logout")
@current_visit.needed
def sign_out(visit: current_visit.Visit) -> current_visit.Answer:
    parts.current().sessions.end(visit.session, ended_why=sessions.SIGNED_OUT)
    return flask.redirect("/")


@blueprint.get("/portal-sign-out")
def portal_sign_out() -> current_visit.Answer:
    """Go to the portal's page that asks before it signs the person out (RP-Initiated Logout, section 2)."""
    portal = parts.current().provider
    try:
        portal.discover()
    except (requests.RequestException, provider.WrongIssuer):
        return unreachable()
    asked = {"client_id": portal.configured.client_id, "ui_locales": language.current()}
    endpoint = portal.client.server_metadata.get("end_session_endpoint", portal.configured.issuer)
    return flask.redirect(f"{endpoint}?{urlencode(asked)}")


@blueprint.post("/updates")
@current_visit.needed
def updates(visit: current_visit.Visit) -> current_visit.Answer:
    """Pause or resume what the portal sends; the pages of this service stay open."""
    del visit
    parts.current().faults.paused = flask.request.form.get("do") == "pause"
    back = flask.request.form.get("next", "/")
    return flask.redirect(back if OWN_PATH.fullmatch(back) else "/")


@blueprint.post("/language")
def choose_language() -> current_visit.Answer:
    """Keep the chosen language in this browser for a year; it changes nothing else."""
    chosen = flask.request.form.get("language", "")
    back = flask.request.form.get("next", "/")
    answer = flask.redirect(back if OWN_PATH.fullmatch(back) else "/")
    if chosen in language.NAMES:
        answer.set_cookie(
            language.cookie(),
            chosen,
            max_age=365 * 24 * 3600,
            secure=parts.current().settings.secure,
            httponly=True,
            samesite="Lax",
        )
    return answer


@blueprint.get("/session")
def session() -> current_visit.Answer:
    """Answer an open page that asks whether it may stay."""
    stored = parts.session()
    visit = current_visit.current(stored) if stored and stored.ended_at is None else None
    if visit:
        return {"signed_in": True, "version": visit.rights.version}
    if stored is None or stored.ended_at is not None:
        return {"signed_in": False, **(current_visit.ending(stored) if stored else {"is_local": True})}
    return {"signed_in": True, "version": ""}


@blueprint.post("/backchannel-logout")
def backchannel_logout() -> current_visit.Answer:
    here = parts.current()
    try:
        claims = logout.parse_token(
            flask.request.form.get("logout_token", ""),
            keys=here.provider.keys,
            issuer=here.settings.issuer,
            client_id=here.settings.client_id,
        )
        here.logouts.carry_out(claims)
    except logout.Refused as refusal:
        return {"error": "invalid_request", "error_description": str(refusal)}, BAD_REQUEST
    except (requests.RequestException, provider.WrongIssuer):
        return {"error": "temporarily_unavailable"}, UNAVAILABLE, {"Retry-After": "1"}
    return {}, 200


def refused(sentence: str) -> current_visit.Answer:
    return flask.render_template(
        "message.html", title="You are not signed in.", sentence=sentence
    ), BAD_REQUEST


def unreachable() -> current_visit.Answer:
    name = parts.current().settings.portal_name
    sentence = language.text("{portal} does not answer now. Try again in a minute.", portal=name)
    return flask.render_template(
        "message.html", title="You are not signed in.", sentence=sentence
    ), UNAVAILABLE
