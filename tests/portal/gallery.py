"""Every page as a picture: `python -m tests.portal.gallery [--out FOLDER] [name ...]`.

1280 and 360 pixels wide, light and dark, English and (where asked) Finnish. Also counts what must not be there:
sideways scrolling, errors in the console, things to press that are too small for a finger.
"""

import argparse
import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from playwright import sync_api

from tests.portal import look, samples

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
SMALL = """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select, textarea')].filter(e => {
  const r = e.getBoundingClientRect(); const label = e.closest('label')?.getBoundingClientRect();
  if (!r.width || r.width < 2 || e.closest('[inert]') || e.closest('p, li > span, .kh-note__text') && e.tagName === 'A' || e.closest('.kh-skip')) return false;
  if (e.type === 'radio' && e.closest('.kh-choice, .kh-seg')) return false;
  return Math.max(r.height, label?.height ?? 0) < 43.5; }).map(e => e.outerHTML.slice(0, 100))"""

TALL = """e => e.matches('.kh-panel')
  ? [...e.querySelectorAll('.kh-panel__head, .kh-panel__body, .kh-panel__foot')].reduce((sum, part) => sum + part.scrollHeight + 2, 0)
  : document.querySelector('.kh-panel') ? 0 : e.scrollHeight"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """The rendered pages, and our static files under /static/, with the product's content policy."""

    def translate_path(self, path: str) -> str:
        """/static/… comes from the product, or from a part that brings its own."""
        if not path.startswith("/static/"):
            return super().translate_path(path)
        own = look.ROOT / "portal" / path.lstrip("/")
        return str(own) if own.exists() else str(_foreign(path.removeprefix("/static/")))

    def end_headers(self) -> None:
        """Adds the policy, so that what it forbids shows in the console."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


def _foreign(name: str) -> str:
    from django.contrib.staticfiles import finders  # noqa: PLC0415 - only once Django is configured

    return finders.find(name) or "/nowhere"


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
    page.on(
        "console",
        lambda message: found.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: found.append(str(error)))
    page.goto(f"{base}/{file}.html")
    page.wait_for_timeout(150)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"scrolls sideways: {wide} > {width}")
    if width < 600:  # noqa: PLR2004 - a phone
        found += [f"small: {one}" for one in page.evaluate(SMALL)]
    dark = "-dark" if scheme == "dark" else ""
    # As tall as the page (or the panel over it), so that what sticks to the edges is at the edges.
    height = page.evaluate("Math.max(800, ...[document.documentElement, ...document.querySelectorAll('.kh-panel')].map(HEIGHT))".replace("HEIGHT", TALL))
    page.set_viewport_size({"width": width, "height": min(height, 6000)})
    page.screenshot(path=out / f"{file}-{width}{dark}.png")
    page.close()
    return [f"{file} {width}{dark}: {one}" for one in found]


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
    handler = functools.partial(Handler, directory=str(options.out))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    found: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for file in files:
            for width in options.widths.split(","):
                for scheme in options.schemes.split(","):
                    found += _shoot(browser, base, options.out, file, int(width), scheme)
        browser.close()
    server.shutdown()
    sys.stdout.write("\n".join(found) + "\n" if found else "nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
