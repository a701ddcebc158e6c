"""An admin adds, checks and withdraws the organization's mail domains; others do not see the page."""

import pytest

from audit.foundation import clock
from delegation.authorization.verbs import Verb
from delegation.domain_verifications import challenge, queries
from identity.organizations.models import Organization
from portal.web.mail_domains.context import MailDomainsPage, WithdrawDomainPage
from provisioning.domain_checks import checks
from tests.fixtures import events, signed_in
from tests.fixtures.pages import page_model
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
LIST, WITHDRAW = "/o/koskela/domains/", "/o/koskela/domains/withdraw"


def own(world: World) -> list[str]:
    return Organization.objects.get(pk=world.koskela.pk).mail_domains


def test_admin_adds_proves_and_withdraws_a_domain(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in.browser(world.aino)
    key = page_model(browser.get(LIST), MailDomainsPage).form["idempotency_key"].value()
    for _twice in range(2):
        answer = browser.post(LIST, {"domain": "Koskela.Example", "idempotency_key": key})
        assert answer.status_code == 302
    assert own(world) == ["koskela.example"]
    wrong = browser.post(LIST, {"domain": "koskela.example", "idempotency_key": "other"})
    assert "domain" in page_model(wrong, MailDomainsPage).form.errors
    record = challenge.record(organization=world.koskela.id, domain="koskela.example")
    monkeypatch.setattr(checks, "_ask", lambda *_args: checks.Answer.FOUND)
    assert record.value in browser.get(LIST).content.decode().replace("<wbr>", "")
    assert browser.post(LIST, {"check": "koskela.example"}).status_code == 302
    assert queries.verified(organization=world.koskela.id, at=clock.now()) == ["koskela.example"]
    question = page_model(browser.get(WITHDRAW, {"domain": "koskela.example"}), WithdrawDomainPage)
    assert question.domain == "koskela.example"
    done = {"domain": "koskela.example", "idempotency_key": "withdraw"}
    assert browser.post(WITHDRAW, done).status_code == 302
    assert own(world) == []
    assert browser.post(WITHDRAW, {**done, "idempotency_key": "again"}).status_code == 302
    assert queries.verified(organization=world.koskela.id, at=clock.now()) == []
    recorded = [event for event in events.recorded(Verb.MAIL_DOMAINS_SET) if event.outcome == "done"]
    assert [event.actor for event in recorded] == [world.aino.user_id] * 2


def test_page_is_for_admins_of_the_organization_alone(world: World) -> None:
    for who, status in ((world.ulla, 403), (world.mikko, 403), (world.tiina, 404)):
        browser = signed_in.browser(who)
        for answer in (
            browser.get(LIST),
            browser.post(LIST, {"domain": "x.example", "idempotency_key": "k"}),
            browser.post(LIST, {"check": "x.example"}),
            browser.post(WITHDRAW, {"domain": "x.example", "idempotency_key": "k"}),
        ):
            assert answer.status_code == status, who
    assert own(world) == []
    admin = signed_in.browser(world.aino)
    assert admin.post(LIST, {"check": "not-ours.example"}).status_code == 404
    assert admin.get(WITHDRAW, {"domain": "not-ours.example"}).status_code == 302
