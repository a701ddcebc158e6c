"""What systems answered is told with the deed; people's own sign-in is seen where they work."""

import uuid
from typing import Any

import pytest
from django.db import transaction

from audit.foundation import actor, clock
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from delegation.activity import delivery_results
from delegation.activity import queries as activity_queries
from delegation.authorization.verbs import Observation
from identity.memberships.models import Membership
from provisioning.delivery import events as delivery_events
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, person_path, visible_text
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def answered(
    world: World,
    one: Membership,
    act: uuid.UUID,
    verb: Observation = Observation.ACCOUNT_SYNCED,
    **facts: Any,
) -> None:
    """Write down what a system answered."""
    notes = delivery_events.DeliveryEvents()
    known = {"application": "crm", "active": False, "seconds": "0.400", **facts}
    subject = Subject("membership", one.id)
    notes.add(
        verb, subject=subject, chain=world.koskela.id, organization=world.koskela.id, act=act, facts=known
    )
    with transaction.atomic():
        notes.write(at=clock.now())


def own(one: Membership, verb: Observation) -> None:
    """Something that somebody does to their own sign-in."""
    draft = EventDraft(verb=verb.value, subject=Subject("user", one.user_id), outcome="observed")
    context = EventContext(actor=actor.system(), act=uuid.uuid4(), at=clock.now(), organization=None)
    with transaction.atomic():
        ledger.insert_unchained(chain=one.user_id, context=context, drafts=[draft])


def log_of(world: World, who: Membership, query: str = "", key: str = "koskela") -> str:
    return visible_text(signed_in.browser(who).get(f"/o/{key}/activity{query}"))


def test_delivery_results_are_shown_below_their_act(world: World) -> None:
    act = world.remove(world.mikko).act
    answered(world, world.mikko, act, application="ordering")
    answered(world, world.mikko, act, seconds="1.240")
    answered(world, world.mikko, act, Observation.LOGOUT_DELIVERED, seconds="0.100")
    pages = (log_of(world, world.aino), visible_text(signed_in.browser(world.aino).get(f"{KOSKELA}/")))
    for page in (*pages, visible_text(signed_in.browser(world.aino).get(person_path(world.mikko)))):
        assert "Updated: Web shop (0.4 s), CRM portal (1.3 s)" in page
        assert "access closed" not in page
        assert "signed Mikko Laine out" not in page


def test_delivery_results_of_one_act_are_not_shown_below_another(world: World) -> None:
    changed = world.change(world.mikko, world.access("viewer"))
    removed = world.remove(world.mikko)
    assert changed is not None
    answered(world, world.mikko, removed.act)
    answered(world, world.olli, removed.act, application="ordering")
    answered(world, world.mikko, uuid.uuid4(), application="ordering")
    text = log_of(world, world.aino)
    assert text.count("Updated:") == 1
    assert (
        text.index("removed Mikko")
        < text.index("Updated: CRM portal (0.4 s)")
        < text.index("changed Mikko Laine’s access")
    )


def test_system_filter_lists_every_delivery(world: World) -> None:
    answered(world, world.mikko, world.remove(world.mikko).act)
    assert "CRM portal: Mikko Laine’s access closed" in log_of(world, world.aino, "?what=systems")


def test_late_or_failed_delivery_is_an_event_of_its_own(world: World) -> None:
    act = world.remove(world.mikko).act
    answered(world, world.mikko, act, Observation.ACCOUNT_SYNC_FAILED, application="ordering")
    text = log_of(world, world.aino)
    assert "Not updated yet: Web shop" in text
    assert "Web shop: update of Mikko Laine’s access failed. It is retried" in text
    answered(
        world, world.mikko, act, application="ordering", seconds=f"{delivery_results.PROMPT_SECONDS + 0.1}"
    )
    answered(world, world.olli, act, application="ordering", seconds=str(delivery_results.PROMPT_SECONDS))
    text = log_of(world, world.aino)
    assert "Updated: Web shop (2 min)" in text
    assert "Not updated yet" not in text
    assert "Web shop: Mikko Laine’s access closed" in text
    assert "Web shop: Olli’s access closed" not in text


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_system_with_one_failed_delivery_is_not_shown_as_updated(
    world: World, order: tuple[int, int]
) -> None:
    act = world.remove(world.mikko).act
    halves = [
        (Observation.LOGOUT_FAILED, {"code": "refused", "application": "ordering"}),
        (Observation.ACCOUNT_SYNCED, {"application": "ordering"}),
    ]
    for place in order:
        verb, facts = halves[place]
        answered(world, world.mikko, act, verb, **facts)
    page = log_of(world, world.aino)
    assert "Not updated yet: Web shop" in page
    assert "Updated: Web shop" not in page


def test_log_pages_without_deliveries_are_full(world: World) -> None:
    for _ in range(45):
        answered(world, world.vilma, uuid.uuid4())
        world.invite(world.koskela, f"{uuid.uuid4().hex}@koskela.example", world.access("viewer"))
    browser = signed_in.browser(world.aino)
    html = browser.get(f"{KOSKELA}/activity").content.decode()
    assert "50 events on this page" in visible_text(browser.get(f"{KOSKELA}/activity"))
    (older,) = {part.split('"')[0] for part in html.split("before=")[1:]}
    text = visible_text(browser.get(f"{KOSKELA}/activity?before={older}"))
    assert "set up the organization" in text
    assert "CRM portal closed" not in text


def test_sign_in_events_are_visible_to_organizations_of_that_time_only(world: World) -> None:
    own(world.mikko, Observation.FACTOR_REMOVED)
    own(world.stina, Observation.SIGN_IN_FAILED)
    own(world.mikko, Observation.SIGN_IN_FAILED)  # at which of his two companies, nobody knows
    world.remove(world.mikko)
    move_clock(60)
    own(world.mikko, Observation.PASSWORD_CHANGED)
    here = log_of(world, world.aino, "?what=sign_in")
    assert "Mikko Laine removed a sign-in method" in here
    assert "changed the password" not in here
    assert "could not sign in" not in here
    there = log_of(world, world.tiina, "?what=sign_in", key="pohjola")
    assert "Mikko Laine changed the password" in there
    assert "Mikko Laine could not sign in" not in there
    assert "Stina" in there
    one = log_of(world, world.aino, f"?what=sign_in&person={world.vilma.id}")
    assert "No events match" in one
    assert "a sign-in method" not in log_of(world, world.aino)


def test_log_pages_of_two_sources_hold_every_event_once_in_both_directions(world: World) -> None:
    verbs = [Observation.FACTOR_ADDED.value, Observation.ACCOUNT_SYNCED.value]
    for number in range(7):
        if number % 3:
            own(world.mikko, Observation.FACTOR_ADDED)
        else:
            answered(world, world.mikko, uuid.uuid4())
    whole = activity_queries.page(
        organization=world.koskela.id, filters=activity_queries.EventFilter(verbs=verbs), size=50
    ).events
    assert len(whole) == 7
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    older, first = _walk(world, verbs, "before", "older"), whole[-1].id
    assert [event for page in older for event in page] == [one.id for one in whole]
    newer = _walk(world, verbs, "after", "newer", first)
    assert [event for page in reversed(newer) for event in page] == [one.id for one in whole[:-1]]


def _walk(
    world: World, verbs: list[str], ask: str, go: str, start: uuid.UUID | None = None
) -> list[list[uuid.UUID]]:
    """The ids of page after page."""
    pages: list[list[uuid.UUID]] = []
    place = start
    while not pages or place is not None:
        at: dict[str, Any] = {ask: place} if place else {}
        page = activity_queries.page(
            organization=world.koskela.id, filters=activity_queries.EventFilter(verbs=verbs, **at), size=2
        )
        pages.append([one.id for one in page.events])
        place = getattr(page, go)
    return pages


def test_portal_sign_in_of_a_person_in_two_organizations_is_shown_in_neither(world: World) -> None:
    own(world.mikko, Observation.SIGN_IN_SUCCEEDED)
    assert "No events match" in log_of(world, world.aino, "?what=sign_in")
