"""Shop and CRM speak English and Finnish: by a choice, the ID token's locale or the browser."""

import re
import string
from pathlib import Path

import pytest
import requests

from demo.service import finnish
from tests.demo import cast
from tests.fixtures import demo_services, fake_provider

ROOT = Path(__file__).parents[2]
FINNISH = {"Accept-Language": "fi-FI, fi;q=0.9, en;q=0.5"}


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _format, _conversion in string.Formatter().parse(text) if name}


@pytest.fixture
def finn(op: fake_provider.FakeProvider, shop: demo_services.Service) -> demo_services.ServiceBrowser:
    """Sign in a person whose ID token says `fi`; she orders up to 5,000 € for Tampere."""
    sub = cast.new_sub()
    grants, limits = cast.orderer()
    assert shop.scim("POST", "/Users", cast.user(sub, grants=grants, limits=limits)).status_code == 201
    browser = demo_services.ServiceBrowser(shop)
    browser.sign_in(op, cast.claims(sub) | {"locale": "fi-FI"})
    return browser


def test_pages_speak_the_language_of_the_id_token(finn: demo_services.ServiceBrowser) -> None:
    page = finn.get("/").text
    assert '<html lang="fi">' in page
    for words in (
        "Mitä voit tehdä",
        "tilaaja",
        "5\u00a0000\u00a0€ tilausta kohti",
        "Verkkokauppa",
        "Tampere",
    ):
        assert words in page


def test_order_is_refused_in_finnish(finn: demo_services.ServiceBrowser) -> None:
    page = finn.send("/order", amount="5100,50", site="site-tampere")
    assert page.status_code == 422
    assert "5\u00a0100,50\u00a0€ ylittää rajasi 5\u00a0000\u00a0€. Mitään ei tilattu." in page.text
    page = finn.send("/order", amount="10", site="site-oulu")
    assert "Voit tilata vain toimipaikalle Tampere. Mitään ei tilattu." in page.text


def test_choice_wins_over_the_id_token(finn: demo_services.ServiceBrowser) -> None:
    page = finn.send("/language", language="en", next="/order")
    assert page.url.endswith("/order")
    assert '<html lang="en">' in page.text
    assert "New order" in page.text


@pytest.mark.parametrize("going_to", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_choice_of_a_language_leads_to_pages_of_the_service_alone(
    shop: demo_services.Service, going_to: str
) -> None:
    form = {"language": "fi", "next": going_to}
    answer = requests.post(shop.url + "/language", form, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == "/"


def test_unknown_language_is_not_kept(shop: demo_services.Service) -> None:
    form = {"language": "xx", "next": "/"}
    answer = requests.post(shop.url + "/language", form, allow_redirects=False, timeout=10)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("headers", "words"), [(FINNISH, "Tervetuloa"), ({}, "Welcome to the")])
def test_visitor_reads_the_language_of_the_browser(
    shop: demo_services.Service, crm: demo_services.Service, headers: dict[str, str], words: str
) -> None:
    for service in (shop, crm):
        assert words in requests.get(service.url, headers=headers, timeout=10).text


def test_sign_in_asks_the_portal_for_the_same_language(
    op: fake_provider.FakeProvider, shop: demo_services.Service
) -> None:
    answer = requests.get(shop.url + "/login", headers=FINNISH, allow_redirects=False, timeout=10)
    assert "ui_locales=fi" in answer.headers["Location"]


def test_finnish_texts_have_the_placeholders_of_the_english_ones() -> None:
    wrong = {
        english
        for english, translated in finnish.TEXTS.items()
        if placeholders(english) != placeholders(translated)
    }
    assert wrong == set()


def test_every_text_of_a_template_has_its_finnish() -> None:
    asked = re.compile(r'_\("((?:[^"\\]|\\.)*)"[,)]')
    missing = {
        (path.name, text)
        for folder in ("service", "ordering", "crm")
        for path in (ROOT / "demo" / folder / "templates").glob("*.html")
        for text in asked.findall(path.read_text(encoding="utf-8"))
        if text not in finnish.TEXTS
    }
    assert missing == set()


def test_every_text_of_the_code_has_its_finnish() -> None:
    asked = re.compile(r'language\.text\(\s*"((?:[^"\\]|\\.)*)"')
    missing = {
        (path.name, text)
        for path in (ROOT / "demo").rglob("*.py")
        for text in asked.findall(path.read_text(encoding="utf-8"))
        if text not in finnish.TEXTS
    }
    assert missing == set()
