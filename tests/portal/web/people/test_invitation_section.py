"""Pending invitations above the list: one line with marks, obeying the search, in pages."""

import pytest

from audit.foundation import clock
from delegation.invitations.models import Invitation
from portal.web.home.context import HomePage
from portal.web.people import pending_invitations
from portal.web.people.list_context import PeoplePage
from portal.web.people.pending_invitations import PendingSection
from provisioning.mail.models import Mail
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, page_model
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def invite(world: World, *names: str, **access: object) -> list[Invitation]:
    offered = world.access("viewer", **access)  # type: ignore[arg-type]
    return [world.invite(world.koskela, f"{name}@koskela.example", offered)[0] for name in names]


def section(browser: BrowserClient, query: str = "") -> PendingSection:
    return page_model(browser.get(f"{KOSKELA}/people{query}"), PeoplePage).invitations


def addresses(pending: PendingSection) -> list[str]:
    return [row.email.partition("@")[0] for row in pending.rows]


def test_two_invitations_are_open_and_three_fold_to_one_line(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert section(browser).rows == ()
    invite(world, "a", "b")
    assert (section(browser).heading, section(browser).is_open) == ("2 pending invitations", True)
    invite(world, "c")
    assert (section(browser).heading, section(browser).is_open) == ("3 pending invitations", False)
    html = browser.get(f"{KOSKELA}/people").content.decode()
    assert '<details class="kh-fold kh-invited">' in html


def test_returned_and_expired_invitations_are_marked_and_come_first(world: World) -> None:
    invite(world, "a", "b")
    move_clock(8 * 24 * 3600)
    returned, _fresh = invite(world, "returned", "fresh")
    for purpose, failed_at in (("invitation", clock.now()), ("invitation_notice", None)):
        Mail.objects.create(
            recipient=b"x", body=b"", message_id_hash=purpose, purpose=purpose, about=returned.id,
            created_at=clock.now(), failed_at=failed_at,
        )  # fmt: skip
    browser = signed_in.browser(world.aino)
    pending = section(browser)
    assert [mark.text for mark in pending.marks] == ["1 bounced", "2 expired"]
    assert addresses(pending) == ["returned", "a", "b", "fresh"]
    assert [row.tag.text if row.tag else "" for row in pending.rows] == [
        "Mail bounced",
        "Expired",
        "Expired",
        "",
    ]
    Mail.objects.create(
        recipient=b"x", body=b"", message_id_hash="again", purpose="invitation", about=returned.id,
        created_at=clock.now(), sent_at=clock.now(),
    )  # fmt: skip
    assert [mark.text for mark in section(browser).marks] == ["2 expired"]


def test_invitations_obey_search_and_filters(world: World) -> None:
    invite(world, "kadri", "kalle")
    invite(world, "oona", sites=[world.oulu])
    browser = signed_in.browser(world.aino)
    assert addresses(section(browser, "?q=kadri")) == ["kadri"]
    assert section(browser, "?q=ka").heading == "2 pending invitations"
    assert addresses(section(browser, "?q=oulu")) == ["oona"]
    assert set(addresses(section(browser, f"?site={world.oulu.id}"))) == {"kadri", "kalle", "oona"}
    assert set(addresses(section(browser, f"?site={world.tampere.id}"))) == {"kadri", "kalle"}
    for query in ("?q=mikko", "?tier=orderer", "?seen=never", "?systems=failed", "?who=former", "?q=%25"):
        assert section(browser, query).rows == ()


def test_further_invitations_are_pages_of_the_open_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_invitations, "_PAGE", 3)
    invite(world, *"abcdefg")
    browser = signed_in.browser(world.aino)
    first = section(browser, "?sort=-name")
    assert (addresses(first), first.is_open) == (list("abcd"), False)
    assert first.more is not None
    assert first.more.text == "3 more pending invitations"
    assert first.more.url == f"{KOSKELA}/people?sort=-name&pending=all#invited"
    found, url = [], first.more.url
    while url:
        pending = section(browser, "?" + url.partition("?")[2].partition("#")[0])
        assert pending.is_open
        found += addresses(pending)
        url = pending.more.url if pending.more else ""
    assert found == list("abcdefg")


def test_home_page_and_list_count_the_same_invitations(world: World) -> None:
    invite(world, *"abcdef")
    tasks = page_model(signed_in.browser(world.aino).get(f"{KOSKELA}/"), HomePage).todo
    assert [task.text for task in tasks] == ["6 pending invitations"]
    assert section(signed_in.browser(world.aino)).heading == "6 pending invitations"
    assert section(signed_in.browser(world.sami)).rows == ()
