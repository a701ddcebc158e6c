"""Every page links to statements about accessibility and privacy: the supplier's own, or the portal's pages."""

import datetime as dt

import pytest
from django.conf import LazySettings

from delegation.invitations import links
from provisioning import retention
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = ("/accessibility", "/privacy")
STATEMENTS = {"accessibility": "https://kivisalo.example/a11y", "privacy": "https://kivisalo.example/privacy"}


@pytest.mark.parametrize("path", ["/account/login/", f"{KOSKELA}/", "/account/security/", "/nothing-here"])
def test_page_links_to_the_portals_own_statements(world: World, path: str) -> None:
    page = signed_in.browser(world.olli).get(path, follow=True).content.decode()
    for statement in PATHS:
        assert f'href="{statement}"' in page


def test_page_links_to_the_statements_of_the_supplier(world: World, settings: LazySettings) -> None:
    settings.ACCESSIBILITY_URL, settings.PRIVACY_URL = STATEMENTS.values()
    page = BrowserClient().get("/account/login/")
    links = page.context["shell"]["links"]
    assert {name: links[name] for name in STATEMENTS} == STATEMENTS


@pytest.mark.parametrize("path", PATHS)
def test_statement_opens_without_a_sign_in_and_inside_the_current_organization(
    world: World, path: str
) -> None:
    assert BrowserClient().get(path).status_code == 200
    inside = signed_in.browser(world.olli).get(path)
    assert inside.context["shell"]["organization"]["name"] == "Rakennusliike Koskela Oy"
    assert "My access" in visible_text(inside)


def test_accessibility_statement_claims_no_audit(world: World) -> None:
    text = visible_text(BrowserClient().get("/accessibility"))
    assert "does not claim that an independent audit was made" in text
    assert "conform" not in text


def test_privacy_statement_names_the_stored_data_and_their_readers(world: World) -> None:
    text = visible_text(BrowserClient().get("/privacy"))
    for part in ("name, work e-mail address", "IP address", "Admins of your organization", "Cookies"):
        assert part in text


SPANS = (
    "A session ends after 1 h without use, at the latest 12 h after the sign-in",
    "is deleted 24 h after it expires, or earlier",
    "Erased 730 days after you left your last organization",
    "The link works for 7 days",
    "is deleted 90 days after the invitation was accepted",
    "The recipient and the time are deleted 90 days later",
    "protection of forms last 365 days at most",
    "recognizes the browser lasts 180 days at most",
)


def test_privacy_statement_names_the_times_after_which_data_is_deleted(
    world: World, settings: LazySettings
) -> None:
    text = visible_text(BrowserClient().get("/privacy"))
    assert [sentence for sentence in SPANS if sentence not in text] == []
    assert text.count("no fixed time") + text.count("No fixed time") == 2
    assert settings.CELERY_BEAT_SCHEDULE["tidy"]["schedule"] == 3600


def test_privacy_statement_follows_the_constants(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "RETENTION", dt.timedelta(days=31))
    monkeypatch.setattr(retention, "RETENTION", dt.timedelta(days=17))
    text = visible_text(BrowserClient().get("/privacy"))
    assert "is deleted 31 days after the invitation" in text
    assert "are deleted 17 days later" in text
