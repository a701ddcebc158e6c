"""The only admin learns who is about to become an admin, and makes a colleague one in two steps."""

import datetime as dt

import pytest

from audit.foundation import clock
from delegation import continuity
from delegation.invitations import queries as invitations_queries
from portal.shell.components import Callout
from portal.web.access.context import AccessPage
from portal.web.home.context import HomePage
from portal.web.people.list_context import PeoplePage
from portal.web.people.second_admin import SecondAdminPage
from tests.fixtures import signed_in
from tests.fixtures.pages import page_model, visible_text
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

POHJOLA = "/o/pohjola"
CHOOSE = f"{POHJOLA}/people/second-admin"


def notes(world: World) -> list[Callout | None]:
    """Give the note of the home page and of the list, for Tiina, the only admin."""
    tiina = signed_in.browser(world.tiina)
    return [
        page_model(tiina.get(f"{POHJOLA}/"), HomePage).note,
        page_model(tiina.get(f"{POHJOLA}/people"), PeoplePage).note,
    ]


def texts(world: World) -> set[str]:
    return {note.text if note else "" for note in notes(world)}


def test_note_of_the_only_admin_names_the_pending_admin_until_the_invitation_expires(world: World) -> None:
    assert texts(world) == {"No one else can act for the whole organization while you are away."}
    access = world.access("organization_admin")
    world.invite(
        world.pohjola, "paivi@pohjola.example", access, actor=actor_of(world.tiina), name="Päivi Korhonen"
    )
    (text,) = texts(world)
    assert text.startswith("Päivi Korhonen has been invited as admin. The invitation expires ")
    assert {note.url for note in notes(world) if note} == {CHOOSE}
    move_clock(8 * 24 * 3600)
    assert texts(world) == {"No one else can act for the whole organization while you are away."}


def test_invitation_that_makes_no_lasting_admin_is_no_pending_admin(world: World) -> None:
    for number, access in enumerate(
        (
            world.access("user_admin"),
            world.access("organization_admin", until=clock.now() + dt.timedelta(days=9)),
        )
    ):
        world.invite(world.pohjola, f"n{number}@pohjola.example", access, actor=actor_of(world.tiina))
    assert invitations_queries.pending_admins(organization=world.pohjola.id, at=clock.now()) == []
    assert texts(world) == {"No one else can act for the whole organization while you are away."}


def test_note_names_an_admin_who_cannot_sign_in_as_one_yet(world: World) -> None:
    world.member(world.pohjola, "Half Admin", "organization_admin", factor=False)
    assert texts(world) == {"Half Admin is an admin, but cannot sign in as one yet."}
    assert notes(world)[0] is not None
    world.member(world.pohjola, "Whole Admin", "organization_admin")
    assert notes(world) == [None, None]


def test_colleague_becomes_an_admin_in_two_steps(world: World) -> None:
    tiina = signed_in.browser(world.tiina)
    chosen = page_model(tiina.get(CHOOSE), SecondAdminPage)
    assert "Tiina Heikkinen" not in [one.name for one in chosen.candidates]
    (mikko,) = [one for one in chosen.candidates if one.name == "Mikko Laine"]
    panel = tiina.get(mikko.url)
    model = page_model(panel, AccessPage)
    assert [tier.value for tier in model.tiers if tier.checked] == ["organization_admin"]
    assert "invite people" in visible_text(panel)
    form = {"tier": "organization_admin", "where": "all", "until": "", "reason": "", "idempotency_key": "s1"}
    assert tiina.post(mikko.url, form).status_code == 302
    admins = continuity.working_admins(organization=world.pohjola.id, at=clock.now())
    assert {admin.user.name for admin in admins} == {"Tiina Heikkinen", "Mikko Laine"}


def test_choice_obeys_the_search_and_its_readers_rights(world: World) -> None:
    tiina = signed_in.browser(world.tiina)
    assert page_model(tiina.get(CHOOSE, {"q": "no such name"}), SecondAdminPage).candidates == []
    found = page_model(tiina.get(CHOOSE, {"q": "mikko"}), SecondAdminPage).candidates
    assert [one.name for one in found] == ["Mikko Laine"]
    other_customer = page_model(
        signed_in.browser(world.aino).get("/o/koskela/people/second-admin"), SecondAdminPage
    )
    assert "Tiina Heikkinen" not in [one.name for one in other_customer.candidates]
    assert "Päivi Korhonen" not in [one.name for one in other_customer.candidates]
    for reader in (world.vilma, world.sami):
        assert signed_in.browser(reader).get("/o/koskela/people/second-admin").status_code == 403
    assert signed_in.browser(world.aino).get(CHOOSE).status_code == 404


def test_tier_in_the_address_of_the_panel_is_ignored_unless_it_is_assignable(world: World) -> None:
    path = f"/o/koskela/people/{world.olli.id}/access"
    for reader, tier in ((world.sami, "organization_admin"), (world.aino, "nonsense")):
        model = page_model(signed_in.browser(reader).get(path, {"tier": tier}), AccessPage)
        assert [one.value for one in model.tiers if one.checked] == ["orderer"]
