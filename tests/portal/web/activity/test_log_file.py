"""What a search of the log finds is downloaded with the search, its number and the proof of each event."""

import json
from zoneinfo import ZoneInfo

import pytest

from audit.models import Event
from delegation.authorization.event_types import Observation
from portal.web.activity import log_file
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, count_statements, visible_text
from tests.fixtures.world import World, move_clock
from tests.portal.web.activity.log_pages import activity_page, record_delivery

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400
HELSINKI = ZoneInfo("Europe/Helsinki")
EXPORT = f"{KOSKELA}/activity/export"
STATEMENTS = 11


@pytest.fixture
def aino(world: World) -> BrowserClient:
    """Mikko is removed three days after Olli was changed; the clock stands on the fifth day."""
    move_clock(DAY)
    world.change(world.olli, world.access("viewer"))
    move_clock(4 * DAY)
    world.remove(world.mikko)
    move_clock(5 * DAY)
    return signed_in.browser(world.aino)


def day_of(verb: str) -> str:
    """The day of the newest event of this verb, in the organization's zone (Helsinki)."""
    at = Event.objects.filter(verb=verb, outcome="done").latest("at").at
    return f"{at.astimezone(HELSINKI):%Y-%m-%d}"


def lines_of(answer: object) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.content.decode().splitlines()]  # type: ignore[attr-defined]


def test_file_of_days_that_cannot_be_read_leads_back(aino: BrowserClient) -> None:
    answer = aino.get(f"{EXPORT}?from=first+of+May&what=removals&format=csv")
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"{KOSKELA}/activity?what=removals&from=first+of+May",
    )
    page = activity_page(aino, "?from=first+of+May")
    assert (list(page.events), page.exports) == ([], ())


def test_file_has_the_search_and_each_event_with_its_proof(aino: BrowserClient, world: World) -> None:
    day = day_of("member.remove")
    page = activity_page(aino, f"?what=removals&from={day}")
    (link,) = [one.url for one in page.exports if "jsonl" in one.url]
    answer = aino.get(link)
    assert answer["Content-Disposition"].startswith('attachment; filename="activity-koskela-')
    head, row = lines_of(answer)
    stored = Event.objects.get(verb="member.remove", outcome="done")
    assert (head["what"], head["rows"], head["log"]) == ("removals", 1, str(world.koskela.id))
    assert (row["event"], row["hash"]) == (str(stored.id), bytes(stored.hash).hex())
    assert (row["sentence"], row["verified"]) == ("Aino Virtanen removed Mikko Laine", "yes")
    assert (row["number"], row["previous_hash"]) == (stored.seq, bytes(stored.prev or b"").hex())
    table = aino.get(f"{EXPORT}?what=removals&from={day}&format=csv").content.decode()
    assert "Aino Virtanen removed Mikko Laine" in table
    assert aino.get(f"{EXPORT}?what=removals&format=xlsx").content[:2] == b"PK"
    assert aino.get(f"{EXPORT}?format=pdf").status_code == 302


def test_file_is_the_whole_search_and_never_a_part_of_it(
    aino: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = activity_page(aino, "?what=access").events[0]
    first = Event.objects.filter(verb="access.change").latest("at").id
    head, *rows = lines_of(aino.get(f"{EXPORT}?what=access&before={first}&format=jsonl"))
    assert (head["rows"], rows[0]["number"]) == (len(rows), int(newest.number))
    monkeypatch.setattr(log_file, "MAX_ROWS", 1)
    answer = aino.get(f"{EXPORT}?format=csv")
    assert (answer.status_code, answer["Location"]) == (302, f"{KOSKELA}/activity")
    assert "A file holds at most 1 events." in visible_text(aino.get(f"{KOSKELA}/activity"))


def test_file_holds_the_deliveries_that_the_page_shows_with_their_act(
    aino: BrowserClient, world: World
) -> None:
    removal = Event.objects.get(verb="member.remove", outcome="done")
    record_delivery(world, world.mikko, removal.act, Observation.ACCOUNT_SYNCED)
    _head, *rows = lines_of(aino.get(f"{EXPORT}?format=jsonl"))
    assert Observation.ACCOUNT_SYNCED in {row["event_type"] for row in rows}


def test_file_is_for_readers_of_the_log(aino: BrowserClient, world: World) -> None:
    assert lines_of(aino.get(f"{EXPORT}?format=jsonl"))[0]["whole_organization"] is True
    assert signed_in.browser(world.ulla).get(f"{EXPORT}?format=csv").status_code == 403
    assert signed_in.browser(world.tiina).get(f"{EXPORT}?format=csv").status_code == 404


def test_statements_of_the_file_are_literal(aino: BrowserClient) -> None:
    assert count_statements(aino, f"{EXPORT}?format=jsonl") == STATEMENTS
