"""What the sender of an open invitation can no longer assign: the list, the link and acceptance say the same."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.urls import reverse

from audit.foundation import clock
from delegation.authorization.values import AmountLimit
from delegation.catalogue import ceilings
from identity.people.models import User
from portal.web.people.list_context import PeoplePage
from portal.web.people.pending_invitations import Tag
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, count_statements, page_model, visible_text
from tests.fixtures.world import PLACE, World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ida@koskela.example"
GOOD = {"name": "Ida Ranta", "password": "violet lamps on water"}


def offer(world: World, amount: AmountLimit | None) -> None:
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer={PLACE: amount})


CHANGES: dict[str, Callable[[World], object]] = {
    "the sender became a viewer": lambda w: w.change(w.ulla, w.access("viewer")),
    "the sender lost the site": lambda w: w.change(w.ulla, w.access("site_admin", sites=[w.oulu])),
    "the ceiling fell": lambda w: offer(w, AmountLimit(Decimal(1000))),
    "the ceiling has another currency": lambda w: offer(w, AmountLimit(Decimal(20000), "SEK")),
    "the offered access has ended": lambda _w: move_clock(3 * 24 * 3600),
}


def sent_by_ulla(world: World) -> str:
    """Invite an orderer up to 5 000 €, for two days. Returns the path of the link."""
    until = clock.now() + dt.timedelta(days=2)
    access = world.access("orderer", sites=[world.tampere], amount=5000, until=until)
    _, link = world.invite(world.koskela, ADDRESS, access, actor=actor_of(world.ulla))
    return reverse("invitation_accept", kwargs={"token": link})


def tag(world: World) -> tuple[Tag | None, str]:
    page = page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/people"), PeoplePage)
    (row,) = [row for row in page.invitations.rows if row.email == ADDRESS]
    return row.tag, row.sub


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_list_link_and_acceptance_agree_on_the_sender(
    world: World, change: Callable[[World], object]
) -> None:
    path = sent_by_ulla(world)
    assert tag(world)[0] is None
    assert "Accept invitation" in visible_text(BrowserClient().get(path))
    change(world)
    word, sentence = tag(world)
    assert word == Tag("No longer valid")
    assert "The sender can no longer assign this access" in sentence
    for answer in (BrowserClient().get(path), BrowserClient().post(path, GOOD)):
        assert answer.status_code == 410
        assert "This invitation is no longer valid" in visible_text(answer)
    assert not User.objects.filter(email=ADDRESS).exists()


def test_invited_person_reads_that_a_new_invitation_is_needed(world: World) -> None:
    _, link = world.invite(
        world.koskela, world.stina.user.email, world.access("viewer"), actor=actor_of(world.ulla)
    )
    world.change(world.ulla, world.access("viewer"))
    browser = BrowserClient().sign_in(world.stina.user)
    page = browser.get(reverse("invitation_accept", kwargs={"token": link}))
    assert page.status_code == 410
    assert "Ask an admin of your organization for a new invitation." in visible_text(page)


def test_leaver_does_not_sign_in_by_an_invitation_that_is_refused(world: World) -> None:
    world.remove(world.vilma)
    world.invite(world.koskela, world.vilma.user.email, world.access("viewer"), actor=actor_of(world.ulla))
    world.change(world.ulla, world.access("viewer"))
    answer = BrowserClient().password(world.vilma.user)
    assert answer["Location"] == reverse("account_inactive")


def test_list_takes_the_same_statements_for_one_and_three_invitations(world: World) -> None:
    browser = signed_in.browser(world.aino)
    access = world.access("orderer", sites=[world.tampere])
    world.invite(world.koskela, "a@koskela.example", access, actor=actor_of(world.aino))
    first = count_statements(browser, f"{KOSKELA}/people")
    world.invite(world.koskela, "b@koskela.example", access, actor=actor_of(world.paivi))
    world.invite(world.koskela, "c@koskela.example", access, actor=actor_of(world.aino))
    assert count_statements(browser, f"{KOSKELA}/people") == first
