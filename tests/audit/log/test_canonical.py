"""The canonical bytes equal those of an independent implementation of RFC 8785."""

import datetime as dt
import decimal
import json
import uuid

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.log import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUE = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
BODY = st.dictionaries(TEXT, VALUE, max_size=6)


@given(BODY)
def test_canonical_bytes_of_any_body_are_those_of_rfc_8785(body: dict[str, object]) -> None:
    assert canonical.encode(body) == rfc8785.dumps(body)  # type: ignore[arg-type] # its JSON type is narrower


def test_canonical_keys_beyond_the_basic_plane_are_sorted_by_utf_16() -> None:
    beyond, within = "\N{GRINNING FACE}", "\N{LATIN SMALL LIGATURE FF}"
    assert beyond > within  # in the order of code points, which is Python's
    assert list(json.loads(canonical.encode({within: 1, beyond: 2}))) == [beyond, within]


@pytest.mark.parametrize(
    "bad", [1.0, decimal.Decimal(1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), uuid.uuid4(), {1, 2}, b""]
)
def test_canonical_form_of_an_ambiguous_value_is_refused(bad: object) -> None:
    with pytest.raises(TypeError, match="does not belong"):
        canonical.encode({"facts": [bad]})


@pytest.mark.parametrize("bad", [2**53, -(2**53)])
def test_canonical_form_of_an_integer_beyond_double_precision_is_refused(bad: int) -> None:
    with pytest.raises(ValueError, match="too large"):
        canonical.encode({"n": bad})
