"""Bulk actions: ticked rows, and all that match the filters of the list."""

import pytest

from audit.models import Event
from portal.web.access.bulk_context import ChangePeoplePage, LimitSitesPage
from portal.web.people import selection
from portal.web.people.list_context import PeoplePage
from portal.web.people.removal_context import RemovalPage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_messages, page_model
from tests.fixtures.signed_in import Answer
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SELECT, REMOVE = f"{KOSKELA}/people/select", f"{KOSKELA}/people/remove"


def select(browser: BrowserClient, **form: object) -> str:
    answer = browser.post(SELECT, form)
    assert answer.status_code == 302
    return answer["Location"]


def removed_names(answer: Answer) -> list[str]:
    page = page_model(answer, RemovalPage)
    return [person.name for person in page.people]


def test_ticked_people_lead_to_the_page_that_asks(world: World) -> None:
    ids = [str(world.mikko.id), str(world.vilma.id)]
    url = select(signed_in.browser(world.aino), do="remove", m=ids, tier="viewer")
    assert url == f"{REMOVE}?m={ids[0]}&m={ids[1]}"


def test_all_that_match_are_selected_by_the_filters_not_by_ids(world: World) -> None:
    browser = signed_in.browser(world.aino)
    filters = {"tier": ["viewer", "orderer"], "q": ""}
    listing = page_model(browser.get(f"{KOSKELA}/people?tier=viewer&tier=orderer"), PeoplePage)
    assert listing.bulk is not None
    assert (listing.bulk.select_all, listing.bulk.is_whole) == ("Select all 3 people", False)
    url = select(browser, all="1", m=[str(world.mikko.id)], **filters)
    assert url == f"{KOSKELA}/people?tier=viewer&tier=orderer&all=1"
    whole = page_model(browser.get(url), PeoplePage)
    assert whole.bulk is not None
    assert (whole.bulk.is_whole, whole.bulk.selected) == (True, "All 3 people selected")
    assert whole.bulk.clear_url == f"{KOSKELA}/people?tier=viewer&tier=orderer"
    action = select(browser, all="1", do="remove", **filters)
    assert action == f"{REMOVE}?tier=viewer&tier=orderer&all=1"
    answer = browser.get(action)
    assert removed_names(answer) == [person.name for person in whole.people]
    assert page_model(answer, RemovalPage).title == "Remove 3 people"


ONE_LEFT_OUT = "(you are not included)"


def test_number_that_is_offered_is_the_number_that_every_action_is_about(world: World) -> None:
    for reader, not_included in ((world.aino, ONE_LEFT_OUT), (world.ulla, "(3 are not included)")):
        browser = signed_in.browser(reader)
        listing = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage)
        number = sum(person.is_selectable for person in listing.people)
        assert listing.bulk
        assert listing.bulk.select_all == f"Select all {number} people {not_included}"
        whole = page_model(browser.get(f"{KOSKELA}/people?all=1"), PeoplePage).bulk
        assert whole
        assert whole.selected == f"All {number} people selected {not_included}"
        answers = {
            action.name: browser.get(select(browser, all="1", do=action.name)) for action in whole.actions
        }
        assert page_model(answers["remove"], RemovalPage).title == f"Remove {number} people"
        panel = page_model(answers["access"], ChangePeoplePage)
        assert panel.title == f"Change access for {number} people"
        assert len(panel.ids) - len(panel.effect.left_out_ids) == number
        assert page_model(answers["sites"], LimitSitesPage).title == f"Limit {number} people to sites"


def test_reader_is_not_named_again_on_the_page_that_asks_to_remove_all(world: World) -> None:
    assert page_messages(signed_in.browser(world.aino).get(f"{REMOVE}?all=1")) == []


def test_reader_alone_offers_no_selection_of_all(world: World) -> None:
    page = page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/people?q=aino&all=1"), PeoplePage)
    assert page.bulk
    assert (page.bulk.select_all, page.bulk.is_whole) == ("", False)


def test_list_that_changes_before_the_confirmation_removes_the_people_that_were_shown(world: World) -> None:
    browser = signed_in.browser(world.aino)
    shown = page_model(browser.get(f"{REMOVE}?tier=viewer&tier=orderer&all=1"), RemovalPage)
    late = world.member(world.koskela, "Late Comer", "viewer")
    form = {"m": shown.ids, "reason": "left", "idempotency_key": "s1", "all": "1", "tier": "viewer"}
    assert browser.post(REMOVE, form).status_code == 302
    removed = Event.objects.filter(verb="member.remove", outcome="done").values_list("subject", flat=True)
    assert set(map(str, removed)) == set(shown.ids)
    assert late.id not in removed


def test_people_without_permission_are_left_out_and_named(world: World) -> None:
    answer = signed_in.browser(world.ulla).get(f"{REMOVE}?all=1")
    names = removed_names(answer)
    assert "Mikko Laine" in names
    assert "Ulla Nieminen" not in names
    (text,) = page_messages(answer)
    assert "Ulla Nieminen" not in text, "the list has said that the reader is not included"
    assert "Aino Virtanen" in text
    assert text.endswith("are not included: you do not have permission for these people.")


def test_selection_without_anyone_allowed_leads_back_with_a_sentence(world: World) -> None:
    browser = signed_in.browser(world.aino)
    answer = browser.get(f"{REMOVE}?all=1&q=aino", follow=True)
    assert page_messages(answer) == ["You do not have permission for any of the selected people."]
    assert browser.get(f"{REMOVE}?all=1&q=nobody-of-that-name", follow=True).status_code == 200
    assert browser.get(REMOVE).status_code == 404


def test_more_people_than_the_maximum_are_not_selected_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MAX_SELECTED", 2)
    browser = signed_in.browser(world.aino)
    sentence = "You can select at most 2 people at a time. Filter the list first."
    page = page_model(browser.get(f"{KOSKELA}/people?all=1"), PeoplePage)
    assert page.bulk is not None
    assert (page.bulk.select_all, page.bulk.note, page.bulk.is_whole) == ("", sentence, False)
    assert page_messages(browser.get(f"{REMOVE}?all=1", follow=True)) == [sentence]


def test_bulk_bar_is_not_offered_without_permission_or_for_removed_people(world: World) -> None:
    world.remove(world.olli)
    aino = signed_in.browser(world.aino)
    assert page_model(aino.get(f"{KOSKELA}/people?who=former&all=1"), PeoplePage).bulk is None
    reader = world.member(world.koskela, "Sanna Reader", "security_admin", email="s.reader@koskela.example")
    assert page_model(signed_in.browser(reader).get(f"{KOSKELA}/people"), PeoplePage).bulk is None
    assert select(signed_in.browser(reader), do="remove", all="1") == f"{KOSKELA}/people"
    assert signed_in.browser(reader).get(f"{REMOVE}?all=1", follow=True).status_code in {200, 403}


def test_selection_by_filter_names_no_person_that_the_reader_may_not_see(world: World) -> None:
    answer = signed_in.browser(world.sami).get(f"{REMOVE}?all=1&site={world.tampere.id}", follow=True)
    assert "Mikko" not in answer.content.decode()
