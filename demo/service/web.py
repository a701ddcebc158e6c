"""Every page of the sample services has this in common, the mailbox included."""

import flask
import werkzeug.exceptions

from demo.service import language, money

MOST_BYTES = 256 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
SENTENCES = {
    400: "The request could not be read.",
    404: "Page not found.",
    405: "This page does not accept this kind of request.",
    413: "The request is too large.",
}

shared = flask.Blueprint(
    "shared", __name__, template_folder="templates", static_folder="static", static_url_path="/shared"
)


def application(package: str, *, hosts: list[str]) -> flask.Flask:
    app = flask.Flask(package)
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, TRUSTED_HOSTS=hosts)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(money=money.show, instant=language.instant, translated=language.text)
    app.jinja_env.globals.update(_=language.text, language=language.current, other_languages=language.others)
    app.register_blueprint(shared)
    app.after_request(with_headers)
    app.register_error_handler(werkzeug.exceptions.HTTPException, sorry)
    return app


def with_headers(response: flask.Response) -> flask.Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def sorry(error: werkzeug.exceptions.HTTPException) -> flask.typing.ResponseReturnValue:
    code = error.code or 500
    if isinstance(error, werkzeug.exceptions.SecurityError):
        return flask.Response("Unknown host.\n", code, mimetype="text/plain")
    sentence = SENTENCES.get(code, "Something went wrong. Nothing was changed.")
    return flask.render_template("message.html", title="There is a problem.", sentence=sentence), code
