"""A real browser: Chromium, driven by Playwright.

KEYHOLDER_TEST_REQUIRE_BROWSER=1 turns a skipped test of it into a failed one.
"""

import os
import shutil
from collections.abc import Generator, Iterator

import pytest
from playwright import sync_api

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Playwright's loop runs in this thread; Django would refuse queries beside it, which are safe here.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    program = os.environ.get("KEYHOLDER_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """Give a page with cookies of its own; a script error or a broken policy fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(10_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if _breach(message.text) else None)
    yield opened
    context.close()
    assert errors == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    needs_browser = "browser" in getattr(item, "fixturenames", [])
    if report.skipped and needs_browser and os.environ.get("KEYHOLDER_TEST_REQUIRE_BROWSER") == "1":
        report.outcome = "failed"
        report.longrepr = "A browser test was skipped where browsers are required."
    return report


def _breach(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text
