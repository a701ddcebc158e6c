"""Telephone numbers as people type them."""

import pytest

from identity.people import phones


@pytest.mark.parametrize(
    "text",
    [
        "+358401234567",
        "+358 40 123 4567",
        " +358-40-123-4567 ",
        "+358 (0)40 123 4567",
        "+358 ( 0 ) 40 1234567",
        "+358 40 123\u201145\u201367",
        "+358\u00a040\u202f123 4567",
        "00358 40 1234567",
        "+358.40.123.4567",
        "+358 40/1234567",
        "tel:+358401234567",
        "\uff0b\uff13\uff15\uff18401234567",
        "\u202a+358 40 123 4567\u202c",
    ],
)
def test_number_with_its_country_code_has_one_form(text: str) -> None:
    assert phones.canonical(text) == "+358401234567"


@pytest.mark.parametrize("text", ["+1 201 555 0123", "+290 22222", "+123456789012345"])
def test_numbers_of_other_countries_and_lengths_are_accepted(text: str) -> None:
    number = phones.canonical(text)
    assert number.startswith("+")
    assert len(number) <= phones.MAX_LENGTH
    assert phones.canonical(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "040 123 4567",
        "358401234567",
        "+0401234567",
        "000401234567",
        "+358 40",
        "+1234567890123456",
        "+358 40 123 4567 ext. 12",
        "+358 40 123 4567, +358 50 123 4567",
        "+358\u0664\u0660123456",
        "++358401234567",
        "call me",
        "+" + "1" * 5000,
    ],
)
def test_text_without_a_country_code_or_with_other_characters_is_no_number(text: str) -> None:
    with pytest.raises(phones.InvalidPhone):
        phones.canonical(text)
