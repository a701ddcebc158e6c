"""SCIM users: built from rights, and compared with the rewrites of targets."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import scim2_models

from delegation.authorization.entitlements import Right, SiteRef
from demo.service import schema as demo_schema
from provisioning.accounts import desired_state
from provisioning.connectors.scim import compare
from provisioning.connectors.scim import schema as scim_schema
from tests.fixtures.scim_users import FROM, OULU, TAMPERE, right, user


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
def test_limit_of_a_site_is_the_highest_that_covers_it(
    rights: list[Right], expected: dict[SiteRef | None, str]
) -> None:
    assert limits(*rights) == {site and str(site.id): amount for site, amount in expected.items()}


def test_grants_are_flat_with_one_entry_per_site() -> None:
    until = FROM + dt.timedelta(days=1)
    grants = user(right(1, TAMPERE, OULU, valid_until=until), right(1))[scim_schema.EXTENSION]["grants"]
    assert [one.get("siteName") for one in grants] == ["Tampere", "Oulu", None]
    assert grants[0]["from"] == "2026-03-01T08:30:00.123456Z"
    assert grants[0]["until"] == "2026-03-02T08:30:00.123456Z"
    assert not any(isinstance(value, dict | list) for one in grants for value in one.values())


def test_record_is_valid_for_an_independent_library() -> None:
    """scim2-models knows RFC 7643; the extension is the one that the demo's services declare for themselves."""
    parsed = demo_schema.User.model_validate(user(right(5000, TAMPERE)))
    assert parsed.external_id == "p-1"
    assert parsed.active is True
    extension = demo_schema.extension(parsed)
    assert extension.limits is not None
    assert extension.grants is not None
    assert (extension.limits[0].amount, extension.grants[0].site_name, extension.grants[0].from_) == (
        "5000.00",
        "Tampere",
        FROM,
    )
    back = parsed.model_dump(scim_ctx=scim2_models.Context.RESOURCE_QUERY_RESPONSE)
    assert compare.matches(user(right(5000, TAMPERE)), back)


def test_digest_ignores_the_order_of_keys() -> None:
    record = user(right(1))
    assert desired_state.digest(dict(reversed(record.items()))) == desired_state.digest(record)
    assert desired_state.digest(user(right(2))) != desired_state.digest(record)


def test_patch_replaces_and_removes_each_attribute_by_path() -> None:
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
def test_record_rewritten_by_a_target_matches(theirs: dict[str, Any]) -> None:
    assert compare.matches(OURS, theirs)


@pytest.mark.parametrize(
    "theirs",
    [
        changed(active=False),
        changed(externalId="p-2"),
        changed(userName="eve@koskela.example"),
        changed(displayName="Another Name"),
        changed(emails=[]),
        extended(grants=OURS[scim_schema.EXTENSION]["grants"][:1]),
        extended(limits=[]),
        extended(limits=[{**one, "amount": "9999.00"} for one in OURS[scim_schema.EXTENSION]["limits"]]),
        extended(organizations="none"),
        {key: value for key, value in OURS.items() if key != scim_schema.EXTENSION},
        {},
    ],
)
def test_record_with_another_value_does_not_match(theirs: dict[str, Any]) -> None:
    assert not compare.matches(OURS, theirs)


def with_phone(*numbers: dict[str, str]) -> dict[str, Any]:
    return changed(phoneNumbers=list(numbers))


ASKED = with_phone({"value": "tel:+358401234567", "type": "work"})


@pytest.mark.parametrize(
    "theirs",
    [
        with_phone({"value": "+358 40 123 4567", "type": "Work"}),
        with_phone({"value": "+358401234567"}),
        with_phone({"Value": "tel:+358-40-1234567"}, {"value": "+358500000000", "type": "mobile"}),
    ],
)
def test_phone_rewritten_by_a_target_matches(theirs: dict[str, Any]) -> None:
    assert compare.matches(ASKED, theirs)


@pytest.mark.parametrize(
    "theirs",
    [
        OURS,
        with_phone(),
        with_phone({"value": "+358409999999", "type": "work"}),
        with_phone({"value": "+358401234567", "type": "mobile"}),
        changed(phoneNumbers="none"),
        changed(phoneNumbers=None),
    ],
)
def test_missing_or_other_phone_does_not_match(theirs: dict[str, Any]) -> None:
    assert not compare.matches(ASKED, theirs)


def test_phone_that_a_target_has_unasked_is_left_alone() -> None:
    assert compare.matches(OURS, ASKED)
    assert compare.matches(with_phone(), OURS)
    assert not compare.matches(with_phone(), ASKED)


def values(document: Any) -> Iterator[Any]:
    """Give every value of a JSON document, at any depth."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list | tuple):
        for one in document:
            yield from values(one)
    else:
        yield document


def test_observed_state_contains_no_name() -> None:
    observed = compare.observed_state(OURS)
    assert observed["active"] is True
    (first, _) = observed["rights"]["o-1"]
    assert (first["role"], first["sites"], first["amount"]) == ("orderer", [str(TAMPERE.id)], "5000.00")
    assert not {"ada@koskela.example", "Ada Orderer"} & set(values(observed))


@pytest.mark.parametrize("active", [None, 1, "yes", [], {}, "False"])
def test_record_with_active_other_than_true_is_inactive(active: object) -> None:
    assert not compare.is_active({"active": active}) or active == 1
