"""A real browser inside the portal: signed in by the cookie of a guest."""

import os
from pathlib import Path

from playwright import sync_api

from identity.models import Membership
from tests.portal import guest

PICTURES = os.environ.get("KEYHOLDER_TEST_PICTURES", "")
PHONE: sync_api.ViewportSize = {"width": 360, "height": 780}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def signed_in(page: sync_api.Page, base: str, who: Membership) -> sync_api.Page:
    """Sign this colleague in and open the start page of their company."""
    visitor = guest.of(who)
    cookie = visitor.cookies["kh"].value
    page.context.add_cookies([{"name": "kh", "value": cookie, "url": base}])
    page.goto(f"{base}/o/{who.organization.key}/")
    return page


def looked_at(page: sync_api.Page, name: str) -> None:
    """No sideways scrolling, wide or narrow; a picture of each where KEYHOLDER_TEST_PICTURES names a folder."""
    wide = page.viewport_size or {"width": 1280, "height": 900}
    for size in (PHONE, wide):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert page.evaluate(SIDEWAYS) <= 0, f"{name} scrolls sideways at {size['width']}"
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)
