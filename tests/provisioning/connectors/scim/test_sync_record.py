"""One record in one target: whatever it is like, the record says what is true, once, or we know that not."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from provisioning.connectors.scim import schema as scim_schema
from provisioning.connectors.scim import sync_record
from provisioning.connectors.scim.sync_record import Result, Task
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http.pool import Pool
from tests.fixtures import fake_target as far
from tests.fixtures.fake_target import Fault

ADA, EVE = "0190-ada", "0190-eve"


@pytest.fixture
def pool() -> Iterator[Pool]:
    held = Pool()
    yield held
    held.close()


@pytest.fixture
def tell(shop: far.Server, pool: Pool) -> Any:
    """Carry out one task against the shop."""

    def carry_out(record: dict[str, Any], **more: Any) -> Result:
        task = Task(**{"base_url": shop.scim, "token": far.TOKEN, "record": record, **more})
        return sync_record.carry_out(task=task, pool=pool)

    return carry_out


def record(*, active: bool = True, name: str = "Ada Orderer", who: str = ADA, **more: Any) -> dict[str, Any]:
    """A person as `schema.user` makes her, with one organization while she is active."""
    belonging = scim_schema.Belonging("o-1", "acme", "Acme Oy", "0042", active, ())
    made = scim_schema.user(
        external_id=who,
        user_name=f"{who}@acme.example",
        email=f"{who}@acme.example",
        name=name,
        language="fi",
        belongings=[belonging],
    )
    return {**made, **more}


def stranger(shop: far.Server, **said: Any) -> str:
    """Somebody the target knows by herself."""
    made = {"id": "stranger", "userName": "eve@acme.example", "active": True, **said}
    shop.users["stranger"] = made
    return "stranger"


def test_creates_changes_and_deactivates(shop: far.Server, tell: Any) -> None:
    made = tell(record())
    tell(record(name="Ada Approver"), remote_id=made.remote_id)
    assert shop.one(ADA)["displayName"] == "Ada Approver"
    tell(record(active=False), remote_id=made.remote_id)
    assert shop.one(ADA)["active"] is False
    assert shop.one(ADA)[scim_schema.EXTENSION]["organizations"][0]["active"] is False
    assert [one.method for one in shop.journal] == ["POST", "PATCH", "PATCH"]


def test_somebody_gone_whom_it_never_knew_is_not_made(shop: far.Server, tell: Any) -> None:
    assert tell(record(active=False)) == Result("", wrote=False, patches=True)
    assert shop.users == {}


def test_a_target_that_cannot_patch_gets_whole_records_and_is_remembered(shop: far.Server, tell: Any) -> None:
    shop.be.patches = False
    made = tell(record())
    told = tell(record(active=False), remote_id=made.remote_id)
    assert (shop.one(ADA)["active"], told.patches) == (False, False)
    shop.requests.clear()
    tell(record(), remote_id=made.remote_id, patches=False)
    assert not [one for one in shop.requests if one.startswith("PATCH")]


@pytest.mark.parametrize("status", [400, 405, 415])
def test_a_patch_that_is_not_understood_becomes_a_put(shop: far.Server, tell: Any, status: int) -> None:
    made = tell(record())
    shop.be.next = [Fault(status=status)]
    assert tell(record(active=False), remote_id=made.remote_id).patches is False
    assert shop.one(ADA)["active"] is False


def test_a_target_that_ignores_the_filter_does_not_lead_to_somebody_else(shop: far.Server, tell: Any) -> None:
    shop.be.filters = False
    stranger(shop, externalId=EVE)
    made = tell(record())
    assert made.remote_id != "stranger"
    assert shop.one(EVE) == {
        "id": "stranger",
        "userName": "eve@acme.example",
        "active": True,
        "externalId": EVE,
    }


def test_two_records_with_one_external_id_are_refused(shop: far.Server, tell: Any) -> None:
    stranger(shop, externalId=ADA)
    shop.users["other"] = {"id": "other", "externalId": ADA}
    with pytest.raises(DeliveryError) as refused:
        tell(record())
    assert refused.value.code is Code.AMBIGUOUS
    assert shop.journal == []


def test_an_id_that_was_given_to_somebody_else_is_not_written_to(shop: far.Server, tell: Any) -> None:
    stranger(shop, externalId=EVE)
    with pytest.raises(DeliveryError) as refused:
        tell(record(active=False), remote_id="stranger", look=True)
    assert refused.value.code is Code.AMBIGUOUS
    assert shop.one(EVE)["active"] is True


def test_a_lost_answer_makes_no_second_record(shop: far.Server, tell: Any) -> None:
    shop.be.next = [Fault(), Fault(lost_reply=True)]  # the search, the creation
    with pytest.raises(DeliveryError) as lost:
        tell(record())
    assert lost.value.code is Code.LOST
    again = tell(record(), look=True)
    assert again.remote_id == shop.one(ADA)["id"]
    assert [one.method for one in shop.journal] == ["POST"]


def test_409_leads_to_the_record_of_ours(shop: far.Server, tell: Any) -> None:
    first = tell(record())
    shop.be.next = [Fault(status=200)]  # a search that finds nothing
    again = tell(record(name="Ada Approver"))
    assert again.remote_id == first.remote_id
    assert shop.one(ADA)["displayName"] == "Ada Approver"


def test_409_adopts_a_record_that_nobody_looks_after(shop: far.Server, tell: Any) -> None:
    stranger(shop, userName=f"{ADA.upper()}@acme.example".replace("0190-ADA", ADA))
    assert tell(record()).remote_id == "stranger"
    assert shop.one(ADA)["id"] == "stranger"


def test_409_never_takes_somebody_elses_record(shop: far.Server, tell: Any) -> None:
    stranger(shop, userName=f"{ADA}@acme.example", externalId=EVE)
    with pytest.raises(DeliveryError) as refused:
        tell(record())
    assert refused.value.code is Code.CONFLICT
    assert shop.one(EVE)["id"] == "stranger"


def test_a_record_that_vanished_is_made_anew(shop: far.Server, tell: Any) -> None:
    made = tell(record())
    shop.users.clear()
    again = tell(record(name="Ada Approver"), remote_id=made.remote_id)
    assert again.remote_id == shop.one(ADA)["id"] != made.remote_id


def test_somebody_gone_whose_record_vanished_is_not_made_anew(shop: far.Server, tell: Any) -> None:
    made = tell(record())
    shop.users.clear()
    assert tell(record(active=False), remote_id=made.remote_id).remote_id == ""
    assert shop.users == {}


def test_200_and_nothing_done_is_not_believed(shop: far.Server, tell: Any) -> None:
    made = tell(record())
    shop.be.applies = False
    with pytest.raises(DeliveryError) as refused:
        tell(record(active=False), remote_id=made.remote_id)
    assert refused.value.code is Code.NOT_APPLIED


def test_a_target_that_drops_the_rights_is_not_believed(shop: far.Server, tell: Any) -> None:
    shop.be.drops_extension = True
    with pytest.raises(DeliveryError) as refused:
        tell(record())
    assert refused.value.code is Code.NOT_APPLIED


def test_looking_writes_only_where_it_differs(shop: far.Server, tell: Any) -> None:
    made = tell(record())
    assert tell(record(), remote_id=made.remote_id, look=True).wrote is False
    shop.users[made.remote_id]["active"] = False
    told = tell(record(), remote_id=made.remote_id, look=True)
    assert (told.wrote, told.found, shop.one(ADA)["active"]) == (True, {"active": False, "rights": {}}, True)


def test_where_records_are_deleted_gone_means_deleted(shop: far.Server, tell: Any) -> None:
    made = tell(record())
    assert tell(record(active=False), remote_id=made.remote_id, deletes=True).remote_id == ""
    assert shop.users == {}
    assert tell(record(active=False), remote_id=made.remote_id, deletes=True).remote_id == ""


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, Code.UNAUTHORIZED),
        (403, Code.UNAUTHORIZED),
        (413, Code.REFUSED),
        (302, Code.REFUSED),
        (429, Code.BUSY),
        (500, Code.TARGET_ERROR),
        (502, Code.BUSY),
        (503, Code.BUSY),
    ],
)
def test_each_refusal_has_a_code(shop: far.Server, tell: Any, status: int, code: Code) -> None:
    shop.be.always = Fault(status=status, retry_after=7 if status == 503 else None)
    with pytest.raises(DeliveryError) as refused:
        tell(record(), remote_id="any")
    assert refused.value.code is code
    assert (refused.value.wait is not None) is (status == 503)
    assert shop.users == {}


def test_the_reset_of_a_connection_is_a_lost_answer(shop: far.Server, tell: Any) -> None:
    shop.be.always = Fault(reset=True)
    with pytest.raises(DeliveryError) as lost:
        tell(record())
    assert lost.value.code is Code.LOST


def test_a_host_inside_is_refused_unless_allowed(shop: far.Server, tell: Any, settings: LazySettings) -> None:
    settings.ALLOWED_INTERNAL_HOSTS = []
    with pytest.raises(DeliveryError) as refused:
        tell(record())
    assert refused.value.code is Code.ADDRESS_REFUSED
    assert shop.connections == 0
