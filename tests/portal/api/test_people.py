"""People are read through the REST API as the owner of the service user sees them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.fixtures.rest_api import Program
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def names(answer: Any) -> list[str]:
    return [person["name"] for person in answer.json()["items"]]


def test_list_has_pages_in_the_order_of_names(world: World) -> None:
    program = Program(world.aino)
    program.get("people")  # the first request of a window adds its counter
    with CaptureQueriesContext(connection) as whole:
        everybody = names(program.get("people"))
    assert everybody == sorted(everybody)
    assert len(everybody) == 7
    with CaptureQueriesContext(connection) as one:
        first = program.get("people", limit="1").json()
    assert (len(whole), len(one)) == (9, 9)
    rest = program.get("people", limit="200", after=first["next"])
    assert [first["items"][0]["name"], *names(rest)] == everybody
    assert rest.json()["next"] is None


def test_list_shows_what_each_person_has(world: World) -> None:
    (mikko,) = Program(world.aino).get("people", search="mikko").json()["items"]
    (access,) = mikko.pop("access")
    assert mikko == {
        "id": str(world.mikko.id),
        "user": str(world.mikko.user_id),
        "name": "Mikko Laine",
        "email": "mikko@koskela.example",
        "phone": "",
        "former": False,
    }
    assert access["role"] == "orderer"
    assert access["sites"] == [{"id": str(world.tampere.id), "name": "Tampere"}]
    assert access["limits"] == {
        "ordering:orders.place": {"amount": "5000.00", "currency": "EUR", "period": "order"}
    }


def test_owner_of_some_sites_reads_only_their_people(world: World) -> None:
    program = Program(world.sami, scopes=frozenset({"people.read"}))
    found = names(program.get("people"))
    assert "Olli Mäkinen" in found
    assert "Mikko Laine" not in found
    hidden, random = (program.get(f"people/{which}") for which in (world.mikko.id, world.somewhere))
    assert (hidden.status_code, random.status_code) == (404, 404)
    assert without_reference(hidden) == without_reference(random)


def without_reference(answer: Any) -> dict[str, object]:
    return {**answer.json(), "reference": ""}


def test_faulty_request_gets_a_problem_with_its_code(world: World) -> None:
    program = Program(world.aino)
    cases = [
        ({"after": "nonsense"}, "invalid_cursor"),
        ({"after": "0" * 32}, "invalid_cursor"),
        ({"limit": "0"}, "invalid_request"),
        ({"limit": "201"}, "invalid_request"),
        ({"who": "all"}, "invalid_request"),
        ({"search": "\0"}, "malformed"),
        ({"site": "x"}, "invalid_request"),
    ]
    for query, code in cases:
        answer = program.get("people", **query)
        assert (answer.status_code, answer.json()["code"]) == (400, code), query
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["reference"] == answer["X-Request-ID"]
    for method, status in (("DELETE", 405), ("OPTIONS", 405), ("PATCH", 405)):
        assert program.call(method, "people").status_code == status


def test_answer_has_no_cookie_and_no_cache(world: World) -> None:
    answer = Program(world.aino).get("people")
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
