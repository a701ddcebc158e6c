"""Several people get the same access, or are limited to some sites, by one form from the list of people."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from delegation.access import queries as access_queries
from delegation.authorization.values import AccessSpec
from identity.memberships.models import Membership
from portal.web.access.bulk_context import BulkFragment, ChangePeoplePage, LimitSitesPage
from portal.web.access.bulk_effects import BulkEffect
from portal.web.people.list_context import PeoplePage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, orderer_form, page_messages, page_model, plain
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS, SITES = f"{KOSKELA}/people/access", f"{KOSKELA}/people/sites"
Form = dict[str, Any]


def ids(*members: Membership) -> list[str]:
    return [str(member.id) for member in members]


def query(*members: Membership) -> str:
    return "&".join(f"m={member}" for member in ids(*members))


def sites_form(world: World, *members: Membership, **other: Any) -> Form:
    return {"m": ids(*members), "sites": [str(world.oulu.id)], "idempotency_key": "s1", **other}


def change_form(world: World, *members: Membership, **other: Any) -> Form:
    return orderer_form(world) | {"m": ids(*members), **other}


def effect_of(browser: BrowserClient, url: str, form: Form) -> BulkEffect:
    answer = browser.post(url, {**form, "do": "preview"})
    kind = ChangePeoplePage if url == ACCESS else LimitSitesPage
    return page_model(answer, kind).effect


def left_out(effect: BulkEffect) -> dict[str, list[str]]:
    return {one.reason: list(one.names) for one in effect.left_out}


def access_of(world: World, member: Membership) -> list[AccessSpec]:
    at = Event.objects.latest("at").at
    found = access_queries.assignments(memberships=[member.id], at=at)
    return [assignment.access for assignment in found.get(member.id, ())]


def changes() -> int:
    return Event.objects.filter(verb="access.change", outcome="done").count()


def test_list_offers_every_action_and_leads_to_their_panels(world: World) -> None:
    browser = signed_in.browser(world.aino)
    bulk = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).bulk
    assert bulk
    assert [(one.name, str(one.label)) for one in bulk.actions] == [
        ("access", "Change access…"),
        ("sites", "Limit to sites…"),
        ("last_day", "Plan the last day…"),
        ("remove", "Remove…"),
    ]
    for action, url in (("access", ACCESS), ("sites", SITES)):
        answer = browser.post(f"{KOSKELA}/people/select", {"do": action, "m": ids(world.mikko, world.vilma)})
        assert answer["Location"] == f"{url}?{query(world.mikko, world.vilma)}"
        assert browser.get(answer["Location"]).status_code == 200


GROUPS = [
    ("Mikko Laine", ["Now: Orderer, up to 5 000 €, Tampere"]),
    ("Venla Aho and Vilma Salo", ["Now: Viewer, all sites"]),
]


def test_change_shows_losses_first_and_groups_people_by_effect(world: World) -> None:
    second = world.member(world.koskela, "Venla Aho", "viewer")
    browser = signed_in.browser(world.aino)
    form = change_form(world, world.mikko, world.vilma, second, tier="viewer", sites=[str(world.oulu.id)])
    effect = effect_of(browser, ACCESS, form)
    assert [(group.title, [plain(line) for line in group.now]) for group in effect.groups] == GROUPS
    assert [bool(group.effect.losses) for group in effect.groups] == [True, True]
    assert effect.summary == "Changes 3 people."
    assert changes() == 0


def test_group_of_people_with_different_access_names_the_access_of_each(world: World) -> None:
    both, end = [world.tampere, world.oulu], clock.now() + dt.timedelta(days=400)
    world.change(world.vilma, world.access("viewer", sites=both))
    world.change(world.olli, world.access("viewer", sites=both, until=end))
    second = world.member(world.koskela, "Venla Aho", "viewer", sites=both)
    form = sites_form(world, world.vilma, second, world.olli)
    (group,) = effect_of(signed_in.browser(world.aino), SITES, form).groups
    with_end, without = sorted(group.now)
    assert with_end.startswith("Now, Olli Mäkinen: Viewer, Oulu and Tampere, until ")
    assert without == "Now, Venla Aho and Vilma Salo: Viewer, Oulu and Tampere"


def test_several_people_get_the_same_access_by_one_act(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = change_form(world, world.mikko, world.vilma, reason="New shift")
    for _ in range(2):
        done = browser.post(ACCESS, form, follow=True)
        assert page_messages(done) == ["The access of 2 people is changed."]
    expected = [world.access("orderer", sites=[world.tampere], amount=2000)]
    assert [access_of(world, member) for member in (world.mikko, world.vilma)] == [expected, expected]
    assert Event.objects.filter(verb="access.change", outcome="done").values("act").distinct().count() == 1
    assert changes() == 2


def test_people_are_limited_to_the_sites_that_they_have(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = sites_form(world, world.vilma, world.olli, world.mikko)
    effect = effect_of(browser, SITES, form)
    assert left_out(effect) == {
        "None of these sites": ["Mikko Laine"],
        "Already limited to these sites": ["Olli Mäkinen"],
    }
    (group,) = effect.groups
    assert (group.title, group.effect.gains, group.effect.swaps) == ("Vilma Salo", [], [])
    assert group.effect.losses[0].endswith("at Tallinn and Tampere, and at sites that are added later")
    assert effect.summary == "Changes 1 person, leaves out 2."


def test_people_are_left_out_only_after_the_sender_has_seen_it(world: World) -> None:
    browser = signed_in.browser(world.aino)
    form = sites_form(world, world.vilma, world.mikko)
    shown = page_model(browser.post(SITES, form), LimitSitesPage)
    assert shown.form.non_field_errors() == [
        "1 person cannot be limited to these sites. Nothing was changed. Check who is left out."
    ]
    assert left_out(shown.effect) == {"None of these sites": ["Mikko Laine"]}
    assert shown.button == "Limit 1 person to these sites"
    assert changes() == 0
    seen = {**form, "left_out": [str(one) for one in shown.effect.left_out_ids]}
    for _ in range(2):
        assert page_messages(browser.post(SITES, seen, follow=True)) == [
            "The access of 1 person is changed. 1 person was left out."
        ]
    assert changes() == 1
    assert access_of(world, world.vilma) == [world.access("viewer", sites=[world.oulu])]
    assert access_of(world, world.mikko) == [world.access("orderer", sites=[world.tampere], amount=5000)]


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_person_who_is_no_longer_left_out_is_not_left_out_unseen(world: World, url: str) -> None:
    browser = signed_in.browser(world.aino)
    form = change_form(world, world.vilma, world.mikko) if url == ACCESS else sites_form(world, world.vilma)
    form |= {"m": ids(world.vilma, world.mikko), "sites": [str(world.tampere.id), str(world.oulu.id)]}
    if url == SITES:
        world.change(world.mikko, world.access("orderer", amount=5000))
    before = changes()
    answer = browser.post(url, {**form, "left_out": ids(world.mikko)})
    kind = ChangePeoplePage if url == ACCESS else LimitSitesPage
    assert page_model(answer, kind).form.non_field_errors() == [
        "Nothing was changed. Check who is left out and try again."
    ]
    assert changes() == before


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_people_beyond_the_readers_authority_are_left_out_by_name(world: World, url: str) -> None:
    browser = signed_in.browser(world.ulla)
    world.remove(world.olli)
    chosen = (world.ulla, world.paivi, world.olli, world.vilma)
    kind = ChangePeoplePage if url == ACCESS else LimitSitesPage
    shown = page_model(browser.get(f"{url}?{query(*chosen)}"), kind)
    assert left_out(shown.effect) == {
        "You cannot change or remove your own access. Ask another admin.": ["Ulla Nieminen"],
        "More access than you can assign": ["Päivi Korhonen"],
        "Already removed": ["Olli Mäkinen"],
    }
    form = change_form(world, *chosen) if url == ACCESS else sites_form(world, *chosen)
    unseen = page_model(browser.post(url, form), kind)
    assert unseen.form.non_field_errors() == ["Nothing was changed. Check who is left out and try again."]
    assert changes() == 0
    seen = {**form, "left_out": [str(one) for one in unseen.effect.left_out_ids]}
    assert page_messages(browser.post(url, seen, follow=True)) == [
        "The access of 1 person is changed. 3 people were left out."
    ]
    assert changes() == 1


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_site_admin_changes_only_people_of_the_own_sites(world: World, url: str) -> None:
    browser = signed_in.browser(world.sami)
    kind = ChangePeoplePage if url == ACCESS else LimitSitesPage
    shown = page_model(browser.get(f"{url}?{query(world.olli, world.vilma)}"), kind)
    assert "Sites that you do not manage" in left_out(shown.effect)
    assert [site.label for site in shown.sites if not site.disabled_reason] == ["Oulu"]
    assert shown.form["sites"].value() == [str(world.oulu.id)]
    assert browser.get(f"{url}?{query(world.olli, world.mikko)}").status_code == 404
    wide = change_form(world, world.olli, sites=[str(world.tampere.id)])
    assert page_model(browser.post(ACCESS, wide), ChangePeoplePage).form.errors["sites"]
    assert changes() == 0


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_people_of_another_organization_are_not_found(world: World, url: str) -> None:
    browser = signed_in.browser(world.aino)
    for stranger in (str(world.stina.id), str(world.somewhere)):
        form = change_form(world, world.vilma) if url == ACCESS else sites_form(world, world.vilma)
        form["m"] = [*form["m"], stranger]
        assert browser.get(f"{url}?{query(world.vilma)}&m={stranger}").status_code == 404
        assert browser.post(url, form).status_code == 404
        assert browser.post(url, {**form, "do": "preview"}).status_code == 404
        assert browser.post(url, {**form, "left_out": [stranger]}).status_code == 404
    assert browser.get(url).status_code == 404
    assert browser.post(url, {**form, "m": ["x"]}).status_code == 404
    assert changes() == 0


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_reader_without_permission_is_refused(world: World, url: str) -> None:
    assert signed_in.browser(world.vilma).get(f"{url}?{query(world.mikko)}").status_code == 403
    form = change_form(world, world.mikko) if url == ACCESS else sites_form(world, world.mikko)
    assert signed_in.browser(world.vilma).post(url, form).status_code == 403
    assert signed_in.browser(world.stina).post(url, form).status_code == 404
    assert changes() == 0


def test_person_who_has_the_access_already_is_left_out(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.change(world.mikko, world.access("orderer", sites=[world.tampere], amount=2000))
    effect = effect_of(browser, ACCESS, change_form(world, world.mikko, world.vilma))
    assert left_out(effect) == {"Already this access": ["Mikko Laine"]}
    everyone = change_form(world, world.mikko, left_out=ids(world.mikko))
    shown = page_model(browser.post(ACCESS, everyone), ChangePeoplePage)
    assert shown.form.non_field_errors() == ["No people are left to change. Select other people."]


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_last_admin_keeps_the_access_and_is_named(world: World, url: str) -> None:
    """An admin whose access has an end is no working admin, and may change the only one."""
    until = clock.now() + dt.timedelta(days=30)
    second = world.member(world.pohjola, "Toini Aro", "organization_admin")
    world.change(second, world.access("organization_admin", until=until), by=world.tiina)
    before, fields = changes(), {"m": ids(world.tiina, world.stina), "sites": [str(world.rovaniemi.id)]}
    form = {**(change_form(world) if url == ACCESS else sites_form(world)), **fields}
    answer = signed_in.browser(second).post(url.replace("koskela", "pohjola"), form)
    page = page_model(answer, ChangePeoplePage if url == ACCESS else LimitSitesPage)
    (error,) = page.form.non_field_errors()
    assert error == "The organization must keep an admin: Tiina Heikkinen. Nothing was changed."
    assert [group.title for group in page.effect.groups]
    assert changes() == before


def test_people_who_match_the_filters_are_shown_and_sent_by_name(world: World) -> None:
    browser = signed_in.browser(world.aino)
    shown = page_model(browser.get(f"{SITES}?all=1&tier=viewer&tier=organization_admin"), LimitSitesPage)
    assert shown.title == "Limit 2 people to sites", "the people that the button is about"
    assert left_out(shown.effect) == {
        "You cannot change or remove your own access. Ask another admin.": ["Aino Virtanen"]
    }
    assert shown.ids[0] == world.aino.id, "in the order of names, also with people left out"
    late = world.member(world.koskela, "Late Comer", "viewer")
    form = sites_form(world, m=[str(one) for one in shown.ids], all="1", tier="viewer")
    form["left_out"] = [str(one) for one in shown.effect.left_out_ids]
    assert page_messages(browser.post(SITES, form, follow=True)) == [
        "The access of 2 people is changed. 1 person was left out."
    ]
    assert access_of(world, late) == [world.access("viewer")]


def test_preview_requested_by_a_script_is_the_fragment_alone(world: World) -> None:
    browser = signed_in.browser(world.aino)
    for url, form in (
        (ACCESS, change_form(world, world.mikko, world.vilma, do="preview")),
        (SITES, sites_form(world, world.mikko, world.vilma, do="preview")),
    ):
        part = browser.post(url, form, headers={"hx-request": "true"})
        html = part.content.decode()
        assert html.strip().startswith('<section class="kh-effect" id="effect"')
        assert "<h1" not in html
        assert page_model(part, BulkFragment).effect.groups


def test_incomplete_form_names_missing_choices_and_the_people_left_out(world: World) -> None:
    browser = signed_in.browser(world.aino)
    effect = effect_of(browser, SITES, sites_form(world, world.aino, world.vilma, sites=[]))
    assert (effect.nothing, effect.invalid, effect.groups) == ("Choose at least one site.", "sites", [])
    assert [list(one.names) for one in effect.left_out] == [["Aino Virtanen"]]
    effect = effect_of(browser, ACCESS, change_form(world, world.vilma, limit_orderer=""))
    assert (effect.nothing, effect.invalid) == ("Enter a limit.", "limit_orderer")


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_effect_that_can_be_said_names_the_fields_that_are_still_wrong(world: World, url: str) -> None:
    form = {ACCESS: change_form, SITES: sites_form}[url](world, world.vilma, world.mikko, reason="x" * 301)
    effect = effect_of(signed_in.browser(world.aino), url, form)
    assert (bool(effect.groups), effect.invalid) == (True, "reason")


STATEMENTS = {
    ("access", "preview"): 40,
    ("access", "save"): 47,
    ("sites", "preview"): 43,
    ("sites", "save"): 43,
}


@pytest.mark.parametrize("size", [1, 3, 40])
def test_panels_and_changes_take_the_same_statements_for_any_number_of_people(
    world: World, size: int
) -> None:
    browser = signed_in.browser(world.aino)
    members = [
        world.member(world.koskela, f"P{n} Aho", "viewer", factor=False, email=f"p{n}@koskela.example")
        for n in range(size)
    ]
    counts = {}
    for url, form in (
        (SITES, sites_form(world, *members)),
        (ACCESS, change_form(world, *members)),
    ):
        for name, sent in (("preview", {**form, "do": "preview"}), ("save", form)):
            with CaptureQueriesContext(connection) as captured:
                browser.post(url, sent)
            counts[url.rpartition("/")[2], name] = len(captured)
    assert counts == STATEMENTS
