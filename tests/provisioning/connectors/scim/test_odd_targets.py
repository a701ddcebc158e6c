"""Targets that follow the protocol loosely: what they answer is understood, or claims nothing that is not so."""

from typing import Any

import pytest

from provisioning.accounts import desired_state
from provisioning.connectors.connector import DesiredPerson, TargetProfile
from provisioning.connectors.scim import schema as scim_schema
from provisioning.delivery.errors import Code, DeliveryError
from tests.fixtures import fake_target
from tests.fixtures.fake_target import Fault, Resource
from tests.fixtures.scim_users import ADA, EVE, foreign_record, only, record


def crowd(shop: fake_target.Server, number: int) -> None:
    """People of others. Nothing here may change them."""
    for each in range(number):
        shop.users[f"x{each}"] = {"id": f"x{each}", "userName": f"x{each}", "externalId": f"x{each}"}


def unchanged(shop: fake_target.Server) -> bool:
    return all(
        one.keys() == {"id", "userName", "externalId"} for key, one in shop.users.items() if key[0] == "x"
    )


FILTERS: dict[str, dict[str, Any]] = {
    "refused": {"odd": only("find", status=400)},
    "not implemented": {"odd": only("find", status=501)},
    "an error": {"odd": only("find", status=500)},
    "not found": {"odd": only("find", status=404)},
    "ignored": {"filters": False},
}
"""What a target does with every filter."""


@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize("active", [True, False])
def test_record_is_found_in_a_target_without_filters(
    shop: fake_target.Server, synchronize: Any, kind: str, *, active: bool
) -> None:
    """The response to the creation is lost, so that its id is unknown."""
    crowd(shop, 250)
    created = synchronize(record())
    vars(shop.be).update(FILTERS[kind])
    result = synchronize(record(name="Ada Approver", active=active))
    assert result.remote_id == created.remote_id
    assert (shop.record_of(ADA)["displayName"], shop.record_of(ADA)["active"]) == ("Ada Approver", active)
    assert unchanged(shop)


def test_refused_filter_by_external_id_leads_to_one_by_user_name(
    shop: fake_target.Server, synchronize: Any
) -> None:
    crowd(shop, 5)
    created = synchronize(record())
    shop.requests.clear()
    shop.be.next = [Fault(status=400)]
    assert synchronize(record(name="Ada Approver")).remote_id == created.remote_id
    assert "userName" in shop.requests[1]
    assert not [one for one in shop.requests if "startIndex" in one]


@pytest.mark.parametrize("kind", FILTERS)
def test_person_without_a_record_is_created_in_a_target_without_filters(
    shop: fake_target.Server, synchronize: Any, kind: str
) -> None:
    crowd(shop, 150)
    vars(shop.be).update(FILTERS[kind])
    assert synchronize(record()).remote_id == shop.record_of(ADA)["id"]
    assert unchanged(shop)


def test_removed_person_who_cannot_be_looked_for_is_not_called_closed(
    shop: fake_target.Server, synchronize: Any
) -> None:
    """A target without filters has more records than are searched: the person's may be one of the others."""
    crowd(shop, 1100)
    shop.be.filters = False
    shop.requests.clear()
    with pytest.raises(DeliveryError) as unknown:
        synchronize(record(active=False), remote_id="gone")
    assert unknown.value.code is Code.UNREADABLE
    assert len(shop.requests) < 100
    assert unchanged(shop)


def one_usable_filter(shop: fake_target.Server) -> None:
    """Answer the filter on `externalId` with an empty list, as for an unknown attribute, and refuse the other."""
    empty, refused = Fault(status=200, content={"totalResults": 0}), Fault(status=400)
    shop.be.odd = lambda kind: (empty if "externalId" in shop.asked else refused) if kind == "find" else None


def test_removed_person_with_one_usable_filter_is_looked_for_in_the_whole_list(
    shop: fake_target.Server, synchronize: Any
) -> None:
    synchronize(record())
    one_usable_filter(shop)
    synchronize(record(active=False), remote_id="gone")
    assert shop.record_of(ADA)["active"] is False
    shop.users.clear()
    crowd(shop, 1100)
    synchronize(record())
    with pytest.raises(DeliveryError) as unknown:
        synchronize(record(active=False), remote_id="gone")
    assert (unknown.value.code, shop.record_of(ADA)["active"]) == (Code.UNREADABLE, True)


@pytest.mark.parametrize("status", [404, 410])
def test_removed_person_is_not_called_closed_by_a_target_that_knows_no_route(
    shop: fake_target.Server, synchronize: Any, status: int
) -> None:
    """Everything is not found: the address is wrong, and says nothing about the person."""
    created = synchronize(record())
    shop.be.always = Fault(status=status)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False), remote_id=created.remote_id)
    assert refused.value.code is Code.REFUSED
    shop.be.always = None
    synchronize(record(active=False), remote_id=created.remote_id)
    assert shop.record_of(ADA)["active"] is False


def without(*names: str) -> Any:
    return lambda resource: {name: value for name, value in resource.items() if name not in names}


@pytest.mark.parametrize("missing", [("externalId",), ("externalId", "userName"), ("externalId", "active")])
@pytest.mark.parametrize("patches", [True, False])
def test_removed_person_is_not_called_closed_where_an_answer_may_be_their_active_record(
    shop: fake_target.Server, synchronize: Any, missing: tuple[str, ...], *, patches: bool
) -> None:
    """The target moved: it gave new ids, and shows no externalId any more."""
    synchronize(record())
    (moved,) = shop.users.values()
    shop.users = {"new": {**moved, "id": "new"}}
    shop.be.supports_patch = patches
    shop.be.show = without(*missing)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False))
    assert refused.value.code in {Code.AMBIGUOUS, Code.UNREADABLE}
    assert shop.users["new"]["active"] is True, "it is not written: whose it is, is not known"


def test_removed_person_whose_inactive_record_lost_its_external_id_is_closed(
    shop: fake_target.Server, synchronize: Any
) -> None:
    synchronize(record())
    (moved,) = shop.users.values()
    shop.users = {"new": {**moved, "id": "new", "active": False}}
    shop.be.show = without("externalId")
    synchronize(record(active=False))


@pytest.mark.parametrize("external", [EVE, "by-hand", ""])
def test_removed_person_is_not_called_closed_while_a_record_with_the_user_name_is_active(
    shop: fake_target.Server, synchronize: Any, external: str
) -> None:
    """The target's administrator deleted the record and created it again: the person goes on signing in there."""
    foreign_record(shop, userName=f"{ADA}@acme.example", externalId=external)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False), remote_id="gone")
    assert refused.value.code is Code.AMBIGUOUS
    assert shop.users["stranger"]["active"] is True, "it is another person's, perhaps: it is not written"
    shop.users["stranger"]["active"] = False
    synchronize(record(active=False), remote_id="gone")


def test_every_record_of_a_removed_person_is_closed(shop: fake_target.Server, synchronize: Any) -> None:
    created = synchronize(record())
    shop.users["copy"] = {**shop.record_of(ADA), "id": "copy"}
    synchronize(record(active=False), remote_id=created.remote_id, read_first=True)
    assert [one["active"] for one in shop.by_external_id(ADA)] == [False, False]


def test_external_id_in_capitals_is_ours(shop: fake_target.Server, synchronize: Any) -> None:
    who = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
    created = synchronize(record(who=who))
    shop.be.filters = False
    shop.be.show = lambda one: {**one, "externalId": str(one["externalId"]).upper()}
    changed = record(who=who, name="Ada Approver", active=False)
    assert synchronize(changed, remote_id=created.remote_id, read_first=True).remote_id == created.remote_id
    assert synchronize(changed).remote_id == created.remote_id
    assert not shop.users[created.remote_id]["active"]


# Deactivation


def emptied(one: Resource) -> Resource:
    return one if one["active"] else {"id": one["id"], "schemas": one["schemas"]}


def reduced(one: Resource) -> Resource:
    return one if one["active"] else {"id": one["id"], "active": False, "userName": f"deleted-{one['id']}"}


@pytest.mark.parametrize("store", [emptied, reduced])
@pytest.mark.parametrize("read_first", [True, False])
@pytest.mark.parametrize("patches", [True, False])
def test_target_that_empties_a_record_has_confirmed_its_deactivation(
    shop: fake_target.Server, synchronize: Any, store: Any, *, read_first: bool, patches: bool
) -> None:
    created = synchronize(record())
    shop.be.store, shop.be.supports_patch = store, patches
    removed = record(active=False)
    assert synchronize(removed, remote_id=created.remote_id, read_first=read_first).wrote
    assert not synchronize(removed, remote_id=created.remote_id, read_first=True).wrote


def test_target_that_hides_an_inactive_record_has_confirmed_its_deactivation(
    shop: fake_target.Server, synchronize: Any
) -> None:
    created = synchronize(record())
    users = shop.users
    original = shop.shown_record
    shop.shown_record = lambda name: None if not users[name]["active"] else original(name)  # type: ignore[method-assign]
    shop.be.odd = lambda kind: Fault(status=200, content={"totalResults": 0}) if kind == "find" else None
    assert synchronize(record(active=False), remote_id=created.remote_id).wrote
    assert users[created.remote_id]["active"] is False


@pytest.mark.parametrize(
    "content", [{}, [], {"id": "another", "active": False}, {"Resources": []}, b"", b"<html>"]
)
def test_answer_that_is_not_the_record_confirms_nothing(
    shop: fake_target.Server, synchronize: Any, content: object
) -> None:
    created = synchronize(record())
    shop.be.applies, shop.be.odd = False, only("GET", status=200, content=content)
    with pytest.raises(DeliveryError) as unconfirmed:
        synchronize(record(active=False), remote_id=created.remote_id)
    assert unconfirmed.value.code is Code.NOT_APPLIED, "a filter shows the record"
    shop.be.odd = only("GET", "find", "list", status=200, content=content)
    with pytest.raises(DeliveryError) as unreadable:
        synchronize(record(active=False), remote_id=created.remote_id)
    assert unreadable.value.code is Code.UNREADABLE


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"totalResults": "none"},
        {"totalResults": True},
        {"Resources": []},
        {"Resources": {}},
        [],
        b"[" * 100_000,
    ],
)
def test_answer_that_is_not_a_list_shows_no_absence(
    shop: fake_target.Server, synchronize: Any, content: object
) -> None:
    shop.be.odd = only("find", "list", status=200, content=content)
    with pytest.raises(DeliveryError) as unreadable:
        synchronize(record(active=False), remote_id="gone")
    assert unreadable.value.code is Code.UNREADABLE


# Deletion


@pytest.mark.parametrize("status", [200, 202, 204, 404, 410])
def test_record_that_is_gone_after_its_deletion_is_deleted(
    shop: fake_target.Server, synchronize: Any, status: int
) -> None:
    created = synchronize(record())
    shop.be.odd = only("DELETE", status=status, is_executed=True)
    assert synchronize(record(active=False), remote_id=created.remote_id, deletes=True).remote_id == ""
    assert shop.users == {}


@pytest.mark.parametrize("status", [204, 403, 404, 405, 409, 410, 422, 501])
def test_record_that_a_target_does_not_delete_is_deactivated(
    shop: fake_target.Server, synchronize: Any, status: int
) -> None:
    created = synchronize(record())
    shop.be.odd = only("DELETE", status=status)
    result = synchronize(record(active=False), remote_id=created.remote_id, deletes=True)
    assert result.remote_id == created.remote_id
    assert shop.record_of(ADA)["active"] is False


@pytest.mark.parametrize("status", [404, 410, 500])
def test_record_that_a_target_neither_deletes_nor_reads_by_id_is_deactivated(
    shop: fake_target.Server, synchronize: Any, status: int
) -> None:
    """The DELETE is accepted and not executed; the GET says no more than that there is no such route."""
    created = synchronize(record())
    faults = {"DELETE": Fault(status=204), "GET": Fault(status=status)}
    shop.be.odd = faults.get
    result = synchronize(record(active=False), remote_id=created.remote_id, deletes=True)
    assert (result.remote_id, shop.record_of(ADA)["active"]) == (created.remote_id, False)


def test_record_under_a_new_id_is_deleted_where_the_known_id_is_gone(
    shop: fake_target.Server, synchronize: Any
) -> None:
    synchronize(record())
    assert synchronize(record(active=False), remote_id="gone", deletes=True).remote_id == ""
    assert shop.users == {}


def test_record_is_inactive_until_a_failing_deletion_succeeds(
    shop: fake_target.Server, synchronize: Any
) -> None:
    created = synchronize(record())
    shop.be.odd = only("DELETE", status=500)
    with pytest.raises(DeliveryError) as failed:
        synchronize(record(active=False), remote_id=created.remote_id, deletes=True)
    assert (failed.value.code, shop.record_of(ADA)["active"]) == (Code.TARGET_ERROR, False)
    shop.be.odd = only()
    synchronize(record(active=False), remote_id=created.remote_id, deletes=True)
    assert shop.users == {}


# Reads that are older than our write


def test_stale_read_is_not_yet_and_leads_to_no_second_way(shop: fake_target.Server, synchronize: Any) -> None:
    created = synchronize(record())
    shop.be.stale_reads = 1
    for changed in (record(name="Ada Approver"), record(active=False)):
        shop.journal.clear()
        with pytest.raises(DeliveryError) as early:
            synchronize(changed, remote_id=created.remote_id)
        assert (early.value.code, early.value.remote_id) == (Code.NOT_APPLIED, created.remote_id)
        assert [one.method for one in shop.journal] == ["PATCH"]
        again = synchronize(changed, remote_id=created.remote_id, read_first=True, unconfirmed=1)
        assert (again.wrote, again.supports_patch) == (False, None)


def test_created_record_that_is_not_found_yet_is_created_once(
    shop: fake_target.Server, synchronize: Any
) -> None:
    nothing = Fault(status=200, content={"totalResults": 0})
    shop.be.odd = {"POST": Fault(status=204, is_executed=True), "find": nothing}.get
    with pytest.raises(DeliveryError) as early:
        synchronize(record())
    assert early.value.code is Code.NOT_APPLIED
    shop.be.odd = only()
    assert synchronize(record(), read_first=True, unconfirmed=1).remote_id == shop.record_of(ADA)["id"]
    assert [one.method for one in shop.journal] == ["POST"]


@pytest.mark.parametrize(("active", "attempts"), [(True, 4), (False, 2)])
def test_patch_that_is_never_shown_becomes_a_put(
    shop: fake_target.Server, synchronize: Any, attempts: int, *, active: bool
) -> None:
    """Some answer 200 to a PATCH and ignore it: a removed person is not kept waiting to find out."""
    created = synchronize(record())
    shop.be.odd = only("PATCH", status=200)
    changed = record(name="Ada Approver", active=active)
    for unconfirmed in range(attempts - 1):
        with pytest.raises(DeliveryError):
            synchronize(changed, remote_id=created.remote_id, read_first=True, unconfirmed=unconfirmed)
    result = synchronize(changed, remote_id=created.remote_id, read_first=True, unconfirmed=attempts - 1)
    assert result.supports_patch is None, "earlier attempts may have failed for another reason"
    assert (shop.record_of(ADA)["displayName"], shop.record_of(ADA)["active"]) == ("Ada Approver", active)


# Answers in other forms


CREATED: dict[str, dict[str, Any]] = {
    "204": {"status": 204},
    "200": {"status": 200, "content": {}},
    "201 without a body": {"status": 201, "content": b""},
    "201 with a page": {"status": 201, "content": b"<html>"},
    "201 with a list": {"status": 201, "content": []},
    "201 with another shape": {"status": 201, "content": {"data": {"id": "1"}}},
    "202": {"status": 202, "content": {"status": "queued"}},
    "201 at the collection": {"status": 201, "content": b"", "headers": {"Location": "/scim/v2/Users"}},
    "201 elsewhere": {"status": 201, "content": b"", "headers": {"Location": "http://[::1/Users/5"}},
}


@pytest.mark.parametrize("kind", CREATED)
def test_creation_with_any_answer_is_understood(
    shop: fake_target.Server, synchronize: Any, kind: str
) -> None:
    shop.be.odd = only("POST", is_executed=True, **CREATED[kind])
    result = synchronize(record())
    assert result.remote_id == shop.record_of(ADA)["id"]
    assert [one.method for one in shop.journal] == ["POST"]


@pytest.mark.parametrize("verify_writes", [True, False])
def test_creation_with_its_address_alone_needs_no_search(
    shop: fake_target.Server, synchronize: Any, *, verify_writes: bool
) -> None:
    shop.be.next_id = "a/b c"
    headers = {"Location": f"{shop.scim}/Users/a%2Fb%20c"}
    shop.be.odd = only("POST", is_executed=True, status=201, content=b"", headers=headers)
    assert synchronize(record(), verify_writes=verify_writes).remote_id == "a/b c"
    assert len([one for one in shop.requests if "filter=" in one]) == 1


def test_creation_that_answers_with_another_person_changes_nothing_of_them(
    shop: fake_target.Server, synchronize: Any
) -> None:
    foreign_record(shop, externalId=EVE)
    shop.be.odd = only("POST", is_executed=True, status=200, content=dict(shop.users["stranger"]))
    with pytest.raises(DeliveryError) as refused:
        synchronize(record())
    assert refused.value.code is Code.AMBIGUOUS
    assert shop.users["stranger"]["userName"] == "eve@acme.example"


def test_answers_compressed_unasked_are_read(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.odd = lambda _kind: Fault(headers={"Content-Encoding": "gzip"})
    created = synchronize(record())
    assert not synchronize(record(), remote_id=created.remote_id, read_first=True).wrote
    synchronize(record(active=False), remote_id=created.remote_id)
    assert shop.record_of(ADA)["active"] is False


def test_media_type_of_requests_is_a_setting(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.media_type = "application/json"
    with pytest.raises(DeliveryError) as refused:
        synchronize(record())
    assert (refused.value.code, refused.value.detail) == (Code.REFUSED, "status 415")
    created = synchronize(record(), media_type="application/json")
    synchronize(record(active=False), remote_id=created.remote_id, media_type="application/json")
    assert shop.record_of(ADA)["active"] is False


def test_media_type_is_that_of_the_protocol_unless_set() -> None:
    assert TargetProfile("https://x", "t").media_type == "application/scim+json"


@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_record_with_an_id_that_names_all_records_is_never_written(
    shop: fake_target.Server, synchronize: Any, bad: str
) -> None:
    shop.users[bad] = {**record(), "id": bad}
    with pytest.raises(DeliveryError) as unreadable:
        synchronize(record(active=False), deletes=True)
    assert unreadable.value.code is Code.UNREADABLE
    assert not [one for one in shop.requests if not one.startswith("GET")]


# Names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Orderer", ("Ada", "Orderer")),
        ("Anna Maria af Berg", ("Anna Maria af", "Berg")),
        ("Sukarno", ("Sukarno", "Sukarno")),
        (" Ada  Orderer ", ("Ada", "Orderer")),
        ("", ("", "")),
    ],
)
def test_name_has_given_and_family_name_for_targets_that_demand_both(
    name: str, parts: tuple[str, str]
) -> None:
    assert desired_state.name_parts(name) == parts


def record_with_name(name: str, given: str = "", family: str = "") -> dict[str, Any]:
    address = f"{ADA}@acme.example"
    person = DesiredPerson(ADA, address, address, name, "fi", (), given_name=given, family_name=family)
    return {**scim_schema.user(person), "active": True}


def test_person_of_one_name_is_accepted_by_a_target_that_demands_both(
    shop: fake_target.Server, synchronize: Any
) -> None:
    shop.be.required = ("givenName", "familyName")
    with pytest.raises(DeliveryError) as refused:
        synchronize(record_with_name("Sukarno"))
    assert refused.value.code is Code.REFUSED
    synchronize(record_with_name("Sukarno", "Sukarno", "Sukarno"))
    assert shop.record_of(ADA)["name"] == {
        "formatted": "Sukarno",
        "givenName": "Sukarno",
        "familyName": "Sukarno",
    }
    assert "givenName" not in record_with_name("Ada Orderer")["name"]
