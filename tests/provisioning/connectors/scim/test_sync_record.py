"""One record in one target of any behavior: it ends in the desired state, once, or the delivery fails."""

from typing import Any

import pytest
from django.conf import LazySettings

from provisioning.connectors.connector import SyncResult
from provisioning.connectors.scim import schema as scim_schema
from provisioning.delivery.errors import Code, DeliveryError
from tests.fixtures import fake_target
from tests.fixtures.fake_target import Fault
from tests.fixtures.scim_users import ADA, EVE, foreign_record, only, record


def test_record_is_created_changed_and_deactivated(shop: fake_target.Server, synchronize: Any) -> None:
    created = synchronize(record())
    synchronize(record(name="Ada Approver"), remote_id=created.remote_id)
    assert shop.record_of(ADA)["displayName"] == "Ada Approver"
    synchronize(record(active=False), remote_id=created.remote_id)
    assert shop.record_of(ADA)["active"] is False
    assert shop.record_of(ADA)[scim_schema.EXTENSION]["organizations"][0]["active"] is False
    assert [one.method for one in shop.journal] == ["POST", "PATCH", "PATCH"]


def test_inactive_person_without_record_is_not_created(shop: fake_target.Server, synchronize: Any) -> None:
    assert synchronize(record(active=False)) == SyncResult("", wrote=False)
    assert shop.users == {}


def test_target_without_patch_is_sent_whole_records(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.supports_patch = False
    created = synchronize(record())
    result = synchronize(record(active=False), remote_id=created.remote_id)
    assert (shop.record_of(ADA)["active"], result.supports_patch) == (False, False)
    shop.requests.clear()
    synchronize(record(), remote_id=created.remote_id, supports_patch=False)
    assert not [one for one in shop.requests if one.startswith("PATCH")]


@pytest.mark.parametrize("status", [400, 405, 413, 415, 422, 501])
def test_rejected_patch_becomes_a_put(shop: fake_target.Server, synchronize: Any, status: int) -> None:
    """Only an answer about the method shows that there is no PATCH; others may be about this record's content."""
    created = synchronize(record())
    shop.be.next = [Fault(status=status)]
    result = synchronize(record(name="Ada Approver"), remote_id=created.remote_id)
    assert result.supports_patch is (False if status in {405, 501} else None)
    assert shop.record_of(ADA)["displayName"] == "Ada Approver"


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_missing_patch_route_is_distinguished_from_a_missing_record_by_asking(
    shop: fake_target.Server, synchronize: Any, status: int, *, active: bool
) -> None:
    created = synchronize(record())
    shop.be.odd = only("PATCH", status=status)
    result = synchronize(record(name="Ada Approver", active=active), remote_id=created.remote_id)
    assert (result.remote_id, result.supports_patch) == (created.remote_id, False)
    assert (shop.record_of(ADA)["displayName"], shop.record_of(ADA)["active"]) == ("Ada Approver", active)
    assert [one.method for one in shop.journal] == ["POST", "PUT"], "no second record is created"


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("status", [404, 405, 501])
def test_missing_put_route_of_a_target_without_patch_becomes_a_patch(
    shop: fake_target.Server, synchronize: Any, status: int, *, active: bool
) -> None:
    created = synchronize(record())
    shop.be.odd = only("PUT", status=status)
    changed = record(name="Ada Approver", active=active)
    result = synchronize(changed, remote_id=created.remote_id, supports_patch=False)
    assert (result.supports_patch, shop.record_of(ADA)["displayName"]) == (True, "Ada Approver")
    assert shop.record_of(ADA)["active"] is active


@pytest.mark.parametrize("status", [400, 403, 409, 422, 500])
def test_record_of_a_removed_person_is_deactivated_where_the_target_rejects_its_content(
    shop: fake_target.Server, synchronize: Any, status: int
) -> None:
    """Only the change of `active` is accepted, by PATCH or in the record as the target has it."""
    created = synchronize(record())
    for method in ("PATCH", "PUT"):
        shop.users[created.remote_id]["active"] = True
        calls = iter(range(99))

        def rejects(kind: str, method: str = method, calls: Any = calls) -> Fault | None:
            is_last_way = kind == method and next(calls) == 1
            return Fault(status=status) if kind in {"PATCH", "PUT"} and not is_last_way else None

        shop.be.odd = rejects
        synchronize(record(active=False, name="Rejected"), remote_id=created.remote_id)
        assert (shop.record_of(ADA)["active"], shop.record_of(ADA)["displayName"]) == (False, "Ada Orderer")


def test_removed_person_whose_deactivation_is_rejected_in_every_way_fails(
    shop: fake_target.Server, synchronize: Any
) -> None:
    created = synchronize(record())
    shop.be.odd = lambda kind: Fault(status=400) if kind in {"PATCH", "PUT"} else None
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False), remote_id=created.remote_id)
    assert refused.value.code is Code.REFUSED


def test_token_refused_once_is_not_sent_again_in_other_ways(
    shop: fake_target.Server, synchronize: Any
) -> None:
    created = synchronize(record())
    shop.requests.clear()
    shop.be.always = Fault(status=401)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False), remote_id=created.remote_id)
    assert (refused.value.code, len(shop.requests)) == (Code.UNAUTHORIZED, 1)


def test_ignored_filter_does_not_select_a_foreign_record(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.filters = False
    foreign_record(shop, externalId=EVE)
    created = synchronize(record())
    assert created.remote_id != "stranger"
    assert shop.record_of(EVE) == {
        "id": "stranger",
        "userName": "eve@acme.example",
        "active": True,
        "externalId": EVE,
    }


def test_two_records_with_one_external_id_are_ambiguous(shop: fake_target.Server, synchronize: Any) -> None:
    foreign_record(shop, externalId=ADA)
    shop.users["other"] = {"id": "other", "externalId": ADA}
    with pytest.raises(DeliveryError) as refused:
        synchronize(record())
    assert refused.value.code is Code.AMBIGUOUS
    assert shop.journal == []


def test_id_of_a_foreign_record_is_not_written(shop: fake_target.Server, synchronize: Any) -> None:
    foreign_record(shop, externalId=EVE)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False), remote_id="stranger", read_first=True)
    assert refused.value.code is Code.AMBIGUOUS
    assert shop.record_of(EVE)["active"] is True


def test_lost_response_leads_to_no_second_record(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.next = [Fault(), Fault(lost_reply=True)]  # the search, the creation
    with pytest.raises(DeliveryError) as lost:
        synchronize(record())
    assert lost.value.code is Code.LOST
    again = synchronize(record(), read_first=True)
    assert again.remote_id == shop.record_of(ADA)["id"]
    assert [one.method for one in shop.journal] == ["POST"]


def test_conflict_leads_to_our_own_record(shop: fake_target.Server, synchronize: Any) -> None:
    first = synchronize(record())
    nothing = {"totalResults": 0}
    shop.be.next = [Fault(status=200, content=nothing)]
    again = synchronize(record(name="Ada Approver"))
    assert again.remote_id == first.remote_id
    assert shop.record_of(ADA)["displayName"] == "Ada Approver"


def test_conflict_adopts_an_unmanaged_record(shop: fake_target.Server, synchronize: Any) -> None:
    foreign_record(shop, userName=f"{ADA.upper()}@acme.example".replace("0190-ADA", ADA))
    assert synchronize(record()).remote_id == "stranger"
    assert shop.record_of(ADA)["id"] == "stranger"


def test_conflict_never_adopts_a_foreign_record(shop: fake_target.Server, synchronize: Any) -> None:
    foreign_record(shop, userName=f"{ADA}@acme.example", externalId=EVE)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record())
    assert refused.value.code is Code.CONFLICT
    assert shop.record_of(EVE)["id"] == "stranger"


def test_lost_record_is_created_again(shop: fake_target.Server, synchronize: Any) -> None:
    created = synchronize(record())
    shop.users.clear()
    again = synchronize(record(name="Ada Approver"), remote_id=created.remote_id)
    assert again.remote_id == shop.record_of(ADA)["id"] != created.remote_id


def test_lost_record_of_an_inactive_person_is_not_created_again(
    shop: fake_target.Server, synchronize: Any
) -> None:
    created = synchronize(record())
    shop.users.clear()
    assert synchronize(record(active=False), remote_id=created.remote_id).remote_id == ""
    assert shop.users == {}


def test_unapplied_write_fails(shop: fake_target.Server, synchronize: Any) -> None:
    created = synchronize(record())
    shop.be.applies = False
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(active=False), remote_id=created.remote_id)
    assert refused.value.code is Code.NOT_APPLIED


def test_target_that_drops_the_extension_fails(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.drops_extension = True
    with pytest.raises(DeliveryError) as refused:
        synchronize(record())
    assert refused.value.code is Code.NOT_APPLIED


def test_reading_first_writes_only_a_difference(shop: fake_target.Server, synchronize: Any) -> None:
    created = synchronize(record())
    assert synchronize(record(), remote_id=created.remote_id, read_first=True).wrote is False
    shop.users[created.remote_id]["active"] = False
    result = synchronize(record(), remote_id=created.remote_id, read_first=True)
    assert (result.wrote, shop.record_of(ADA)["active"]) == (True, True)


def test_inactive_record_is_deleted_where_the_target_deletes(
    shop: fake_target.Server, synchronize: Any
) -> None:
    created = synchronize(record())
    assert synchronize(record(active=False), remote_id=created.remote_id, deletes=True).remote_id == ""
    assert shop.users == {}
    assert synchronize(record(active=False), remote_id=created.remote_id, deletes=True).remote_id == ""


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, Code.UNAUTHORIZED),
        (403, Code.UNAUTHORIZED),
        (413, Code.REFUSED),
        (302, Code.REFUSED),
        (429, Code.BUSY),
        (500, Code.TARGET_ERROR),
        (502, Code.LOST),
        (503, Code.BUSY),
    ],
)
def test_error_status_maps_to_a_code(
    shop: fake_target.Server, synchronize: Any, status: int, code: Code
) -> None:
    shop.be.always = Fault(status=status, retry_after=7 if status == 503 else None)
    with pytest.raises(DeliveryError) as refused:
        synchronize(record(), remote_id="any")
    assert refused.value.code is code
    assert (refused.value.retry_after is not None) is (status == 503)
    assert shop.users == {}


def test_reset_connection_is_a_lost_response(shop: fake_target.Server, synchronize: Any) -> None:
    shop.be.always = Fault(reset=True)
    with pytest.raises(DeliveryError) as lost:
        synchronize(record())
    assert lost.value.code is Code.LOST


def test_internal_host_is_refused_unless_allowed(
    shop: fake_target.Server, synchronize: Any, settings: LazySettings
) -> None:
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(DeliveryError) as refused:
        synchronize(record())
    assert refused.value.code is Code.ADDRESS_REFUSED
    assert shop.connections == 0
