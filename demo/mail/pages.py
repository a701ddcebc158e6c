import hmac
import re
import secrets
from typing import cast

import flask
import markupsafe

from demo.mail import box, codes
from demo.service import clock, forms

KEY = "demo.box"
PEOPLE = "demo.people"
APPS = "demo.apps"
REFUSED = 422
FORBIDDEN = 403
FORM_TOKEN = secrets.token_urlsafe(32)
"""In the form of this page: another site cannot read it, so it cannot send the form."""
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
FRAME_POLICY = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

blueprint = flask.Blueprint("pages", __name__)


def mailbox() -> box.Box:
    return cast("box.Box", flask.current_app.extensions[KEY])


@blueprint.get("/")
def home() -> str:
    to = flask.request.args.get("to", "")
    return flask.render_template("mails.html", mails=mailbox().latest(to=to), to=to)


def apps() -> codes.Apps:
    return cast("codes.Apps", flask.current_app.extensions[APPS])


@blueprint.get("/codes")
def second_factors() -> str:
    at = clock.seconds()
    people = codes.person_codes(flask.current_app.extensions[PEOPLE], at=at)
    shown = [*apps().codes(at=at), *people]
    return flask.render_template("codes.html", people=shown, left=codes.seconds_left(at=at))


@blueprint.route("/codes/add", methods=["GET", "POST"])
def add_app() -> flask.typing.ResponseReturnValue:
    """Take the key that the portal shows beside the QR code, as an authenticator app does.

    The page with the form is not the page of codes: that one reloads itself, which would empty the form.
    """
    if flask.request.method == "GET":
        return app_form({}, {})
    typed = {field: flask.request.form.get(field, "") for field in ("name", "key")}
    if not hmac.compare_digest(flask.request.form.get("token", "").encode(), FORM_TOKEN.encode()):
        return app_form(typed, {"key": "The demo has restarted. Add the key again."}), FORBIDDEN
    errors = {field: forms.unreadable(text) for field, text in typed.items() if forms.unreadable(text)}
    try:
        if not errors:
            apps().add(**typed)
            return flask.redirect(flask.url_for("pages.second_factors"))
    except ValueError as error:
        errors["key"] = str(error)
    return app_form(typed, errors), REFUSED


def app_form(typed: dict[str, str], errors: dict[str, str]) -> str:
    return flask.render_template("add_app.html", typed=typed, errors=errors, token=FORM_TOKEN)


@blueprint.get("/messages")
def messages() -> list[dict[str, str]]:
    return [mail.as_json() for mail in mailbox().latest(to=flask.request.args.get("to", ""))]


@blueprint.get("/messages/<mail_id>")
def message(mail_id: str) -> str:
    mail = mail_or_404(mail_id)
    return flask.render_template("mail.html", mail=mail, text=with_links(mail.text))


@blueprint.get("/messages/<mail_id>/html")
def html(mail_id: str) -> flask.Response:
    """Show the mail's HTML as a mail program would: without scripts, forms or anything from elsewhere."""
    page = flask.Response('<base target="_top">' + mail_or_404(mail_id).html)
    page.headers["Content-Security-Policy"] = FRAME_POLICY
    return page


def mail_or_404(mail_id: str) -> box.Mail:
    return mailbox().find(mail_id) or flask.abort(404)


def with_links(text: str) -> markupsafe.Markup:
    """Escape a text and make its addresses links."""
    link = markupsafe.Markup('<a href="{0}">{0}</a>').format
    parts = (markupsafe.escape(part) for part in LINK.split(text))
    links = [link(address) for address in LINK.findall(text)]
    return markupsafe.Markup("").join(
        part + after for part, after in zip(parts, [*links, markupsafe.Markup("")], strict=True)
    )
