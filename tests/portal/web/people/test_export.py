"""The list as a CSV file: the same people, columns and permissions, and no cell that a program would compute."""

import csv
import io

import pytest

from audit.models import Event
from portal.web.people import export
from portal.web.people.detail_context import PersonPage
from portal.web.people.list_context import PeoplePage
from tests.fixtures import signed_in
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import KOSKELA, count_statements, page_messages, page_model, person_path, plain
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 11
"""Of the file, whatever it holds."""


def lines(browser: BrowserClient, query: str = "", *, separator: str = ",") -> list[list[str]]:
    answer = browser.get(f"{KOSKELA}/people.csv{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=separator))


def test_file_holds_the_columns_of_the_list(world: World) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    header, *rows = lines(browser)
    assert header == [
        "Name", "E-mail", "Work phone", "Access", "Limit", "Sites", "Last sign-in (Europe/Helsinki)", "Systems",
    ]  # fmt: skip
    shown = page_model(browser.get(f"{KOSKELA}/people"), PeoplePage).people
    assert [row[0] for row in rows] == [person.name for person in shown]
    mikko = next(row for row in rows if row[0] == "Mikko Laine")
    assert [plain(value) for value in mikko] == [
        "Mikko Laine", "mikko@koskela.example", "", "Orderer", "up to 5 000 €", "Tampere", "no sign-in recorded", "",
    ]  # fmt: skip
    aino = next(row for row in rows if row[0] == "Aino Virtanen")
    assert len(aino[6]) == len("2026-11-29 09:12")


def test_file_has_the_filters_and_the_order_of_the_list(world: World) -> None:
    browser = signed_in.browser(world.aino)
    names = [row[0] for row in lines(browser, "?tier=viewer&tier=orderer&sort=-name")[1:]]
    shown = page_model(
        browser.get(f"{KOSKELA}/people?tier=viewer&tier=orderer&sort=-name"), PeoplePage
    ).people
    assert names == [person.name for person in shown]
    assert len(names) == 3
    assert len(lines(browser, f"?after={world.mikko.id}")) == 8


def test_file_is_an_attachment_in_utf_8_that_leaves_no_event(world: World) -> None:
    browser = signed_in.browser(world.aino)
    before = Event.objects.count()
    answer = browser.get(f"{KOSKELA}/people.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "Mäkinen" in answer.content.decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="people-koskela-')
    assert "no-store" in answer["Cache-Control"]
    assert Event.objects.count() == before


def test_file_in_finnish_separates_by_semicolons(world: World) -> None:
    browser = signed_in.browser(world.aino)
    browser.post("/language", {"language": "fi", "next": f"{KOSKELA}/people"})
    header, *rows = lines(browser, separator=";")
    assert header[0] == "Nimi"
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+358 1",
        "-2",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "\n1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        '="a""b"',
    ],
)
def test_cell_that_a_program_would_compute_begins_with_an_apostrophe(world: World, name: str) -> None:
    with bypassing_commands():
        type(world.olli.user).objects.filter(id=world.olli.user_id).update(name=name)
    values = {value for row in lines(signed_in.browser(world.aino)) for value in row}
    assert f"'{name}" in values
    assert name not in values


def test_file_above_the_maximum_leads_to_the_list_with_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_ROWS", 6)
    browser = signed_in.browser(world.aino)
    answer = browser.get(f"{KOSKELA}/people.csv?sort=seen", follow=True)
    assert page_messages(answer) == ["A file holds at most 6 people. Filter the list first."]
    assert answer.redirect_chain == [(f"{KOSKELA}/people?sort=seen", 302)]
    assert len(lines(browser, "?q=mikko")) == 2


def test_file_holds_the_people_that_the_reader_may_see(world: World) -> None:
    sami = signed_in.browser(world.sami)
    names = [row[0] for row in lines(sami)[1:]]
    assert names == [person.name for person in page_model(sami.get(f"{KOSKELA}/people"), PeoplePage).people]
    assert "Olli Mäkinen" in names
    assert "Mikko Laine" not in names
    assert signed_in.browser(world.mikko).get(f"{KOSKELA}/people.csv").status_code == 403
    assert signed_in.browser(world.tiina).get(f"{KOSKELA}/people.csv").status_code == 404
    assert BrowserClient().get(f"{KOSKELA}/people.csv").status_code == 302


def test_file_of_removed_people_leads_to_their_list(world: World) -> None:
    answer = signed_in.browser(world.aino).get(f"{KOSKELA}/people.csv?who=former")
    assert (answer.status_code, answer["Location"]) == (302, f"{KOSKELA}/people?who=former")


def test_file_takes_the_same_statements_for_one_and_three_people(world: World) -> None:
    browser = signed_in.browser(world.aino)
    assert count_statements(browser, f"{KOSKELA}/people.csv?tier=viewer") == STATEMENTS
    world.member(world.koskela, "Venla Aho", "viewer")
    world.member(world.koskela, "Ville Aho", "viewer", sites=[world.oulu])
    assert count_statements(browser, f"{KOSKELA}/people.csv?tier=viewer") == STATEMENTS


def test_file_holds_the_phone_number_that_the_person_s_page_shows(world: World) -> None:
    with bypassing_commands():
        type(world.olli.user).objects.filter(id=world.olli.user_id).update(phone="+358 40 1234567")
    browser = signed_in.browser(world.aino)
    phones = {row[0]: row[2] for row in lines(browser)[1:]}
    facts = page_model(browser.get(person_path(world.olli)), PersonPage).facts
    assert facts.phone == "+358 40 1234567"
    assert phones["Olli Mäkinen"] == f"'{facts.phone}"
    assert phones["Mikko Laine"] == ""
