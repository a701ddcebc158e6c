"""The portal in production, in a process of its own: `python -m tests.portal.production <plan> <answers>`.

The plan names settings to read and requests to make, one after the other, with the cookies of a browser where a request
names one. Nothing of this process's test settings is known there.
"""

import dataclasses
import http.cookies
import json
import os
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
ISSUER = "https://id.example.test"
REQUIRED = {
    "KEYHOLDER_ISSUER": ISSUER,
    "KEYHOLDER_PROXIES": "0",
    "KEYHOLDER_SUPPLIER": "Acme Oy",
    "KEYHOLDER_SUPPORT": "09 000 0000",
    "KEYHOLDER_BRAND": "neutral",
    "KEYHOLDER_MAIL_FROM": "Acme <id@acme.example>",
}
"""The variables that production requires, and no other."""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclasses.dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    method: str = "GET"
    browser: str = ""
    """Whose cookies it carries; without a name: none."""
    fields: dict[str, str] = dataclasses.field(default_factory=dict)
    """A posted form; `csrfmiddlewaretoken` comes from the browser's last page."""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    cookies: dict[str, str] = dataclasses.field(default_factory=dict)
    scheme: str = "https"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    """Names in lower case, without Set-Cookie."""
    set_cookies: list[str]
    body: str

    def cookie(self, name: str) -> dict[str, str]:
        """The attributes it is set with, names in lower case; of each but its value and its time."""
        (line,) = [one for one in self.set_cookies if one.startswith(f"{name}=")]
        pairs = [part.strip().partition("=") for part in line.split(";")[1:]]
        found = {key.lower(): value for key, _, value in pairs}
        return {key: value for key, value in found.items() if key not in {"expires", "max-age"}}


@dataclasses.dataclass(frozen=True)
class Seen:
    """The values of the settings, as far as JSON can say them, and the answers."""

    settings: dict[str, Any]
    answers: list[Answer]


def environment(home: Path, **more: str) -> dict[str, str]:
    """A production's, with this test's database and nothing else of this process; an empty value removes a name."""
    known = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "OWNER_DATABASE_URL")}
    own = {"KEYHOLDER_HOME": str(home), **REQUIRED, **more}
    return {name: value for name, value in (known | own).items() if value}


def start(folder: Path, *, there: dict[str, str], settings: list[str], asks: list[Ask]) -> Seen:
    """Start it, read the settings, ask, and end it. Raises CalledProcessError with its words if it does not start."""
    plan, answers = folder / "plan.json", folder / "answers.json"
    plan.write_text(json.dumps({"settings": settings, "asks": [dataclasses.asdict(one) for one in asks]}))
    subprocess.run(
        [sys.executable, "-m", "tests.portal.production", str(plan), str(answers)],
        env=there,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(answers.read_text())
    return Seen(seen["settings"], [Answer(**one) for one in seen["answers"]])


class Browsers:
    """Cookies and the last page's token, by browser."""

    def __init__(self) -> None:
        self.cookies: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}

    def ask(self, application: Any, ask: Ask) -> Answer:
        """One request, straight into the WSGI application."""
        answer = _answer(application, _environ(ask, self._known(ask), self.tokens.get(ask.browser, "")))
        if ask.browser:
            jar = self.cookies.setdefault(ask.browser, {})
            for line in answer.set_cookies:
                jar |= {one.key: one.value for one in http.cookies.SimpleCookie(line).values()}
            found = TOKEN.search(answer.body)
            self.tokens[ask.browser] = found.group(1) if found else self.tokens.get(ask.browser, "")
        return answer

    def _known(self, ask: Ask) -> dict[str, str]:
        return self.cookies.get(ask.browser, {}) | ask.cookies


def _environ(ask: Ask, cookies: dict[str, str], token: str) -> dict[str, Any]:
    body = urlencode({"csrfmiddlewaretoken": token, **ask.fields}) if ask.method == "POST" else ""
    path, _, query = ask.path.partition("?")
    host = ask.headers.get("Host", "id.example.test")
    headers = {"Host": host, "Origin": ISSUER, "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    return {
        "REQUEST_METHOD": ask.method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": query,
        "SERVER_NAME": "id.example.test",
        "SERVER_PORT": "443" if ask.scheme == "https" else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.7",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": ask.scheme,
        "wsgi.input": BytesIO(body.encode()),
        "wsgi.errors": sys.stderr,
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers | ask.headers).items()
        },
    }


def _answer(application: Any, environ: dict[str, Any]) -> Answer:
    started: list[Any] = []
    chunks = application(environ, lambda status, headers, *_: started.extend([status, headers]))
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started
    return Answer(
        status=int(status.split()[0]),
        headers={name.lower(): value for name, value in headers if name.lower() != "set-cookie"},
        set_cookies=[value.strip() for name, value in headers if name.lower() == "set-cookie"],
        body=body.decode(errors="replace"),
    )


def _portal() -> tuple[Any, Any]:
    """The settings and the WSGI application, as the web server loads it, with the static files collected."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django  # noqa: PLC0415 - only in this process
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    if not Path(settings.STATIC_ROOT).exists():
        django.setup()
        call_command("collectstatic", verbosity=0, interactive=False)
    from portal.wsgi import application  # noqa: PLC0415 - after the files are there

    return settings, application


def main() -> None:
    """Carry out the plan."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    settings, application = _portal()
    browsers = Browsers()
    answers = [browsers.ask(application, Ask(**one)) for one in plan["asks"]]
    values = {name: getattr(settings, name) for name in plan["settings"]}
    seen = {"settings": values, "answers": [dataclasses.asdict(one) for one in answers]}
    Path(sys.argv[2]).write_text(json.dumps(seen, default=sorted))


if __name__ == "__main__":
    main()
