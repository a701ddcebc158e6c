"""What a person does with a browser: sign in, read a mail, open a service. Words as on the pages."""

import json
import re
import time
from typing import Any
from urllib import request

from playwright.sync_api import Browser, BrowserContext, Page, expect

from demo.runner import Demo
from tests.fixtures import authenticator_app as codes
from tests.fixtures import browsing

_FIRST_PAGE = re.compile("My services|Choose an organization")
LINK = re.compile(r"https?://\S+/invitations/\S+")
PASSWORD = "a sentence that nobody else says 42"


class Person:
    """A person with a browser of their own."""

    def __init__(self, demo: Demo, browser: Browser) -> None:
        self.demo = demo
        self.context: BrowserContext = browser.new_context(viewport=browsing.DESK, locale="en-US")
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.secret = ""

    @property
    def portal(self) -> str:
        """The portal's address."""
        return self.demo.where.url("PORTAL_PORT")

    def sign_in(self, email: str, password: str, secret: str) -> None:
        """With password and code."""
        self.page.goto(f"{self.portal}/account/login/")
        self.page.get_by_label("Work e-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.locator("input[name=code]").fill(codes.now(secret))
        self.page.locator("input[name=code]").press("Enter")
        expect(self.page.get_by_role("heading", name=_FIRST_PAGE)).to_be_visible()

    def sign_in_as_staff(self, name: str) -> None:
        """At the company's own sign-in, which knows the sample staff."""
        self.go("/staff/")
        self.page.get_by_role("link", name="Sign in with your Kivisalo account").click()
        self.page.get_by_label(name).check()
        self.page.get_by_label("Password").fill(self.demo.where.secrets()["password"])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Desk")).to_be_visible()

    def go(self, path: str) -> None:
        """To a page of the portal."""
        self.page.goto(f"{self.portal}{path}")

    def accept(self, link: str, name: str) -> None:
        """Accept an invitation: a name, a password, an authenticator app, and keep the recovery codes."""
        self.page.goto(link)
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_role("button", name="Accept invitation").click()
        self.page.get_by_role("link", name="Connect app").click()
        self.page.get_by_text("Enter the key instead").click()
        self.secret = (self.page.locator("#secret").text_content() or "").replace(" ", "")
        self.page.get_by_label("Code", exact=True).fill(codes.now(self.secret))
        self.page.get_by_role("button", name="Connect app").click()

    def open_service(self, name: str) -> Page:
        """From the start page, by the tile; gives the page that shows."""
        self.go("/")
        self.page.get_by_role("link", name=re.compile(f"^{name}")).click()
        return self.page

    def close(self) -> None:
        """Close the browser."""
        self.context.close()


def sample(demo: Demo, email: str) -> dict[str, str]:
    """A sample person's sign-in."""
    sample_people = json.loads(demo.where.people.read_text(encoding="utf-8"))
    (found,) = [one for one in sample_people["people"] if one["email"] == email]
    return {"email": email, "password": sample_people["password"], "secret": found["secret"]}


def mail_to(demo: Demo, email: str, seconds: float = 20) -> str:
    """The text of the newest mail to this address, once there is one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with request.urlopen(f"{demo.where.url('MAIL_PORT')}/messages?to={email}", timeout=10) as answer:
            mails: list[dict[str, Any]] = json.load(answer)
        if mails:
            return str(mails[0]["text"])
        time.sleep(0.2)
    raise AssertionError(f"no mail to {email} within {seconds} s")
