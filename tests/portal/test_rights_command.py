"""`manage.py rights` gives the answers of the pages, and the customer's log says so."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse

from audit.foundation import clock
from audit.models import Event
from tests.fixtures.events import body
from tests.fixtures.pages import plain
from tests.fixtures.world import PLACE, World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> list[str]:
    output = io.StringIO()
    call_command("rights", *words, stdout=output)
    return [plain(line) for line in output.getvalue().splitlines()]


@pytest.fixture
def before(world: World) -> list[str]:
    """The options of a minute after everybody joined; then Mikko was removed."""
    move_clock(120)
    then = (clock.now() - dt.timedelta(seconds=30)).astimezone(dt.timezone(dt.timedelta(hours=2)))
    world.remove(world.mikko)
    return ["--day", then.strftime("%Y-%m-%d"), "--time", then.strftime("%H:%M")]


def readings(world: World) -> list[tuple[str, str]]:
    events = Event.objects.filter(verb="customer_data.read", chain=world.koskela.id).order_by("at", "id")
    return [(event.actor_kind, body(event)["facts"]["page"]) for event in events]


def test_who_could_is_answered_with_limits_grounds_and_proofs(world: World, before: list[str]) -> None:
    lines = run("who", "koskela", PLACE, *before)
    assert lines[0].startswith("Who could order in the web shop, on ")
    assert lines[1] == "2 people could, of 7 people that day."
    people = [line for line in lines[2:] if not line.startswith("    ")]
    assert [line.split(", since")[0].split(", 1 ")[0] for line in people][1].startswith(
        "Olli Mäkinen: Orderer, up to 500 € an order, Oulu"
    )
    assert people[0].startswith("Mikko Laine: Orderer, up to 5 000 € an order, Tampere")
    removal = Event.objects.get(verb="member.remove", outcome="done", subject=world.mikko.id)
    assert any(f"event {removal.id}, hash {bytes(removal.hash).hex()}" in line for line in lines)
    assert readings(world) == [("system", "answer")]


def test_amount_and_site_narrow_the_answer_and_name_who_is_below(world: World, before: list[str]) -> None:
    lines = run("who", "koskela", PLACE, "--over", "1000", "--site", "tampere", *before)
    assert [line.split(":")[0] for line in lines[2:] if not line.startswith("    ")] == [
        "Mikko Laine",
        "Not so much, or elsewhere",
    ]


def test_file_is_that_of_the_page(world: World, before: list[str]) -> None:
    head, *rows = map(json.loads, run("who", "koskela", PLACE, *before, "--format", "jsonl"))
    assert (head["could"], head["rows"]) == (PLACE, 2)
    assert [row["person"] for row in rows] == ["Mikko Laine", "Olli Mäkinen"]
    assert readings(world) == [("system", "export")]


def test_file_is_written_character_by_character(
    world: World, before: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = '"Mikko\u2028Laine"\r\n"Olli\x85"\r\n"last"'
    monkeypatch.setattr(
        "portal.shell.access_answer_file.answer_file", lambda *_, **__: HttpResponse(content.encode())
    )
    output = io.StringIO(newline="")
    call_command("rights", "who", "koskela", PLACE, *before, "--format", "csv", stdout=output)
    assert output.getvalue() == content


def test_answer_of_several_pages_is_printed_whole(
    world: World, before: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.shell.access_answer_page.PAGE_SIZE", 1)
    people = [line for line in run("who", "koskela", PLACE, *before) if line[:5] in {"Mikko", "Olli "}]
    assert len(people) == 2


def test_rights_of_a_person_then_and_now(world: World, before: list[str]) -> None:
    address = world.mikko.user.email
    lines = run("of", "koskela", address, *before)
    assert lines[0].startswith("Mikko Laine, ")
    assert [line for line in lines if line.lower().startswith("order in the web shop, up to 5 000 €")], lines
    assert run("of", "koskela", address)[0].endswith(": no rights.")
    assert readings(world) == [("system", "rights")]


def test_wrong_question_is_named_and_leaves_no_reading(world: World) -> None:
    tomorrow = (clock.now() + dt.timedelta(days=2)).strftime("%Y-%m-%d")
    for words, said in (
        (("who", "nobody", PLACE), "no customer"),
        (("who", "koskela", "ordering:none"), f"It is one of: .*{PLACE}"),
        (("who", "koskela", PLACE, "--over", "much"), "--over: "),
        (("who", "koskela", PLACE, "--site", "Turku"), "--site: There is no site “Turku”"),
        (("who", "koskela", PLACE, "--day", tomorrow), "--day: Choose a day and time that have passed"),
        (("of", "koskela", "tiina@pohjola.example"), "is no member of"),
        (("of", "koskela", world.aino.user.email, "--day", tomorrow), "have passed"),
        (("of", "koskela", world.aino.user.email, "--time", "noon"), "2026-06-01"),
    ):
        with pytest.raises(CommandError, match=said):
            run(*words)
    assert readings(world) == []
