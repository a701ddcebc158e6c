"""Sample pages in a real browser, without a server: the browser's requests are answered from the templates."""

import mimetypes
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright import sync_api

from portal import vendor
from tests.portal import gallery, look, samples

HOST = "http://localhost"
Answer = Callable[[sync_api.Request], str | int]


class Stage:
    """What the browser is given. `answers` maps paths to pages made when asked for; `asked` is what was asked."""

    def __init__(self, page: sync_api.Page) -> None:
        self.page = page
        self.answers: dict[str, Answer] = {}
        self.asked: list[sync_api.Request] = []
        page.route("**/*", self._answer)

    def show(self, name: str, language: str = "en") -> None:
        """Open a sample page, at the address /<name>."""
        source, make = samples.PAGES[name]
        self.answers[f"/{name}"] = lambda _request: look.render(source, make(), language)
        self.page.goto(f"{HOST}/{name}")

    def _answer(self, route: sync_api.Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            file = _static(path.removeprefix("/static/"))
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
            return
        if path not in self.answers:
            route.fulfill(status=404, body="")
            return
        self.asked.append(route.request)
        answer = self.answers[path](route.request)
        mail = path.startswith("/mail-")
        headers = {} if mail else {"Content-Security-Policy": gallery.POLICY}
        if isinstance(answer, int):
            route.fulfill(status=answer, body="", headers=headers)
        else:
            route.fulfill(body=answer, content_type="text/html; charset=utf-8", headers=headers)


def _static(name: str) -> Path:
    own = vendor.FOLDER.parent / name
    return own if own.exists() else Path(str(finders.find(name)))
