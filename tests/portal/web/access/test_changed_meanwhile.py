"""A form whose person's access has changed since it was opened says so, keeps what was entered and asks again."""

from typing import Any

import pytest

from audit.models import Event
from delegation.access import commands as access_commands
from delegation.access import queries as access_queries
from delegation.authorization.errors import AccessChanged
from delegation.authorization.values import AccessSpec
from identity.memberships.models import Membership
from portal.web.access.bulk_context import ChangePeoplePage, LimitSitesPage
from portal.web.access.context import AccessPage
from portal.web.access.preview import PreviewFragment
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.pages import KOSKELA, orderer_form, page_messages, page_model, person_path, plain
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS, SITES = f"{KOSKELA}/people/access", f"{KOSKELA}/people/sites"
REFUSED = "This access has changed since you opened the page. Nothing was saved. Check what changes, then try again."
CHANGED = (
    "Mikko Laine’s access has changed since you opened this page. Before: Orderer, up to 5 000 €, Tampere. "
    "Now: Viewer, all sites. What you save replaces it."
)
SEVERAL = "The access of Mikko Laine has changed since you opened this page. Check it below."


def form_for_mikko(world: World, shown: str, **other: Any) -> dict[str, Any]:
    return {**orderer_form(world, limit_orderer="3 000"), "shown": shown, **other}


def access_of(member: Membership) -> list[AccessSpec]:
    at = Event.objects.latest("at").at
    found = access_queries.assignments(memberships=[member.id], at=at)
    return [assignment.access for assignment in found.get(member.id, ())]


def changes_by(actor: Membership) -> int:
    return Event.objects.filter(verb="access.change", outcome="done", actor=actor.user_id).count()


def test_change_after_another_change_is_refused_once_and_keeps_the_input(world: World) -> None:
    browser, url = signed_in.browser(world.aino), person_path(world.mikko, "access")
    opened = page_model(browser.get(url), AccessPage)
    world.change(world.mikko, world.access("viewer"), by=world.paivi)
    refused = page_model(browser.post(url, form_for_mikko(world, opened.shown)), AccessPage)
    assert refused.form.non_field_errors() == [REFUSED]
    assert plain(refused.effect.changed) == CHANGED
    assert refused.now_sentence == "Now: Viewer, all sites"
    assert (refused.form["limit_orderer"].value(), refused.form["tier"].value()) == ("3 000", "orderer")
    assert refused.effect.gains
    assert access_of(world.mikko) == [world.access("viewer")]
    done = browser.post(url, form_for_mikko(world, refused.shown), follow=True)
    assert page_messages(done) == ["Mikko Laine’s access is changed."]
    assert access_of(world.mikko) == [world.access("orderer", sites=[world.tampere], amount=3000)]


def test_preview_says_that_the_access_has_changed_until_the_page_is_opened_again(world: World) -> None:
    browser, url = signed_in.browser(world.aino), person_path(world.mikko, "access")
    opened = page_model(browser.get(url), AccessPage)
    form = form_for_mikko(world, opened.shown, do="preview")
    part = browser.post(url, form, headers={"hx-request": "true"})
    assert page_model(part, PreviewFragment).effect.changed == ""
    world.change(world.mikko, world.access("viewer"), by=world.paivi)
    for _ in range(2):
        part = browser.post(url, form, headers={"hx-request": "true"})
        assert plain(page_model(part, PreviewFragment).effect.changed) == CHANGED
    again = page_model(browser.post(url, form), AccessPage)
    assert page_model(browser.post(url, {**form, "shown": again.shown}), AccessPage).effect.changed == ""


def test_access_that_was_removed_meanwhile_is_named(world: World) -> None:
    browser, url = signed_in.browser(world.aino), person_path(world.mikko, "access")
    opened = page_model(browser.get(url), AccessPage)
    gone = f"{world.mikko.id}:{world.somewhere}"
    assert opened.shown.startswith(f"{world.mikko.id}:")
    refused = page_model(browser.post(url, form_for_mikko(world, gone)), AccessPage)
    assert "Before: no access. Now: Orderer" in plain(refused.effect.changed)
    foreign = f"{world.stina.id}:{world.somewhere} nonsense :{world.somewhere}"
    assert browser.post(url, form_for_mikko(world, foreign)).status_code == 302


@pytest.mark.parametrize("url", [ACCESS, SITES])
def test_change_of_several_people_names_whose_access_has_changed(world: World, url: str) -> None:
    browser, kind = signed_in.browser(world.aino), ChangePeoplePage if url == ACCESS else LimitSitesPage
    world.change(world.mikko, world.access("orderer", sites=[world.tampere, world.oulu]))
    people = [str(world.mikko.id), str(world.vilma.id)]
    opened = page_model(browser.get(f"{url}?m={people[0]}&m={people[1]}"), kind)
    world.change(world.mikko, world.access("viewer"), by=world.paivi)
    form = form_for_mikko(world, opened.shown, m=people)
    refused = page_model(browser.post(url, form), kind)
    assert refused.form.non_field_errors() == [REFUSED]
    assert refused.effect.changed == SEVERAL
    assert ["Now: Viewer, all sites"] in [list(group.now) for group in refused.effect.groups]
    assert refused.form["sites"].value() == [str(world.tampere.id)]
    done = browser.post(url, {**form, "shown": refused.shown}, follow=True)
    assert page_messages(done) == ["The access of 2 people is changed."]


def test_person_who_is_left_out_may_have_changed(world: World) -> None:
    browser = signed_in.browser(world.aino)
    people = [str(world.mikko.id), str(world.vilma.id)]
    opened = page_model(browser.get(f"{SITES}?m={people[0]}&m={people[1]}"), LimitSitesPage)
    world.change(world.mikko, world.access("viewer", sites=[world.tampere]), by=world.paivi)
    form = {"m": people, "sites": [str(world.oulu.id)], "left_out": people[:1], "shown": opened.shown}
    done = browser.post(SITES, form, follow=True)
    assert page_messages(done) == ["The access of 1 person is changed. 1 person was left out."]


def test_of_two_forms_that_were_shown_the_same_access_one_is_saved(world: World) -> None:
    admins = [world.aino, world.paivi]
    (held,) = access_queries.assignments(memberships=[world.mikko.id], at=Event.objects.latest("at").at)[
        world.mikko.id
    ]

    def save(admin: Membership, amount: int) -> object:
        return access_commands.change(
            actor=actor_of(admin),
            memberships=[world.mikko],
            access=world.access("orderer", sites=[world.tampere], amount=amount),
            shown={world.mikko.id: [held.id]},
        )

    results = run_concurrently(lambda: save(world.aino, 1000), lambda: save(world.paivi, 2000))
    assert sorted(isinstance(result, AccessChanged) for result in results) == [False, True]
    assert sum(changes_by(admin) for admin in admins) == 1


def test_form_that_is_sent_again_gets_its_outcome_and_not_a_refusal(world: World) -> None:
    browser: BrowserClient = signed_in.browser(world.aino)
    url = person_path(world.mikko, "access")
    form = form_for_mikko(world, page_model(browser.get(url), AccessPage).shown)
    for _ in range(2):
        assert page_messages(browser.post(url, form, follow=True)) == ["Mikko Laine’s access is changed."]
    assert changes_by(world.aino) == 1
