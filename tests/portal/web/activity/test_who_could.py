"""Admins ask who in their own organization could do what, and REST answers the same; site admins see their sites."""

import datetime as dt
import json
from typing import Any

import pytest

from audit.foundation import clock
from audit.models import Event
from identity.memberships.models import Membership
from portal.web.activity.who_could import ColleagueRightsPage, WhoCouldPage
from tests.fixtures import signed_in
from tests.fixtures.pages import count_statements, page_model, plain
from tests.fixtures.rest_api import Program
from tests.fixtures.world import PLACE, World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
ASK = "/o/koskela/activity/who-could"
STATEMENTS = 16


@pytest.fixture
def question(world: World) -> dict[str, str]:
    """Who could place orders, a minute after everybody joined; then Mikko was removed."""
    move_clock(120)
    now = (clock.now() - dt.timedelta(seconds=30)).astimezone(dt.timezone(dt.timedelta(hours=2)))
    world.remove(world.mikko)
    return {"could": PLACE, "day": now.strftime("%Y-%m-%d"), "time": now.strftime("%H:%M")}


def ask(member: Membership, url: str = ASK, **query: str) -> Any:
    return signed_in.browser(member).get(url, query)


def test_admin_reads_who_could_on_what_grounds_and_what_each_could_do(
    world: World, question: dict[str, str]
) -> None:
    page = page_model(ask(world.aino, **question), WhoCouldPage)
    assert [(row.name, plain(row.what)) for row in page.rows] == [
        ("Mikko Laine", "Orderer, up to 5 000 € an order, Tampere"),
        ("Olli Mäkinen", "Orderer, up to 500 € an order, Oulu"),
    ]
    assert (page.people, page.of_people, page.whole) == ("2 people could", "of 7 people that day", True)
    chain = page.rows[0].chain
    assert [step.strong for step in chain] == ["Tier Orderer", "Kivisalo", "Ended:"]
    ended = Event.objects.get(id=chain[-1].proofs[0].event)
    assert (ended.verb, bytes(ended.hash).hex()) == ("member.remove", chain[-1].proofs[0].hash)
    rights = page_model(ask(world.aino, page.rows[0].rights_url), ColleagueRightsPage)
    assert (rights.name, bool(rights.rights)) == ("Mikko Laine", True)
    assert page_model(ask(world.aino), WhoCouldPage).question == ""
    wrong = page_model(ask(world.aino, **{**question, "could": "member.invite", "amount": "1"}), WhoCouldPage)
    assert (set(wrong.form.errors), wrong.question) == ({"amount"}, "")
    ancient = page_model(ask(world.aino, **{**question, "day": "0001-01-01"}), WhoCouldPage)
    assert ancient.form.errors["day"] == ["Choose a day after the year 1899."]
    file = ask(world.aino, f"{ASK}/export", **question, format="jsonl")
    head, *rows = map(json.loads, file.content.decode().splitlines())
    assert (head["rows"], [row["person"] for row in rows]) == (2, ["Mikko Laine", "Olli Mäkinen"])
    assert rows[0]["ended"]["event"] == str(ended.id)
    assert not Event.objects.filter(verb="customer_data.read").exists()
    browser = signed_in.browser(world.aino)
    query = "&".join(f"{name}={value}" for name, value in question.items())
    assert count_statements(browser, f"{ASK}?{query}") == STATEMENTS


def test_site_admin_reads_the_people_of_the_own_sites_alone(world: World, question: dict[str, str]) -> None:
    oona = world.member(world.koskela, "Oona Oulula", "security_admin", sites=[world.oulu])
    page = page_model(ask(oona, **question), WhoCouldPage)
    assert ([row.name for row in page.rows], page.close, page.whole) == (["Olli Mäkinen"], [], False)
    file = ask(oona, f"{ASK}/export", **question, format="csv").content.decode()
    assert ("Olli Mäkinen" in file, "Mikko Laine" in file) == (True, False)
    assert [
        ask(oona, f"{ASK}/people/{member.id}").status_code
        for member in (world.olli, world.mikko, world.tiina)
    ] == [200, 404, 404]
    assert ask(oona, f"{ASK}/people/{world.somewhere}").status_code == 404
    for url in (ASK, f"{ASK}/export", f"{ASK}/people/{world.olli.id}"):
        assert [ask(member, url).status_code for member in (world.vilma, world.tiina)] == [403, 404], url


def test_rest_answers_the_same_questions_with_the_proofs(world: World, question: dict[str, str]) -> None:
    at = Event.objects.get(verb="member.remove").at - dt.timedelta(seconds=1)
    program, query = Program(world.aino), {"could": PLACE, "at": at.isoformat()}
    first = program.get("who-could", **query, limit="1").json()
    (mikko,) = first["items"]
    assert (mikko["name"], mikko["limit"]) == (
        "Mikko Laine",
        {"amount": "5000.00", "currency": "EUR", "period": "order"},
    )
    assert mikko["sites"] == [{"id": str(world.tampere.id), "name": "Tampere"}]
    grounds = mikko["grounds"]
    assert (grounds["role"], grounds["invited"] is not None) == ("orderer", True)
    event = Event.objects.get(id=mikko["ended"]["event"])
    assert (event.verb, bytes(event.hash).hex()) == ("member.remove", mikko["ended"]["hash"])
    second = program.get("who-could", **query, limit="1", after=first["next"]).json()
    assert ([one["name"] for one in second["items"]], second["next"]) == (["Olli Mäkinen"], None)
    over = program.get("who-could", **query, over="500", site=str(world.tampere.id)).json()
    assert [one["name"] for one in over["items"]] == ["Mikko Laine"]
    admins = program.get("who-could", could="member.invite").json()["items"]
    assert {"Aino Virtanen"} < {one["name"] for one in admins}
    rights = program.get(f"people/{world.mikko.id}/rights", at=at.isoformat()).json()
    assert (rights["name"], PLACE in {one["entitlement"] for one in rights["rights"]}) == (
        "Mikko Laine",
        True,
    )
    assert program.get(f"people/{world.mikko.id}/rights").json()["rights"] == []
    later = (clock.now() + dt.timedelta(days=1)).isoformat()
    for wrong in (
        {"could": "crm:nothing"},
        {"could": "member.invite", "over": "1"},
        {**query, "site": str(world.somewhere)},
        {**query, "at": later},
        {**query, "at": "2026-01-01T00:00:00"},
        {**query, "after": world.somewhere.hex},
    ):
        assert program.get("who-could", **wrong).status_code == 400, wrong
    assert program.get(f"people/{world.tiina.id}/rights").status_code == 404
