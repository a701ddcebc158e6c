"""The supplier's sign-in has a page that asks who signs in, and one that shows who has left the company."""

import dataclasses
import hmac
import json
import pathlib
import secrets
from typing import cast
from urllib.parse import urlencode, urlsplit

import flask
import requests

from demo.service import store, web
from demo.staff_login import staff
from demo.staff_login.provider import Provider, Refused
from demo.staff_login.staff import Member

KEY = "demo.staff_login"
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, REFUSED, BAD_GATEWAY = 400, 401, 403, 422, 502
FORM_TOKEN = secrets.token_urlsafe(32)
"""In the forms of the page of staff: another site cannot read it, so it cannot send them."""
LOGOUT_TIMEOUT = 5.0

blueprint = flask.Blueprint("pages", __name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """What the pages work with. `left` is the file of those who have left the company."""

    provider: Provider
    password: str
    supplier: str
    left: pathlib.Path

    def gone(self) -> list[str]:
        return list(json.loads(self.left.read_bytes())) if self.left.exists() else []


def parts() -> Parts:
    return cast("Parts", flask.current_app.extensions[KEY])


@blueprint.get("/.well-known/openid-configuration")
def metadata() -> flask.typing.ResponseReturnValue:
    return parts().provider.metadata()


@blueprint.get("/jwks")
def keys() -> flask.typing.ResponseReturnValue:
    return parts().provider.keys()


@blueprint.route("/authorize", methods=["GET", "POST"])
def authorize() -> flask.typing.ResponseReturnValue:
    """Ask who signs in, and go back to the portal with a code."""
    asked = flask.request.args.to_dict()
    try:
        parts().provider.check(asked)
    except Refused as refused:
        return message("You are not signed in.", str(refused)), BAD_REQUEST
    if flask.request.method == "GET":
        return sign_in_page({})
    member = staff.find(flask.request.form.get("person", ""))
    errors = problems(member, flask.request.form.get("password", ""))
    if errors or member is None:
        return sign_in_page(errors, member), REFUSED
    proved = ("pwd", "otp", "mfa") if flask.request.form.get("second") else ("pwd",)
    code = parts().provider.grant(member, asked, proved=proved)
    answer = {"code": code, "state": asked["state"], "iss": parts().provider.issuer}
    return flask.redirect(f"{asked['redirect_uri']}?{urlencode(answer)}")


def problems(member: Member | None, password: str) -> dict[str, str]:
    if member is None:
        return {"person": "Choose a person."}
    if member.subject in parts().gone():
        return {"person": f"{member.name} has left the company and cannot sign in."}
    if not hmac.compare_digest(password.encode(), parts().password.encode()):
        return {"password": "The password is incorrect."}
    return {}


def sign_in_page(errors: dict[str, str], chosen: Member | None = None) -> flask.Response:
    page = flask.make_response(
        flask.render_template(
            "sign_in.html",
            staff=staff.STAFF,
            gone=parts().gone(),
            chosen=chosen,
            errors=errors,
            parts=parts(),
        )
    )
    # The form leads back to the portal, which the policy must name.
    address = urlsplit(parts().provider.client.redirect_uri)
    origin = f"{address.scheme}://{address.netloc}"
    page.headers["Content-Security-Policy"] = web.POLICY.replace(
        "form-action 'self'", f"form-action 'self' {origin}"
    )
    return page


@blueprint.post("/token")
def token() -> flask.typing.ResponseReturnValue:
    try:
        return parts().provider.redeem(
            flask.request.form.to_dict(), flask.request.headers.get("Authorization", "")
        )
    except Refused as refused:
        status = UNAUTHORIZED if str(refused) == "invalid_client" else BAD_REQUEST
        return {"error": str(refused)}, status


@blueprint.get("/sign-out")
def sign_out() -> flask.typing.ResponseReturnValue:
    """Go back to the portal: there is no session here to end."""
    client, asked = parts().provider.client, flask.request.args
    if (
        asked.get("client_id") != client.id
        or asked.get("post_logout_redirect_uri") != client.post_logout_redirect_uri
    ):
        return message("You are signed out.", "You can close this page.")
    state = f"?{urlencode({'state': asked['state']})}" if asked.get("state") else ""
    return flask.redirect(f"{client.post_logout_redirect_uri}{state}")


@blueprint.get("/")
def members() -> str:
    gone, changed = parts().gone(), staff.find(flask.request.args.get("changed", ""))
    return flask.render_template(
        "staff.html", staff=staff.STAFF, gone=gone, changed=changed, token=FORM_TOKEN, parts=parts()
    )


@blueprint.post("/staff/<subject>")
def change(subject: str) -> flask.typing.ResponseReturnValue:
    """Let a member leave the company, which the portal hears at once, or come back."""
    member = staff.find(subject) or flask.abort(404)
    if not hmac.compare_digest(flask.request.form.get("token", "").encode(), FORM_TOKEN.encode()):
        return message(
            "Nothing was changed.", "The demo has restarted. Open the page of staff again."
        ), FORBIDDEN
    others = [one for one in parts().gone() if one != subject]
    leaves = flask.request.form.get("do") == "leave"
    store.write_json(parts().left, [*others, subject] if leaves else others)
    if leaves and not notify(member):
        sentence = (
            "The portal did not accept the sign-out. A session on the staff pages ends by its own limits."
        )
        return message(f"{member.name} has left the company.", sentence), BAD_GATEWAY
    return flask.redirect(flask.url_for("pages.members", changed=subject))


def notify(member: Member) -> bool:
    """Send the logout token. Returns whether the portal accepted it."""
    provider = parts().provider
    try:
        answer = requests.post(
            provider.client.logout_uri,
            data={"logout_token": provider.logout_token(member)},
            timeout=LOGOUT_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return answer.ok


def message(title: str, sentence: str) -> str:
    return flask.render_template("message.html", title=title, sentence=sentence)
