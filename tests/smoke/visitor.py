"""A person's browser over TLS through nginx: cookies, forms as the pages have them, no code of the portal."""

import http.client
import http.cookies
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from tests.fixtures import authenticator_app as codes
from tests.smoke.machine import HOST

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Page:
    """An answer of the portal."""

    status: int
    path: str
    location: str
    text: str

    def form(self, action: str) -> "Form":
        """Find the form whose address ends so."""
        reader = _Forms()
        reader.feed(self.text)
        found = [form for form in reader.forms if form.action.partition("?")[0].endswith(action)]
        assert found, (
            action,
            self.status,
            self.path,
            [form.action for form in reader.forms],
            self.text[:1500],
        )
        return found[0]


@dataclass
class Form:
    """A form with the values that a browser would send unchanged."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Visitor:
    """Keeps cookies and one connection; a refused or broken connection is an answer with status 0."""

    port: int
    trust: ssl.SSLContext
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPSConnection | None = None

    def get(self, path: str) -> Page:
        """Open a page, without its redirections."""
        return self._send("GET", path, None, {})

    def open(self, path: str) -> Page:
        """Open a page, and follow where it leads on the portal."""
        page = self.get(path)
        for _ in range(5):
            if page.status not in {301, 302, 303}:
                return page
            page = self.get(page.location)
        raise AssertionError(page)

    def submit(self, page: Page, action: str, **changes: str) -> Page:
        """Send a form of the page with these values."""
        form = page.form(action)
        return self.send(page.path, form, **changes)

    def send(self, path: str, form: Form, **changes: str) -> Page:
        """Send a form; the same one again is what a person does after an error."""
        return self._send("POST", urljoin(path, form.action), {**form.fields, **changes}, FORM)

    def sign_in(self, email: str, password: str, secret: str) -> None:
        """Sign in with password and code."""
        page = self.open("/account/login/")
        page = self.submit(page, "/account/login/", login=email, password=password)
        assert page.status == 302, page
        page = self.open(page.location)
        page = self.submit(page, page.path.partition("?")[0], code=codes.now(secret))
        assert page.status == 302, page
        assert self.open("/").status == 200

    def _send(
        self, method: str, target: str, fields: Mapping[str, str] | None, headers: dict[str, str]
    ) -> Page:
        parts = urlsplit(target)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        body = urlencode(fields) if fields is not None else None
        if self.cookies:
            headers = headers | {
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            }
        headers = headers | {"Host": HOST, "Origin": f"https://{HOST}", "Accept-Language": "en"}
        try:
            connection = self._connected()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Page(0, path, "", repr(error))
        for line in answer.headers.get_all("Set-Cookie") or []:
            for morsel in http.cookies.SimpleCookie(line).values():
                self.cookies[morsel.key] = morsel.value
        return Page(answer.status, path, answer.headers.get("Location", ""), text)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            self._connection = _Connection("127.0.0.1", self.port, context=self.trust, timeout=40)
        return self._connection


class _Connection(http.client.HTTPSConnection):
    """Verifies the certificate for the portal's name, which leads to this machine."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        try:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=HOST)  # type: ignore[attr-defined]
        except OSError:
            self.close()
            raise


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif self.forms:
            self._add(tag, values)

    def _add(self, tag: str, values: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, values.get("name", self._select)
        if tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in fields or "selected" in values):
            fields[self._select] = values.get("value", "")
        elif tag == "textarea" and name:
            fields[name] = ""
        elif tag == "input" and name:
            kind = values.get("type", "text")
            if kind in {"submit", "button", "image"} or (
                kind in {"radio", "checkbox"} and "checked" not in values
            ):
                return
            fields[name] = values.get("value", "on" if kind == "checkbox" else "")


def link_in(text: str, marker: str) -> str:
    """Return the path of the first address of the portal in a mail that holds the marker."""
    found = re.search(rf"https://{re.escape(HOST)}(\S*{re.escape(marker)}\S*)", text)
    assert found, text
    return found.group(1)
