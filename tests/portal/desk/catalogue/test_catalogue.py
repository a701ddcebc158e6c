"""A catalogue owner previews and applies a file; above the threshold another one agrees to what both saw."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from delegation.authorization.models.roles import RoleVersion
from delegation.catalogue.models import CatalogueProposal
from demo import ports_and_paths
from portal.desk.catalogue.context import CataloguePage, CheckPage, FilePage, ProposalPage
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import count_statements, page_messages, page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.staff_rights import hired

pytestmark = pytest.mark.django_db(transaction=True)
HOME, CHECK = "/staff/catalogue/", "/staff/catalogue/check"
SAMPLE = ports_and_paths.CATALOG.read_text(encoding="utf-8")
VIEWER = 'entitlements = ["ordering:orders.see", "ordering:invoices.see", "crm:contacts.see"]\n\n'
FILE = SAMPLE.replace(VIEWER, 'entitlements = ["ordering:orders.see", "crm:contacts.see"]\n\n', 1)
"""Three viewers lose invoices."""


def owner(desk: Desk, name: str = "Leena Aho") -> BrowserClient:
    """A browser of a catalogue owner of everything."""
    user = hired(name)
    desk.staff.give(user, "catalogue_owner")
    return desk.signed_in(user, "catalogue_owner")


def preview(browser: BrowserClient, text: str = FILE, **fields: str) -> Any:
    return browser.post(CHECK, {"text": text, "idempotency_key": "k1", **fields})


def shown_digest(answer: Any) -> str:
    return page_model(answer, CheckPage).difference.digest


def viewer_versions() -> int:
    return RoleVersion.objects.filter(role__key="viewer").count()


def test_preview_shows_who_loses_and_the_file_is_applied_once(desk: Desk) -> None:
    browser = owner(desk)
    shown = page_model(preview(browser), CheckPage)
    assert (shown.difference.lose, shown.difference.lose_in) == ("3 people", "in 2 organizations")
    (change,) = shown.difference.changes
    assert (change.tier, change.before, change.after, change.people) == (
        "Viewer",
        "See invoices",
        "",
        "3 lose",
    )
    assert [(row.name, row.lose) for row in shown.difference.organizations] == [
        ("Pohjolan Sähkö Oy", "2 lose"),
        ("Rakennusliike Koskela Oy", "1 loses"),
    ]
    assert (shown.needs_second, shown.nothing, viewer_versions()) == (False, False, 1)
    read = Event.objects.filter(verb="customer_data.read").values_list("organization", flat=True)
    assert set(read) == {desk.world.koskela.id, desk.world.pohjola.id}
    for _ in range(2):
        answer = preview(browser, step="apply", seen=shown.difference.digest)
        assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert viewer_versions() == 2
    home = browser.get(HOME)
    assert "The catalogue is applied." in page_messages(home)
    viewer = page_model(home, CataloguePage).tiers[0]
    assert (viewer.name, viewer.version) == ("Viewer", "2")
    assert page_model(preview(browser), CheckPage).nothing


def test_file_with_errors_keeps_its_text_and_names_each_error(desk: Desk) -> None:
    browser, wrong = owner(desk), SAMPLE.replace("[units]", "[unit]").replace("shopping-cart", "nonsense")
    page = page_model(preview(browser, wrong), FilePage)
    assert [problem.partition(";")[0] for problem in page.problems] == [
        "unit is not known",
        "units is missing.",
    ]
    assert page.form["text"].value() == wrong
    ready = page_model(browser.get(page.ready_made_url), FilePage).form["text"].value()
    new = page_model(preview(browser, ready), CheckPage).difference
    left_out = next(row.text for row in new.lists if row.label.startswith("Left out"))
    assert left_out == "finance, products, reports and service"
    tier = next(row for row in new.changes if row.tier == "Service orderer")
    assert (tier.version, tier.before, tier.people) == ("New", "", "–")
    assert tier.after.startswith("See orders and order history, see recommended products, ")
    page = page_model(preview(browser, SAMPLE.replace("shopping-cart", "nonsense")), FilePage)
    assert page.problems[0].startswith("applications.ordering: nonsense is not known.")
    page = page_model(preview(browser, "a = [" * 2000), FilePage)
    assert "is not valid TOML" in page.problems[0]
    assert page_model(preview(browser, "#" * 60_001), FilePage).form.errors["text"]
    for empty in ({}, {"step": "apply"}, {"text": FILE, "step": "apply"}):
        assert browser.post(CHECK, empty).status_code == 200
    assert viewer_versions() == 1


def test_second_person_agrees_to_what_the_first_one_saw(desk: Desk, settings: Any) -> None:
    settings.CATALOGUE_LOSSES_BY_ONE = 2
    leena, pekka = owner(desk), owner(desk, "Pekka Ranta")
    digest = shown_digest(preview(leena))
    refused = page_model(preview(leena, step="apply", seen=digest), CheckPage)
    assert (refused.needs_second, viewer_versions()) == (True, 1)
    url = preview(leena, step="propose", seen=digest)["Location"]
    assert page_model(leena.get(url), ProposalPage).own
    decide(leena, url, step="agree", seen=digest)
    assert viewer_versions() == 1, "the proposer cannot agree"
    assert len(page_model(pekka.get(HOME), CataloguePage).waiting) == 1
    desk.world.remove(desk.world.vilma)
    changed = page_model(decide(pekka, url, step="agree", seen=digest), ProposalPage)
    assert viewer_versions() == 1, "one person fewer loses than was seen"
    assert changed.difference is not None
    now = changed.difference.digest
    for _ in range(2):
        assert decide(pekka, url, step="agree", seen=now, idempotency_key="k2")["Location"] == HOME
    assert viewer_versions() == 2
    (row,) = page_model(leena.get(HOME), CataloguePage).decided
    assert row.decision.startswith("Applied with the agreement of Pekka Ranta, ")
    decided = page_model(leena.get(url), ProposalPage)
    assert (decided.difference, decided.lose, decided.file) == (None, "3 people", FILE)


def decide(browser: BrowserClient, url: str, **fields: str) -> Any:
    data: Mapping[str, str] = {"reason": "", **fields}
    return browser.post(url, data)


def test_proposal_is_refused_and_a_void_one_says_so(desk: Desk, settings: Any) -> None:
    settings.CATALOGUE_LOSSES_BY_ONE = 2
    leena, pekka = owner(desk), owner(desk, "Pekka Ranta")
    url = preview(leena, step="propose", seen=shown_digest(preview(leena)))["Location"]
    assert decide(pekka, url, step="refuse", reason="Not before Christmas")["Location"] == HOME
    other = SAMPLE.replace("Orders nothing.", "Nothing more.")
    url = preview(leena, step="propose", seen=shown_digest(preview(leena)), idempotency_key="k3")["Location"]
    preview(pekka, other, step="apply", seen=shown_digest(preview(pekka, other)))
    assert page_model(pekka.get(url), ProposalPage).state.startswith("Void since ")
    assert "the catalogue changed" in visible_text(pekka.get(HOME))
    assert set(CatalogueProposal.objects.values_list("state", flat=True)) == {"refused", "void"}


def test_right_for_one_business_unit_shows_the_catalogue_and_changes_nothing(desk: Desk) -> None:
    unit_owner = desk.browser("catalogue_owner")
    page = page_model(unit_owner.get(HOME), CataloguePage)
    assert (page.check_url, bool(page.tiers)) == ("", True)
    assert (unit_owner.get(CHECK).status_code, preview(unit_owner).status_code) == (403, 403)
    everything, unknown = owner(desk, "Outi Aho"), f"{HOME}proposals/{uuid.uuid4()}/"
    assert everything.get(CHECK).status_code == 200
    assert (everything.get(unknown).status_code, decide(everything, unknown, step="agree").status_code) == (
        404,
        404,
    )


def test_pages_take_a_literal_number_of_statements(desk: Desk) -> None:
    """Seven of the check are the difference, one sums earlier losses, and two record the readings again."""
    browser, counts = owner(desk), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            preview(browser)
        counts.append(len(captured))
    assert (count_statements(browser, HOME), counts) == (11, [17, 13])
