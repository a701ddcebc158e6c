"""The first full circle: a colleague leaves, and all access ends; in a browser, all services real processes."""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib import error, parse, request

import pytest
from playwright.sync_api import Page, expect

from demo.runner import Demo
from tests.journeys import people
from tests.journeys.people import Person

pytestmark = pytest.mark.timeout(600)
SECONDS = 5
NAME = "Liisa Uusi"

NewPerson = Callable[[], Person]


def admin(new_person: NewPerson) -> Person:
    """Aino, signed in."""
    aino = new_person()
    aino.sign_in(**people.sample(aino.demo, "aino.virtanen@koskela.example"))
    return aino


def invite(aino: Person, email: str) -> str:
    """Invite an orderer for Tampere up to 5 000 €, and give the link that the mail brings."""
    aino.go("/o/koskela/people/invite")
    page = aino.page
    page.get_by_label("E-mail address").fill(f"{NAME} <{email}>")
    page.get_by_label("Orderer").check()
    page.get_by_label(re.compile("Limit")).first.fill("5 000")
    page.get_by_label("Only some sites").check()
    page.get_by_label("Tampere").check()
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text(f"The invitation to {email} is being sent.")).to_be_visible()
    found = people.LINK.search(people.mail_to(aino.demo, email))
    assert found is not None
    return found.group(0)


def order(page: Page, amount: str, site: str) -> None:
    """Fill in the web shop's order form and send it."""
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Site").select_option(label=site)
    page.get_by_role("button", name="Place the order").click()


def removal_of(aino: Person, name: str, *, search: str = "") -> None:
    """Go to the page that says what will stop."""
    aino.go(f"/o/koskela/people?{parse.urlencode({'q': search or name})}")
    aino.page.get_by_role("link", name=name).first.click()
    aino.page.get_by_role("link", name=re.compile("^Remove")).first.click()
    expect(aino.page.get_by_text("Nothing has happened yet.")).to_be_visible()


def access_token(leaver: Person) -> str:
    """A token of the web shop's, by the code flow in this person's browser."""
    demo = leaver.demo
    verifier = secrets.token_urlsafe(48)
    callback = f"{demo.where.url('ORDERING_PORT')}/callback"
    asked = {
        "client_id": "ordering",
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "openid",
        "organization": "koskela",
        "state": "test",
        "nonce": "test",
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    endpoints = _json(f"{leaver.portal}/.well-known/openid-configuration")
    answer = leaver.context.request.get(
        f"{endpoints['authorization_endpoint']}?{parse.urlencode(asked)}", max_redirects=0
    )
    code = parse.parse_qs(parse.urlsplit(answer.headers["location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": verifier,
    }
    return str(_post(demo, endpoints["token_endpoint"], form)["access_token"])


def is_active(demo: Demo, token: str) -> bool:
    """What the portal says of a token when the web shop asks (RFC 7662)."""
    endpoints = _json(f"{demo.where.url('PORTAL_PORT')}/.well-known/openid-configuration")
    return bool(_post(demo, endpoints["introspection_endpoint"], {"token": token})["active"])


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _json(url: str) -> dict[str, Any]:
    with request.urlopen(url, timeout=10) as answer:
        content: dict[str, Any] = json.load(answer)
    return content


def _post(demo: Demo, url: str, form: dict[str, str]) -> dict[str, Any]:
    who = base64.b64encode(f"ordering:{demo.where.secrets()['ordering_client']}".encode()).decode()
    asked = request.Request(url, parse.urlencode(form).encode(), {"Authorization": f"Basic {who}"})
    try:
        with request.urlopen(asked, timeout=10) as answer:
            content: dict[str, Any] = json.load(answer)
    except error.HTTPError as refusal:
        raise AssertionError(refusal.read()) from refusal
    return content


def record(demo: Demo, service: str, email: str) -> dict[str, Any]:
    """What stands in a service's own store about this person."""
    for file in (demo.where.folder / service / "users").glob("*.json"):
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["resource"]
        if content.get("userName") == email:
            return content
    raise AssertionError(f"{service} does not know {email}")


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait, and fail in the end."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"not within {seconds} s"
        time.sleep(0.05)


def test_removal_of_a_member_ends_access_in_every_system(demo: Demo, new_person: NewPerson) -> None:
    email = "liisa.uusi@koskela.example"
    aino, liisa = admin(new_person), new_person()

    liisa.accept(invite(aino, email), NAME)
    shop = liisa.open_service("Web shop")
    expect(shop.get_by_text("up to 5 000 € per order")).to_be_visible()
    shop.get_by_role("link", name="New order").first.click()
    order(shop, "4900", "Tampere")
    expect(shop.get_by_text("4 900 €").first).to_be_visible()
    shop.goto(f"{demo.where.url('ORDERING_PORT')}/order")
    order(shop, "5100", "Tampere")
    expect(shop.get_by_text("is above your limit of 5 000 €").first).to_be_visible()
    token = access_token(liisa)
    assert is_active(demo, token)
    _both_list_her(aino, email)

    removal_of(aino, NAME, search=email)
    expect(aino.page.get_by_text("Web shop").first).to_be_visible()
    expect(aino.page.get_by_text("CRM portal").first).to_be_visible()
    began = time.monotonic()
    aino.page.get_by_role("button", name=f"Remove {NAME}").click()
    expect(shop.get_by_role("heading", name="You are signed out.")).to_be_visible(timeout=SECONDS * 1000)
    assert time.monotonic() - began < SECONDS
    assert not is_active(demo, token)
    assert shop.goto(f"{demo.where.url('ORDERING_PORT')}/order").status == 401  # type: ignore[union-attr]
    expect(aino.page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible()
    expect(aino.page.get_by_text(re.compile(r"R-[0-9a-f]{6}-[0-9a-f]{6}"))).to_be_visible()
    assert record(demo, "crm", email)["active"] is False

    aino.page.goto(f"{demo.where.url('CRM_PORT')}/contacts?q={email}")
    expect(aino.page.get_by_text("inactive").first).to_be_visible()
    _the_whole_story(aino)


def _both_list_her(aino: Person, email: str) -> None:
    for name, port, path in (("Web shop", "ORDERING_PORT", "people"), ("CRM portal", "CRM_PORT", "contacts")):
        page = aino.open_service(name)
        page.goto(f"{aino.demo.where.url(port)}/{path}?q={email}")
        row = page.get_by_role("row").filter(has_text=email)
        for text in ("orderer", "5 000 €", "Tampere"):
            expect(row).to_contain_text(text)


def _the_whole_story(aino: Person) -> None:
    aino.go("/o/koskela/activity")
    shown = aino.page.get_by_role("main")
    for text in (
        f"Aino Virtanen removed {NAME}",
        f"{NAME} joined",
        "Aino Virtanen invited liisa.uusi@koskela.example",
    ):
        expect(shown).to_contain_text(text)
    removal = shown.get_by_role("listitem").filter(has_text=f"removed {NAME}").first
    for system in ("Web shop", "CRM portal"):  # in the order in which they confirmed
        expect(removal).to_contain_text(re.compile(rf"Updated: .*{system} \([\d.]+\ss\)"))
    expect(shown.get_by_text(re.compile("Log verified"))).to_be_visible()
    aino.go("/o/koskela/activity?what=systems")
    for text in (f"Web shop: {NAME} signed out", f"CRM portal: {NAME}’s access closed"):
        expect(shown).to_contain_text(text)


def test_removal_from_one_organization_keeps_access_for_the_other(demo: Demo, new_person: NewPerson) -> None:
    aino, mikko = admin(new_person), new_person()
    mikko.sign_in(**people.sample(demo, "mikko.laine@koskela.example"))
    mikko.go("/o/kiinteistot/")
    mikko.page.get_by_role("link", name=re.compile("^Web shop|^Verkkokauppa")).click()
    expect(mikko.page.get_by_text("Koskela Kiinteistöt Oy").first).to_be_visible()

    removal_of(aino, "Mikko Laine")
    aino.page.get_by_role("button", name="Remove Mikko Laine").click()
    expect(aino.page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible(timeout=15_000)

    mikko.page.goto(f"{demo.where.url('ORDERING_PORT')}/order")
    order(mikko.page, "900", "Tampere")
    expect(mikko.page.get_by_text("900 €").first).to_be_visible()
    mikko.go("/o/kiinteistot/")
    expect(mikko.page.get_by_text("Koskela Kiinteistöt Oy").first).to_be_visible()
    answer = mikko.page.goto(f"{mikko.portal}/o/koskela/")
    assert answer is not None
    assert answer.status == 403
    expect(mikko.page.get_by_role("main")).to_contain_text(re.compile("Your access .* ended"))


def test_removal_while_a_system_is_down_names_it_and_completes_later(
    demo: Demo, new_person: NewPerson
) -> None:
    aino, email = admin(new_person), "juri.tamm@koskela.example"
    until(lambda: record(demo, "crm", email)["active"] is True, 60)
    demo.kill("crm")
    try:
        removal_of(aino, "Jüri Tamm")
        aino.page.get_by_role("button", name="Remove Jüri Tamm").click()
        expect(aino.page.get_by_text(re.compile("CRM portal has not confirmed yet")).first).to_be_visible(
            timeout=15_000
        )
        until(lambda: record(demo, "ordering", email)["active"] is False)
        assert record(demo, "crm", email)["active"] is True
    finally:
        demo.start("crm")
    until(lambda: record(demo, "crm", email)["active"] is False, 90)
    expect(aino.page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible(timeout=15_000)


def test_removal_without_a_deliverer_is_delivered_after_its_start(demo: Demo, new_person: NewPerson) -> None:
    aino, email = admin(new_person), "o.bjornstad@koskela.example"
    demo.stop("deliver")
    try:
        removal_of(aino, "Øystein Bjørnstad")
        aino.page.get_by_role("button", name="Remove Øystein Bjørnstad").click()
        expect(
            aino.page.get_by_text(re.compile("has not confirmed yet|have not confirmed yet")).first
        ).to_be_visible()
        assert record(demo, "ordering", email)["active"] is True
    finally:
        demo.start("deliver")
    until(lambda: all(record(demo, name, email)["active"] is False for name in ("ordering", "crm")), 30)
    expect(aino.page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible(timeout=15_000)


def test_removal_without_a_broker_is_confirmed_by_all_systems(demo: Demo, new_person: NewPerson) -> None:
    email = "wang.xiaoming@koskela.example"
    demo.stop("portal", "deliver", "worker")
    demo.overrides = {"KEYHOLDER_BROKER_URL": "pgmq://nobody:nothing@127.0.0.1:1/nowhere"}
    try:
        demo.start("portal", "deliver")
        aino = admin(new_person)
        removal_of(aino, "王小明")
        aino.page.get_by_role("button", name="Remove 王小明").click()
        expect(aino.page.get_by_text(re.compile("All systems confirmed within"))).to_be_visible(
            timeout=15_000
        )
        assert record(demo, "crm", email)["active"] is False
    finally:
        demo.stop("portal", "deliver")
        demo.overrides = {}
        demo.start("portal", "deliver", "worker")
