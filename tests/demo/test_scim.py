"""The SCIM service stores what it receives, finds it by filter, and has it after the end of the process."""

import itertools
import json
import threading
import urllib.parse

import pytest
import requests

from tests.demo import cast
from tests.fixtures import demo_services


def users(service: demo_services.Service, asked: str) -> list[cast.ScimRecord]:
    answer = service.scim("GET", f"/Users?filter={urllib.parse.quote(asked)}")
    assert answer.status_code == 200
    resources: list[cast.ScimRecord] = answer.json()["Resources"]
    return resources


def create(service: demo_services.Service, record: cast.ScimRecord) -> str:
    answer = service.scim("POST", "/Users", record)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_created_record_is_returned_unchanged(shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    grants, limits = cast.orderer()
    record = cast.user(sub, grants=grants, limits=limits)
    created = shop.scim("POST", "/Users", record)
    assert created.status_code == 201
    assert created.headers["Location"] == f"{shop.url}/scim/v2/Users/{created.json()['id']}"
    kept = shop.scim("GET", f"/Users/{created.json()['id']}").json()
    assert {key: kept[key] for key in record} == record
    assert kept["meta"]["resourceType"] == "User"


def test_filter_finds_a_record_by_external_id_and_user_name(shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    resource = create(shop, cast.user(sub))
    create(shop, cast.user(cast.new_sub()))
    assert [one["id"] for one in users(shop, f'externalId eq "{sub}"')] == [resource]
    assert [one["id"] for one in users(shop, f'userName eq "{sub.upper()}@customer.example"')] == [resource]
    assert users(shop, f'externalId eq "{sub.upper()}"') == []
    assert users(shop, 'externalId eq "nobody"') == []


def test_put_replaces_the_whole_record(shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    grants, limits = cast.orderer()
    resource = create(shop, cast.user(sub, grants=grants, limits=limits))
    changed = cast.user(sub, name="Aino Virtanen", active=False)
    answer = shop.scim("PUT", f"/Users/{resource}", changed)
    assert answer.status_code == 200
    kept = shop.scim("GET", f"/Users/{resource}").json()
    assert {key: kept[key] for key in changed} == changed
    assert "grants" not in kept[cast.EXTENSION]


def test_patch_replaces_one_attribute(shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    resource = create(shop, cast.user(sub))
    assert shop.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=False)).ok
    grants, _ = cast.orderer()
    assert shop.scim("PATCH", f"/Users/{resource}", cast.set_to(f"{cast.EXTENSION}:grants", grants)).ok
    kept = shop.scim("GET", f"/Users/{resource}").json()
    assert kept["active"] is False
    assert kept[cast.EXTENSION]["grants"] == grants
    assert kept["displayName"] == "Aino Korhonen"


def test_deleted_record_is_not_found(shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    resource = create(shop, cast.user(sub))
    assert shop.scim("DELETE", f"/Users/{resource}").status_code == 204
    assert shop.scim("GET", f"/Users/{resource}").status_code == 404
    assert create(shop, cast.user(sub)) != resource


def test_schemas_describe_the_extension(shop: demo_services.Service) -> None:
    schemas = {one["id"]: one for one in shop.scim("GET", "/Schemas").json()["Resources"]}
    attributes = {one["name"]: one for one in schemas[cast.EXTENSION]["attributes"]}
    assert set(attributes) == {"organizations", "grants", "limits"}
    assert all(one["multiValued"] for one in attributes.values())
    names = {one["name"] for one in attributes["grants"]["subAttributes"]}
    assert {"from", "until", "siteName", "entitlement"} <= names


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (400, {"externalId": None}),
        (400, {"userName": None}),
        (400, {"active": "perhaps"}),
        (400, {cast.EXTENSION: {"limits": [cast.limit("a lot")]}}),
        (400, {cast.EXTENSION: {"limits": [cast.limit("-1")]}}),
        (400, {cast.EXTENSION: {"limits": [cast.limit("NaN")]}}),
        (400, {cast.EXTENSION: {"limits": [cast.limit("1", period="fortnight")]}}),
        (400, {cast.EXTENSION: {"grants": [{"organization": "x"}]}}),
        (400, {cast.EXTENSION: {"organizations": [{"name": "nameless"}]}}),
    ],
)
def test_create_with_an_unusable_record_is_refused(
    shop: demo_services.Service, status: int, change: cast.ScimRecord
) -> None:
    sub = cast.new_sub()
    record = {key: value for key, value in {**cast.user(sub), **change}.items() if value is not None}
    assert shop.scim("POST", "/Users", record).status_code == status
    assert users(shop, f'externalId eq "{sub}"') == []


def test_create_of_a_second_record_for_a_person_is_refused(shop: demo_services.Service) -> None:
    first, second = cast.new_sub(), cast.new_sub()
    create(shop, cast.user(first))
    other = create(shop, cast.user(second))
    again = {**cast.user(first), "userName": "another@customer.example"}
    assert shop.scim("POST", "/Users", again).status_code == 409
    assert (
        shop.scim("POST", "/Users", {**cast.user("x"), "userName": f"{first}@customer.example"}).status_code
        == 409
    )
    assert shop.scim("PATCH", f"/Users/{other}", cast.set_to("externalId", first)).status_code == 409
    refused = [line for line in shop.journal("writes") if line["externalId"] == first]
    assert [line["status"] for line in refused] == [201, 409]


@pytest.mark.parametrize("token", ["", "wrong", demo_services.TOKEN[:-1], demo_services.TOKEN + "x"])
def test_request_without_the_token_is_refused(shop: demo_services.Service, token: str) -> None:
    before = len(shop.journal("writes"))
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas"), ("PATCH", "/Users/x")):
        assert shop.scim(method, path, cast.user("x"), token=token).status_code == 401
    assert (
        requests.get(f"{shop.url}/_demo/status", headers={"Authorization": token}, timeout=10).status_code
        == 401
    )
    assert len(shop.journal("writes")) == before


def test_journal_lists_every_write_in_order(shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    resource = create(shop, cast.user(sub))
    shop.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=False))
    shop.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=False))
    shop.scim("GET", f"/Users/{resource}")
    lines = [line for line in shop.journal("writes") if line["id"] == resource]
    assert [(one["method"], one["externalId"], one["active"]) for one in lines] == [
        ("POST", sub, True),
        ("PATCH", sub, False),
        ("PATCH", sub, False),
    ]
    assert lines[1]["version"] == lines[2]["version"] != lines[0]["version"]
    times = [one["monotonic_ns"] for one in lines]
    assert times == sorted(times)
    assert all(one["began_monotonic_ns"] < one["monotonic_ns"] for one in lines)


def test_records_after_a_kill_are_complete(own_shop: demo_services.Service) -> None:
    sub = cast.new_sub()
    grants, limits = cast.orderer()
    resource = create(own_shop, cast.user(sub, grants=grants, limits=limits))
    own_shop.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=False))
    before = own_shop.scim("GET", f"/Users/{resource}").json()
    deleted = create(own_shop, cast.user(cast.new_sub()))
    assert own_shop.scim("DELETE", f"/Users/{deleted}").status_code == 204
    own_shop.kill()
    with (own_shop.store / "writes.jsonl").open("a") as journal:
        journal.write('{"torn": "li')
    (own_shop.store / "users" / "half.json.abcd.draft").write_text('{"resource": {"id"')
    own_shop.start()
    assert own_shop.scim("GET", f"/Users/{resource}").json() == before
    own_shop.scim("PATCH", f"/Users/{resource}", cast.set_to("active", value=True))
    assert own_shop.scim("GET", f"/Users/{resource}").json()["meta"]["version"] != before["meta"]["version"]
    assert own_shop.control("GET", "/status")["people"] == {"total": 1, "active": 1}
    last = json.loads((own_shop.store / "writes.jsonl").read_text().splitlines()[-1])
    assert (last["method"], last["active"]) == ("PATCH", True)


def test_acknowledged_writes_survive_a_kill(own_shop: demo_services.Service) -> None:
    """Killed in the midst of writes: the last state it acknowledged, or the one under way, is there again."""
    resource = create(own_shop, cast.user(cast.new_sub()))
    acknowledged = 0
    for _ in range(3):
        killer, first = threading.Timer(0.05, own_shop.kill), acknowledged + 1
        try:
            for number in itertools.count(first):
                if number == first + 4:
                    killer.start()
                record = cast.set_to("displayName", f"number {number}")
                own_shop.scim("PATCH", f"/Users/{resource}", record).raise_for_status()
                acknowledged = number
        except requests.ConnectionError:
            killer.join()
        own_shop.start()
        kept = own_shop.scim("GET", f"/Users/{resource}").json()["displayName"]
        assert kept in (f"number {acknowledged}", f"number {acknowledged + 1}")
    assert acknowledged > 10


def test_delay_control_holds_requests_and_status_counts_them(own_shop: demo_services.Service) -> None:
    own_shop.control("POST", "/delay", {"before_ms": 700})
    create_slowly = threading.Thread(target=create, args=(own_shop, cast.user(cast.new_sub())))
    create_slowly.start()
    deadline = itertools.islice(itertools.repeat(None), 200)
    status = next(record for _ in deadline if (record := own_shop.control("GET", "/status"))["open"])
    assert status["open_requests"][0]["path"] == "/scim/v2/Users"
    assert status["people"]["total"] == 0
    create_slowly.join()
    status = own_shop.control("GET", "/status")
    assert (status["open"], status["writes"], status["people"]["total"]) == (0, 1, 1)


@pytest.mark.parametrize("applied", [False, True])
def test_failure_control_answers_with_the_chosen_status(
    own_shop: demo_services.Service, *, applied: bool
) -> None:
    own_shop.control("POST", "/fail", {"status": 503, "times": 2, "applied": applied, "retry_after": 7})
    sub = cast.new_sub()
    answers = [own_shop.scim("POST", "/Users", cast.user(sub)) for _ in range(3)]
    assert [one.status_code for one in answers] == [503, 503, 409 if applied else 201]
    assert answers[0].headers["Retry-After"] == "7"
    assert len(users(own_shop, f'externalId eq "{sub}"')) == 1
