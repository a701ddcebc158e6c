"""Those who were removed, in the list and on their page."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest

from delegation.catalogue.display_names import DisplayNames
from portal.wording import dates, systems
from provisioning.accounts.status import SystemStatus, WorstState
from tests.fixtures import signed_in
from tests.fixtures.pages import KOSKELA, visible_text
from tests.fixtures.world import World

AT = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
BOOK = DisplayNames(tiers={}, applications={"crm": {"en": "CRM portal"}}, entitlements={}, sites={})


@pytest.mark.django_db(transaction=True)
def test_list_of_removed_people_has_no_checkboxes(world: World) -> None:
    world.remove(world.olli)
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/people?who=former")
    assert "1 removed" in visible_text(answer)
    assert "kh-tick" not in answer.content.decode()


def _status(word: str) -> SystemStatus:
    return SystemStatus(
        target=uuid.uuid4(),
        account=1,
        application="crm",
        name={"en": "CRM portal"},
        expected=[],
        actual=[],
        active=False,
        checked_at=AT,
        state=word,
        attempts=0,
        next_try_at=None,
        error="",
    )


@pytest.mark.parametrize(
    ("word", "former", "state", "summary"),
    [
        ("up_to_date", True, "closed", "All closed"),
        ("up_to_date", False, "ok", "All up to date"),
        ("out_of_date", True, "failed", "1 of 1 needs attention"),
    ],
)
def test_system_state_of_a_removed_person_is_closed(
    *, word: str, former: bool, state: str, summary: str
) -> None:
    rows = systems.matrix([_status(word)], BOOK, dates.Clock(AT, ZoneInfo("UTC")), former=former)
    assert [row.state for row in rows] == [state]
    assert systems.summary(rows) == summary
    assert systems.worst(WorstState(word, "crm"), BOOK, former=former)["state"] == state


@pytest.mark.django_db(transaction=True)
def test_home_without_managed_members_shows_no_count(world: World) -> None:
    sami = signed_in.browser(world.sami)
    assert "You manage access for 1 person." in visible_text(sami.get(f"{KOSKELA}/"))
    world.remove(world.olli)
    for page in ("", "me"):
        answer = sami.get(f"{KOSKELA}/{page}")
        assert answer.status_code == 200
        assert "You manage access" not in visible_text(answer)
