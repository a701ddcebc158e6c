"""Values in the forms that targets return them in: equal ones are equal, others are not."""

import datetime as dt
import unicodedata
import uuid
from typing import Any

import pytest

from provisioning.connectors.scim import compare, equivalence
from provisioning.connectors.scim import schema as scim_schema
from tests.fixtures.scim_users import FROM, OULU, TAMPERE, right, user

ORGANIZATION, PERSON = uuid.uuid4(), uuid.uuid4()


def with_guids(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the ids of a real person and organization."""
    extension = record[scim_schema.EXTENSION]
    for name, key in (("organizations", "id"), ("grants", "organization"), ("limits", "organization")):
        for entry in extension[name]:
            entry[key] = str(ORGANIZATION)
    return {**record, "externalId": str(PERSON)}


OURS = with_guids(user(right(5000, TAMPERE, valid_until=FROM + dt.timedelta(days=9)), right(20, OULU)))


def rewritten(**forms: Any) -> dict[str, Any]:
    """Our record, with each value of these keys rewritten, wherever it stands in the extension."""
    extension = {
        name: [
            {key: forms[key](value) if key in forms else value for key, value in entry.items()}
            for entry in entries
        ]
        for name, entries in OURS[scim_schema.EXTENSION].items()
    }
    return {**OURS, scim_schema.EXTENSION: extension}


def cut(text: str) -> str:
    return text[:19] + "Z"


def rounded(text: str) -> str:
    at = dt.datetime.fromisoformat(text)
    return (at + dt.timedelta(seconds=0.5)).replace(microsecond=0).isoformat()


CAPITALS = dict.fromkeys(("id", "organization", "site"), str.upper)
EQUAL: dict[str, dict[str, Any]] = {
    "times without a fraction": rewritten(**{"from": cut, "until": cut}),
    "times rounded to seconds": rewritten(**{"from": rounded, "until": rounded}),
    "times with seven digits": rewritten(**{"from": lambda text: text.replace("Z", "0Z")}),
    "times with a space": rewritten(until=lambda text: text.replace("T", " ")),
    "times in small letters": rewritten(until=str.lower),
    "times without a zone": rewritten(**{"from": lambda text: text.removesuffix("Z")}),
    "ids in capitals": {**rewritten(**CAPITALS), "externalId": str(PERSON).upper()},
    "ids in braces": rewritten(organization=lambda text: f"{{{text.upper()}}}"),
    "ids without hyphens": rewritten(site=lambda text: text.replace("-", "")),
    "amounts with one place": rewritten(amount=lambda text: f"{float(text):.1f}"),
    "amounts without places": rewritten(amount=lambda text: text.partition(".")[0]),
    "amounts as numbers": rewritten(amount=float),
    "amounts as whole numbers": rewritten(amount=lambda text: int(float(text))),
    "amounts with an exponent": rewritten(amount=lambda text: f"{float(text):e}"),
    "flags as text": {**rewritten(active=str), "active": "TRUE"},
    "flags as a number": {**OURS, "active": 1},
    "letters in parts": {**OURS, "displayName": unicodedata.normalize("NFD", OURS["displayName"])},
    "further keys": rewritten(organization=str) | {"meta": {}, "photos": []},
}
EQUAL["further keys in lists"] = {
    **OURS,
    scim_schema.EXTENSION: {
        name: [{**entry, "$ref": "x", "display": "y"} for entry in entries]
        for name, entries in OURS[scim_schema.EXTENSION].items()
    },
}
DIFFERENT: dict[str, dict[str, Any]] = {
    "two seconds": rewritten(**{"from": lambda text: text.replace(":00.", ":02.")}),
    "another day": rewritten(until=lambda text: text.replace("-10T", "-11T")),
    "no end": rewritten(until=lambda _: None),
    "no time": rewritten(**{"from": lambda _: "soon"}),
    "another id": rewritten(organization=lambda _: str(uuid.uuid4()).upper()),
    "a customer number without its zero": rewritten(customerNumber=lambda text: text.replace("K-1", "K-01")),
    "a cent more": rewritten(amount=lambda text: f"{float(text) + 0.01:.2f}"),
    "a fraction of a cent": rewritten(amount=lambda text: f"{text}1"),
    "no amount": rewritten(amount=lambda _: "none"),
    "an inactive organization": rewritten(active=lambda _: "false"),
    "another case of a code": rewritten(role=str.upper),
}


@pytest.mark.parametrize("form", EQUAL)
def test_equal_value_in_another_form_is_equal(form: str) -> None:
    assert compare.matches(OURS, EQUAL[form])
    assert compare.is_done(OURS, [EQUAL[form]])


@pytest.mark.parametrize("form", DIFFERENT)
def test_different_value_is_different(form: str) -> None:
    assert not compare.matches(OURS, DIFFERENT[form])


def test_leading_zeros_of_a_number_that_is_a_name_count() -> None:
    organization = OURS[scim_schema.EXTENSION]["organizations"][0]
    ours = {**OURS, scim_schema.EXTENSION: {"organizations": [{**organization, "customerNumber": "0042"}]}}
    theirs = {**OURS, scim_schema.EXTENSION: {"organizations": [{**organization, "customerNumber": "42"}]}}
    assert not compare.matches(ours, theirs)


def test_observed_state_has_our_own_forms() -> None:
    """Pages compare it with what is expected."""
    shown = {**rewritten(**CAPITALS, amount=float), "active": "true"}
    assert compare.observed_state(shown) == compare.observed_state(OURS)


@pytest.mark.parametrize(
    "value", [None, "", "nan", "inf", "1e999999999999", [], {}, True, "0001-01-01T00:00:00+14:00", "9" * 5000]
)
def test_strange_value_is_compared_as_text(value: object) -> None:
    equivalence.instant(value)
    equivalence.amount(value)
    equivalence.identifier(value)
    assert not compare.matches(
        OURS, rewritten(**{key: lambda _: value for key in ("amount", "until", "site")})
    )


EMPTIED = {"id": "1", "schemas": [scim_schema.CORE], "meta": {"resourceType": "User"}}
"""What some targets keep of a record that they deactivated."""


@pytest.mark.parametrize(
    ("theirs", "is_done"),
    [
        ([], True),
        ([{**OURS, "active": False}], True),
        ([{"id": "1", "active": False}], True),
        ([{"id": "1", "ACTIVE": "False", "userName": "x"}], True),
        ([EMPTIED], True),
        ([{**EMPTIED, "active": None, "userName": ""}], True),
        ([{**EMPTIED, "active": False}, {**EMPTIED, "active": False}], True),
        ([OURS], False),
        ([{**EMPTIED, "active": False}, OURS], False),
        ([{**EMPTIED, "userName": "ada@koskela.example"}], False),
        ([{**OURS, "active": None}], False),
        ([{**OURS, "active": "yes"}], False),
        ([{**OURS, "active": "disabled"}], False),
        ([{**OURS, "active": []}], False),
    ],
)
def test_removed_person_is_done_where_no_record_may_be_active(
    theirs: list[dict[str, Any]], *, is_done: bool
) -> None:
    assert compare.is_done(user(active=False), theirs) is is_done


def test_active_person_with_one_matching_record_needs_no_write() -> None:
    assert compare.is_done(OURS, [OURS])
    assert not compare.is_done(OURS, [])
    assert not compare.is_done(OURS, [OURS, OURS])
    assert not compare.is_done(OURS, [{**OURS, "active": "yes"}])
