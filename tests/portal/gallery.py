"""Every page as a picture: `python -m tests.portal.gallery [--out FOLDER] [name ...]`.

1280 and 360 pixels wide, light and dark, English and (where asked) Finnish. Also says what must not be there:
sideways scrolling, errors in the console, things to press that are too small for a finger.
"""

import argparse
import contextlib
import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from playwright import sync_api

from tests import browser as chromium
from tests.portal import look, samples, seen

POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
PHONE = 600


class Handler(http.server.SimpleHTTPRequestHandler):
    """The rendered pages, and our static files under /static/, with the product's content policy."""

    def translate_path(self, path: str) -> str:
        """/static/… comes from the product, or from a part that brings its own."""
        if not path.startswith("/static/"):
            return super().translate_path(path)
        own = look.ROOT / "portal" / path.lstrip("/")
        return str(own) if own.exists() else str(finders.find(path.removeprefix("/static/")) or "/nowhere")

    def end_headers(self) -> None:
        """Adds the policy, so that what it forbids shows in the console."""
        if "/mail-" not in self.path:  # a mail carries its styles on its elements
            self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder at an address on loopback."""
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def write(out: Path, names: list[str], languages: list[str]) -> list[str]:
    """Render the pages into the folder; returns the names of the files without ending."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name in names or samples.PAGES:
        template, make = samples.PAGES[name]
        for language in languages:
            file = name if language == "en" else f"{name}-{language}"
            (out / f"{file}.html").write_text(look.render(template, make(), language), encoding="utf-8")
            written.append(file)
    return written


def _shoot(browser: sync_api.Browser, base: str, out: Path, file: str, width: int, scheme: Any) -> list[str]:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.goto(f"{base}/{file}.html")
    page.wait_for_timeout(150)
    if seen.sideways(page):
        found.append(f"scrolls sideways by {seen.sideways(page)}")
    if width < PHONE and not file.startswith("mail-"):
        found += [f"small: {one}" for one in seen.small(page)]
    # As tall as the page, so that what sticks to the edges is at the edges.
    page.set_viewport_size({"width": width, "height": min(max(seen.height(page), 800), 6000)})
    dark = "-dark" if scheme == "dark" else ""
    page.screenshot(path=out / f"{file}-{width}{dark}.png")
    page.close()
    return [f"{file} {width}{dark}: {one[:200]}" for one in found]


def shoot(out: Path, files: list[str], widths: list[int], schemes: list[str]) -> list[str]:
    """Take every picture; returns what was found on the way."""
    program = next(filter(None, map(shutil.which, chromium.NAMES)))
    with served(out) as base, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        found = [
            one
            for file in files
            for width in widths
            for scheme in schemes
            for one in _shoot(browser, base, out, file, width, scheme)
        ]
        browser.close()
    return found


def main() -> int:
    """Write, shoot, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=Path, default=look.ROOT / "var" / "gallery")
    parser.add_argument("--languages", default="en")
    parser.add_argument("--widths", default="1280,360")
    parser.add_argument("--schemes", default="light,dark")
    options = parser.parse_args()
    look.configure()
    files = write(options.out, options.names, options.languages.split(","))
    widths = [int(width) for width in options.widths.split(",")]
    found = shoot(options.out, files, widths, options.schemes.split(","))
    lines = [
        *found,
        f"{len(files) * len(widths) * len(options.schemes.split(','))} pictures in {options.out}",
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
