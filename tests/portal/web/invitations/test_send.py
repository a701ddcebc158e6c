"""What the panel for inviting says and where it leads."""

import re

import pytest

from delegation.invitations.models import Invitation
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, orderer_form, person_path, visible_text
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_invitation_to_a_known_address_links_to_its_invitation_or_person(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.invite(world.koskela, "waiting@koskela.example", world.access("viewer"))
    waiting = Invitation.objects.get(email="waiting@koskela.example")
    form = orderer_form(world, email="waiting@koskela.example", name="")
    html = browser.post(f"{KOSKELA}/people/invite", form).content.decode()
    assert f'<a href="{KOSKELA}/people#i{waiting.id}">View the invitation</a>' in html
    assert f'<li id="i{waiting.id}">' in browser.get(f"{KOSKELA}/people").content.decode()
    form = orderer_form(world, email="mikko@koskela.example", name="", idempotency_key="a2")
    html = browser.post(f"{KOSKELA}/people/invite", form).content.decode()
    assert f'<a href="{person_path(world.mikko)}">View Mikko Laine</a>' in html


def test_invitation_form_with_a_chosen_tier_shows_the_preview(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert "Choose a tier to see what they will be able to do." in visible_text(
        browser.get(f"{KOSKELA}/people/invite")
    )
    text = visible_text(browser.get(f"{KOSKELA}/people/invite?tier=organization_admin"))
    assert "The person will be able to" in text
    assert "Choose a tier to see" not in text


def test_limit_field_of_each_tier_starts_with_the_present_limit(world: World) -> None:
    html = signed_in.browser(world.aino).get(person_path(world.mikko, "access")).content.decode()
    for tier in ("orderer", "approver"):
        (field,) = re.findall(rf'<input[^>]*name="limit_{tier}"[^>]*>', html)
        assert 'value="5\N{NO-BREAK SPACE}000"' in field


def test_list_of_removed_people_has_no_access_columns(world: World) -> None:
    browser = signed_in.browser(world.aino)
    world.remove(world.olli)
    assert "kh-c-access" in browser.get(f"{KOSKELA}/people").content.decode()
    html = browser.get(f"{KOSKELA}/people?who=former").content.decode()
    assert "Olli" in html
    assert "kh-c-access" not in html
    assert "kh-c-sites" not in html
