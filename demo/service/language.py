"""Pages speak the language that is chosen here, else that of the ID token's `locale`, else the browser's."""

import datetime as dt

import flask

from demo.service import finnish, parts

NAMES = {"en": "English", "fi": "Suomi"}
DEFAULT = "en"


def cookie() -> str:
    """Return the name of the cookie that holds the chosen language."""
    return f"{parts.current().settings.cookie}_language"


def current() -> str:
    """Return the language of this request, English outside of one."""
    if not flask.has_request_context():
        return DEFAULT
    if "language" not in flask.g:
        flask.g.language = requested()
    return str(flask.g.language)


def requested() -> str:
    """Return the first known language of the choice, the sign-in and the browser."""
    request = flask.request
    if parts.KEY not in flask.current_app.extensions:
        return DEFAULT
    chosen = request.cookies.get(cookie(), "")
    signed_in = str(sign_in_locale()).lower().partition("-")[0]
    accepted = request.accept_languages.best_match(list(NAMES)) or DEFAULT
    return next(code for code in (chosen, signed_in, accepted) if code in NAMES)


def sign_in_locale() -> object:
    """Return the `locale` of the ID token; empty without a session or a locale (OpenID Connect Core §5.1)."""
    stored = parts.session()
    return stored.claims.get("locale", "") if stored else ""


def text(english: str, **values: object) -> str:
    """Return an English text in the language of this request, with the values in its places."""
    translated = finnish.TEXTS.get(english, english) if current() == "fi" else english
    return translated.format(**values) if values else translated


def others() -> dict[str, str]:
    """Return the languages to switch to, by their codes."""
    return {code: name for code, name in NAMES.items() if code != current()}


def instant(at: dt.datetime, *, seconds: bool = False) -> str:
    """Return a day with the time, such as `29 Nov 2026 09:12` or `29.11.2026 klo 9.12`."""
    return (
        f"{at:%-d.%-m.%Y} klo {time(at, seconds=seconds)}"
        if current() == "fi"
        else (f"{at:%-d %b %Y} {time(at, seconds=seconds)}")
    )


def time(at: dt.datetime, *, seconds: bool) -> str:
    """Return a time of the day, such as `09:12` or `9.12`."""
    if current() == "fi":
        return f"{at:%-H.%M.%S}" if seconds else f"{at:%-H.%M}"
    return f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
