"""Operators connect a system after a test call, and see what it would get; readings are in the customers' logs."""

from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings

from audit.log import ledger
from audit.models import Event
from portal.desk.applications.system_context import PreviewPage, SystemPage
from portal.signin.customers import rate_limits
from provisioning.accounts import probe
from provisioning.accounts.models import Account
from provisioning.targets.models import Target
from tests.fixtures import connected_services, fake_target, staff_targets
from tests.fixtures.events import body
from tests.fixtures.fake_target import Fault
from tests.fixtures.pages import count_statements, page_model, visible_text
from tests.fixtures.staff_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)
SHOP, CRM = "/staff/applications/ordering/", "/staff/applications/crm/"
PROFILE = {
    "record_per": "person",
    "on_removal": "deactivate",
    "name_form": "formatted",
    "media_type": "application/scim+json",
}


def readings() -> list[tuple[str, str]]:
    rows = Event.objects.filter(verb="customer_data.read").order_by("at")
    return [(row.subject_kind, body(row)["facts"]["page"]) for row in rows]


def test_system_is_connected_after_a_test_call_that_reads_alone(desk: Desk, settings: LazySettings) -> None:
    browser, path = desk.browser("operator"), f"{SHOP}system"
    with fake_target.running() as shop:
        sent: dict[str, Any] = {**PROFILE, "base_url": shop.scim, "token": "wrong"}
        blocked = page_model(browser.post(path, sent), SystemPage)
        assert "base_url" in blocked.form.errors
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, shop.address]
        refused = browser.post(path, sent)
        shown = page_model(refused, SystemPage)
        assert (shown.asks_anyway, "token" in shown.form.errors["base_url"][0]) == (True, True)
        assert b"wrong" not in refused.content
        assert not Target.objects.filter(application__key="ordering").exists()
        sent |= {"token": fake_target.TOKEN, "include_applications": "crm", "idempotency_key": "a"}
        assert browser.post(path, sent)["Location"] == SHOP
        assert shop.users == {}
    target = Target.objects.get(application__key="ordering")
    assert (target.base_url, target.include_applications) == (sent["base_url"], ["crm"])
    assert Account.objects.filter(target=target, due_at__isnull=False).exists()
    page = browser.get(path)
    assert fake_target.TOKEN.encode() not in page.content
    moved = {**sent, "token": "", "base_url": "https://other.example.test/scim", "idempotency_key": "c"}
    assert "token" in page_model(browser.post(path, moved), SystemPage).form.errors
    changed = {**sent, "token": "", "on_removal": "delete", "verify_writes": "on", "idempotency_key": "b"}
    assert browser.post(path, changed)["Location"] == SHOP
    target.refresh_from_db()
    assert (target.on_removal, target.base_url) == ("delete", sent["base_url"])


def test_address_that_fails_is_connected_only_if_the_operator_insists(desk: Desk) -> None:
    browser, path = desk.browser("operator"), f"{SHOP}system"
    sent = {**PROFILE, "base_url": "http://127.0.0.1:1/scim", "token": "t" * 20}
    assert page_model(browser.post(path, sent), SystemPage).asks_anyway
    (tested,) = Event.objects.filter(verb="target.tested")
    assert (tested.actor, tested.chain) == (desk.user("operator", desk.staff.kivisalo).pk, ledger.SUPPLIER)
    facts = body(tested)["facts"]
    assert (facts["application"], facts["target"], bool(facts["code"])) == ("ordering", None, True)
    for bad in (
        {"base_url": "ftp://x.example.test/"},
        {"base_url": "https://u@x.example.test/"},
        {"token": ""},
    ):
        assert page_model(browser.post(path, {**sent, **bad, "anyway": "on"}), SystemPage).form.errors
    assert browser.post(path, {**sent, "anyway": "on"})["Location"] == SHOP
    foreign = desk.browser("operator", unit=desk.staff.eesti)
    for address in ("system", "preview"):
        assert foreign.get(f"{SHOP}{address}").status_code == 404
        assert foreign.post(f"{SHOP}{address}", {**sent, "step": "test"}).status_code == 404


def test_form_of_a_first_connection_changes_no_system_that_is_connected_meanwhile(desk: Desk) -> None:
    browser, path = desk.browser("operator"), f"{SHOP}system"
    assert b'name="connects" value="1"' in browser.get(path).content
    sent = {**PROFILE, "token": "t" * 20, "anyway": "on", "connects": "1"}
    first = {**sent, "base_url": "https://one.example.test/scim", "idempotency_key": "a"}
    second = {**sent, "base_url": "https://two.example.test/scim", "idempotency_key": "b"}
    assert browser.post(path, first)["Location"] == SHOP
    assert browser.post(path, first)["Location"] == SHOP
    late = page_model(desk.browser("operator").post(path, second), SystemPage)
    assert late.form.non_field_errors()
    assert Target.objects.get(application__key="ordering").base_url == first["base_url"]
    assert Event.objects.filter(verb="target.register").count() == 1


def test_new_token_of_a_connected_system_is_tried_first_and_tests_are_limited(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, path = desk.browser("operator"), f"{SHOP}system"
    sent = {**PROFILE, "base_url": "http://127.0.0.1:1/scim", "token": "t" * 20, "verify_writes": "on"}
    assert browser.post(path, {**sent, "anyway": "on", "connects": "1"})["Location"] == SHOP
    moved = {**sent, "base_url": "http://127.0.0.1:2/scim", "idempotency_key": "m"}
    assert page_model(browser.post(path, moved), SystemPage).asks_anyway
    (tested,) = Event.objects.filter(verb="target.tested")
    assert body(tested)["facts"]["target"] == str(Target.objects.get(application__key="ordering").id)
    assert Target.objects.get(application__key="ordering").base_url == sent["base_url"]
    monkeypatch.setattr(rate_limits, "TARGET_TEST", replace(rate_limits.TARGET_TEST, amount=1))
    with monkeypatch.context() as patch:
        patch.setattr(probe, "probe", lambda **_: pytest.fail("a test call was sent"))
        limited = page_model(browser.post(path, moved), SystemPage)
        assert "several within an hour" in limited.form.errors["base_url"][0]
        assert page_model(browser.post(f"{SHOP}preview", {"step": "test"}), PreviewPage).answer is None
    assert browser.post(path, {**moved, "anyway": "on"})["Location"] == SHOP
    assert Event.objects.filter(verb="target.tested").count() == 1


def test_dry_run_counts_without_names_and_names_are_a_reading(desk: Desk) -> None:
    browser, path = desk.browser("operator"), f"{SHOP}preview"
    new = page_model(browser.get(path), PreviewPage)
    staff_targets.connected(desk.world)
    answer = browser.get(path)
    shown = page_model(answer, PreviewPage)
    assert [(one.label, one.number) for one in shown.counts] == [
        (one.label, one.number) for one in new.counts
    ]
    created = int(shown.counts[0].number)
    assert created > 3
    assert [one.number for one in shown.counts[1:3]] == ["0", "0"]
    assert (shown.people, readings()) == (None, [])
    assert "Mikko" not in visible_text(answer)
    named = page_model(browser.post(path, {"step": "people"}), PreviewPage)
    assert named.people is not None
    assert {one.change for one in named.people} == {"created"}
    assert "Mikko Laine" in {one.name for one in named.people}
    assert set(readings()) == {("organization", "record")}
    assert Account.objects.filter(acknowledged_at__isnull=False).count() == 0
    assert count_statements(browser, path) == 13


def test_preview_of_a_person_is_recorded_and_hides_people_of_another_unit(desk: Desk) -> None:
    browser, path, mikko = desk.browser("operator"), f"{SHOP}preview", desk.world.mikko
    staff_targets.connected(desk.world)
    foreign = desk.world.member(desk.staff.tamm, "Liis Tamm", "viewer")
    for email in ("no@koskela.example", foreign.user.email):
        unknown = page_model(browser.post(path, {"step": "person", "email": email}), PreviewPage)
        assert (unknown.is_unknown, unknown.record, readings()) == (True, None, [])
    assert page_model(browser.post(path, {"step": "person", "email": ""}), PreviewPage).form.errors
    sent = {"step": "person", "email": f" {mikko.user.email.upper()} "}
    record = page_model(browser.post(path, sent), PreviewPage).record
    assert record is not None
    values = {row.path: row.value for row in record.fields}
    assert (values["userName"], values["active"]) == (mikko.user.email, "true")
    assert readings() == [("membership", "record")] * 2


def test_test_call_says_why_it_failed(desk: Desk, settings: LazySettings) -> None:
    browser = desk.browser("operator")
    with connected_services.connected(desk.world, settings) as services:
        good = page_model(browser.post(f"{CRM}preview", {"step": "test"}), PreviewPage).answer
        services.crm.be.always = Fault(status=503)
        bad = page_model(browser.post(f"{CRM}preview", {"step": "test"}), PreviewPage).answer
    assert good is not None
    assert bad is not None
    assert (good.is_good, bad.is_good, bad.text) == (True, False, "It asks for a pause. (status 503)")
