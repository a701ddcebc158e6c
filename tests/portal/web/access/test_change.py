"""The panel that changes access: what it starts with, its preview, and the change."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

import pytest
from django.utils import translation

from audit.foundation import clock
from audit.models import Event
from portal.web.access import preview as previews
from portal.web.access.context import AccessPage
from portal.web.access.preview import Preview, PreviewFragment
from portal.web.invitations.send import InvitePage, InvitePreviewFragment
from portal.web.people.detail_context import PersonPage
from portal.wording.access_changes import AccessChanges
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import (
    KOSKELA,
    NO_BREAK,
    count_statements,
    orderer_form,
    page_messages,
    page_model,
    person_path,
    plain,
    visible_text,
)
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

INVITE_STATEMENTS, CHANGE_STATEMENTS = 33, 39
"""Of the two panels, whatever they show."""
VIEWER = {"tier": "viewer", "where": "all", "do": "preview"}
ADMIN = {"tier": "organization_admin", "where": "all", "do": "preview"}


def preview(browser: BrowserClient, url: str, form: Mapping[str, object]) -> Preview:
    """Send the form for a preview and give its lines with plain spaces."""
    answer = browser.post(url, dict(form))
    invites = url.endswith("invite")
    effect = page_model(answer, InvitePage).effect if invites else page_model(answer, AccessPage).effect
    gains, losses = [plain(line) for line in effect.gains], [plain(line) for line in effect.losses]
    return dataclasses.replace(effect, gains=gains, losses=losses, nothing=plain(effect.nothing))


def test_access_panel_shows_the_present_access_and_the_preview(world: World) -> None:
    form = orderer_form(world, do="preview") | {"sites": [str(world.oulu.id)], "limit_orderer": "9000"}
    text = visible_text(signed_in.browser(world.aino).post(person_path(world.mikko, "access"), form))
    assert "Now: Orderer, up to 5 000 €, Tampere" in text
    assert "What changes for Mikko Laine" in text
    assert "Order in the web shop, up to 9 000 € an order instead of 5 000 €" in text
    assert "At Oulu instead of Tampere" in text
    assert "Will be able to" not in text
    assert not Event.objects.filter(verb="access.change", outcome="done").exists()


def test_summary_for_a_phone_counts_rights_in_words() -> None:
    changes = AccessChanges(["see, order and approve"], ["import"], gained=3, lost=1, swapped=2)
    found = {language: _summary(changes, language) for language in ("en", "fi")}
    assert found == {
        "en": "Loses 1 right, 2 rights change, gains 3 rights.",
        "fi": "Poistuu 1 oikeus, muuttuu 2 oikeutta, tulee 3 uutta oikeutta.",
    }


def _summary(changes: AccessChanges, language: str) -> str:
    with translation.override(language):
        return previews.of_changes(changes, nothing="").summary


def test_access_panels_take_the_same_statements_for_one_and_three_people(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert count_statements(browser, f"{KOSKELA}/people/invite?list=tier%3Dviewer") == INVITE_STATEMENTS
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer", sites=[world.oulu])
    assert count_statements(browser, f"{KOSKELA}/people/invite?list=tier%3Dviewer") == INVITE_STATEMENTS
    assert count_statements(browser, person_path(world.vilma, "access")) == CHANGE_STATEMENTS
    assert count_statements(browser, person_path(world.mikko, "access")) == CHANGE_STATEMENTS


def test_preview_requested_by_a_script_is_the_fragment_alone(world: World) -> None:
    browser = signed_in.browser(world.aino)
    for url in (f"{KOSKELA}/people/invite", person_path(world.mikko, "access")):
        part = browser.post(url, orderer_form(world, do="preview"), headers={"hx-request": "true"})
        html = part.content.decode()
        assert html.strip().startswith('<section class="kh-effect" id="effect"')
        assert f"2{NO_BREAK}000{NO_BREAK}€" in html
        assert "<h1" not in html
        if url.endswith("invite"):
            effect = page_model(part, InvitePreviewFragment).effect
        else:
            effect = page_model(part, PreviewFragment).effect
        assert [*effect.gains, *effect.swaps]


def test_access_form_sent_twice_changes_access_once(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = orderer_form(world, limit_orderer="3000", reason="New site")
    for _ in range(2):
        done = browser.post(person_path(world.mikko, "access"), form)
        assert (done.status_code, done["Location"]) == (302, person_path(world.mikko))
    assert Event.objects.filter(verb="access.change", outcome="done").count() == 1
    rights = page_model(browser.get(person_path(world.mikko)), PersonPage).rights
    assert any(plain(right.text).endswith("up to <b>3 000 €</b> an order") for right in rights)


def test_access_form_with_the_present_access_changes_nothing(world: World) -> None:
    browser = signed_in.browser(world.aino)
    until = clock.now() + dt.timedelta(days=400)
    same = orderer_form(world, limit_orderer="5000", until=until.date().isoformat(), idempotency_key="s1")
    url = person_path(world.mikko, "access")
    assert page_messages(browser.post(url, same, follow=True)) == ["Mikko Laine’s access is changed."]
    effect = preview(browser, url, {**same, "do": "preview"})
    assert (effect.gains, effect.losses, effect.nothing) == ([], [], "Nothing changes.")
    again = browser.post(url, {**same, "idempotency_key": "s2", "reason": "x"}, follow=True)
    assert page_messages(again) == ["Nothing was changed: Mikko Laine already has this access."]
    assert Event.objects.filter(verb="access.change").count() == 1


def test_preview_of_an_incomplete_form_names_the_missing_choices(world: World) -> None:
    browser = signed_in.browser(world.aino)
    incomplete: dict[str, dict[str, object]] = {
        "Enter a limit.": {"limit_orderer": ""},
        "A limit of 0 allows no orders.": {"limit_orderer": "0"},
        "Choose at least one site.": {"sites": []},
        "The day is in the past.": {"until": "1.1.2020"},
    }
    for sentence, change in incomplete.items():
        for url in (f"{KOSKELA}/people/invite", person_path(world.mikko, "access")):
            effect = preview(browser, url, {**orderer_form(world, do="preview"), **change})
            assert (effect.gains, effect.losses) == ([], []), url
            assert effect.nothing.startswith(sentence), url
            assert set(effect.invalid.split()) == set(change), url
    without_address = browser.post(f"{KOSKELA}/people/invite", orderer_form(world, do="preview"))
    assert page_model(without_address, InvitePage).form.errors == {}


def test_preview_lists_gained_and_lost_admin_rights(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert preview(browser, person_path(world.paivi, "access"), ADMIN).nothing == "Nothing changes."
    less = preview(browser, person_path(world.ulla, "access"), VIEWER)
    assert less.losses[0].startswith("View people and their access, invite people, ")
    assert less.losses[-1] == "Assign these tiers: Viewer, Orderer, Approver and Site admin"
    more = preview(browser, person_path(world.ulla, "access"), ADMIN)
    assert more.losses == []
    assert more.gains[0].startswith("View the activity log, view access reviews, ")
    assert more.gains[1].startswith("Assign these tiers: User")


def test_access_form_starts_with_the_present_access(world: World) -> None:
    page = page_model(signed_in.browser(world.aino).get(person_path(world.mikko, "access")), AccessPage)
    assert [tier.value for tier in page.tiers if tier.checked] == ["orderer"]
    limits = {tier.value: tier.limit.value() for tier in page.tiers if tier.limit}
    assert limits == {"orderer": f"5{NO_BREAK}000", "approver": f"5{NO_BREAK}000"}
    assert page.form["sites"].value() == [str(world.tampere.id)]
    assert page.effect.nothing == "Nothing changes."


def test_change_of_the_last_admin_is_refused(world: World) -> None:
    second = world.member(world.pohjola, "Toini Aro", "organization_admin", factor=False)
    world.factor(second.user)
    browser = signed_in.browser(second)
    world.remove(world.tiina, by=second)
    third = world.member(world.pohjola, "Kaisa Aro", "user_admin")
    viewer = {"tier": "viewer", "where": "all", "idempotency_key": "c1"}
    path = f"/o/pohjola/people/{second.id}/access"
    assert signed_in.browser(third).post(path, viewer).status_code == 403
    assert browser.post(path, viewer).status_code == 403


def test_access_until_a_day_ends_on_the_evening_of_that_day(world: World) -> None:
    day = (clock.now() + dt.timedelta(days=400)).date()
    browser = signed_in.browser(world.aino)
    browser.post(person_path(world.mikko, "access"), orderer_form(world, until=day.isoformat()))
    rights = page_model(browser.get(person_path(world.mikko)), PersonPage).rights
    assert {right.where.partition("until ")[2] for right in rights} == {f"{day.day} {day:%b %Y}"}
