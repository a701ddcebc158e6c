"""From rights to a SCIM user, and back from whatever a target makes of it."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
import scim2_models

from delegation.authorization.entitlements import Right, SiteRef
from demo.service import schema as demo_schema
from provisioning.connectors.scim import compare
from provisioning.connectors.scim import schema as scim_schema
from provisioning.connectors.scim.schema import Belonging

TAMPERE = SiteRef(uuid.UUID(int=1), "Tampere", "TRE")
OULU = SiteRef(uuid.UUID(int=2), "Oulu", "OUL")
FROM = dt.datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=dt.UTC)


def right(
    amount: int | None, *sites: SiteRef, entitlement: str = "ordering:orders.place", **more: Any
) -> Right:
    """A right to order; everywhere without sites."""
    values = {
        "membership": uuid.UUID(int=9),
        "application": "ordering",
        "entitlement": entitlement,
        "role": "orderer",
        "all_sites": not sites,
        "sites": sites,
        "takes_amount": True,
        "amount": None if amount is None else Decimal(amount),
        "currency": "EUR",
        "period": "order",
        "valid_from": FROM,
        "valid_until": None,
        "assignment": uuid.UUID(int=8),
    }
    return Right(**{**values, **more})


def user(*rights: Right, active: bool = True) -> dict[str, Any]:
    belonging = Belonging("o-1", "koskela", "Rakennusliike Koskela Oy", "K-1", active, rights)
    return scim_schema.user(
        external_id="p-1",
        user_name="ada@koskela.example",
        email="ada@koskela.example",
        name="Ada Orderer",
        language="fi",
        belongings=[belonging],
    )


def limits(*rights: Right) -> dict[str | None, str]:
    return {one.get("site"): one["amount"] for one in user(*rights)[scim_schema.EXTENSION]["limits"]}


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ([right(5000, TAMPERE)], {TAMPERE: "5000.00"}),
        ([right(5000)], {None: "5000.00"}),
        ([right(5000, TAMPERE), right(300, TAMPERE, OULU)], {TAMPERE: "5000.00", OULU: "300.00"}),
        ([right(5000), right(300, TAMPERE)], {None: "5000.00", TAMPERE: "5000.00"}),
        ([right(300), right(5000, TAMPERE)], {None: "300.00", TAMPERE: "5000.00"}),
        ([right(None, TAMPERE), right(300, TAMPERE)], {}),
        ([right(0)], {None: "0.00"}),
        ([right(7, entitlement="ordering:orders.see", takes_amount=False)], {}),
    ],
)
def test_for_each_place_the_highest_limit_applies(
    rights: list[Right], expected: dict[SiteRef | None, str]
) -> None:
    assert limits(*rights) == {site and str(site.id): amount for site, amount in expected.items()}


def test_grants_are_flat_one_for_each_place() -> None:
    until = FROM + dt.timedelta(days=1)
    made = user(right(1, TAMPERE, OULU, valid_until=until), right(1))[scim_schema.EXTENSION]["grants"]
    assert [one.get("siteName") for one in made] == ["Tampere", "Oulu", None]
    assert made[0]["from"] == "2026-03-01T08:30:00.123456Z"
    assert made[0]["until"] == "2026-03-02T08:30:00.123456Z"
    assert not any(isinstance(value, dict | list) for one in made for value in one.values())


def test_an_independent_library_reads_the_same() -> None:
    """scim2-models knows RFC 7643; the extension is the one that the demo's services declare for themselves."""
    made = demo_schema.User.model_validate(user(right(5000, TAMPERE)))
    assert made.external_id == "p-1"
    assert made.active is True
    said = demo_schema.extension(made)
    assert said.limits is not None
    assert said.grants is not None
    assert (said.limits[0].amount, said.grants[0].site_name, said.grants[0].from_) == (
        "5000.00",
        "Tampere",
        FROM,
    )
    back = made.model_dump(scim_ctx=scim2_models.Context.RESOURCE_QUERY_RESPONSE)
    assert compare.matches(user(right(5000, TAMPERE)), back)


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    made = user(right(1))
    assert scim_schema.digest(dict(reversed(made.items()))) == scim_schema.digest(made)
    assert scim_schema.digest(user(right(2))) != scim_schema.digest(made)


def test_patch_replaces_and_removes_by_path() -> None:
    operations = {one["path"]: one for one in scim_schema.patch(user(active=False))["Operations"]}
    assert operations["active"] == {"op": "replace", "path": "active", "value": False}
    assert operations[f"{scim_schema.EXTENSION}:grants"]["op"] == "remove"
    assert "id" not in operations


OURS = user(right(5000, TAMPERE), right(20, OULU))


def changed(**more: Any) -> dict[str, Any]:
    return {**OURS, **more}


def extended(**more: Any) -> dict[str, Any]:
    return {**OURS, scim_schema.EXTENSION: {**OURS[scim_schema.EXTENSION], **more}}


@pytest.mark.parametrize(
    "theirs",
    [
        changed(id="7", meta={"version": "x"}, groups=[]),
        changed(userName="ADA@Koskela.example"),
        {key.upper() if not key.startswith("urn") else key: value for key, value in OURS.items()},
        {key: value for key, value in OURS.items() if key not in {"schemas", "preferredLanguage", "name"}},
        changed(active="True"),
        extended(grants=list(reversed(OURS[scim_schema.EXTENSION]["grants"]))),
        extended(
            grants=[
                {**one, "from": "2026-03-01T10:30:00.123+02:00", "until": None}
                for one in OURS[scim_schema.EXTENSION]["grants"]
            ]
        ),
        extended(
            limits=[{**one, "amount": f"{one['amount']}0"} for one in OURS[scim_schema.EXTENSION]["limits"]]
        ),
    ],
)
def test_what_targets_rewrite_is_the_same(theirs: dict[str, Any]) -> None:
    assert compare.matches(OURS, theirs)


@pytest.mark.parametrize(
    "theirs",
    [
        changed(active=False),
        changed(externalId="p-2"),
        changed(userName="eve@koskela.example"),
        changed(displayName="Somebody Else"),
        changed(emails=[]),
        extended(grants=OURS[scim_schema.EXTENSION]["grants"][:1]),
        extended(limits=[]),
        extended(limits=[{**one, "amount": "9999.00"} for one in OURS[scim_schema.EXTENSION]["limits"]]),
        extended(organizations="none"),
        {key: value for key, value in OURS.items() if key != scim_schema.EXTENSION},
        {},
    ],
)
def test_what_differs_is_not(theirs: dict[str, Any]) -> None:
    assert not compare.matches(OURS, theirs)


def test_what_was_found_holds_no_name() -> None:
    found = compare.observed_state(OURS)
    assert found["active"] is True
    (first, _) = found["rights"]["o-1"]
    assert (first["role"], first["sites"], first["amount"]) == ("orderer", [str(TAMPERE.id)], "5000.00")
    assert "ada" not in repr(found).lower()


@pytest.mark.parametrize("active", [None, 1, "yes", [], {}, "False"])
def test_what_is_not_clearly_active_is_not(active: object) -> None:
    assert not compare.is_active({"active": active}) or active == 1
