"""People are read from what mail programs, spreadsheets and chats put on the clipboard."""

import pytest

from portal.web.invitations import pasted_addresses

PASTED = {
    "liisa@k.example": [("liisa@k.example", "")],
    "Liisa Hämäläinen <liisa@k.example>": [("liisa@k.example", "Liisa Hämäläinen")],
    '"Hämäläinen, Liisa" <liisa@k.example>; b@k.example': [
        ("liisa@k.example", "Liisa Hämäläinen"),
        ("b@k.example", ""),
    ],
    "Hämäläinen, Liisa <liisa@k.example>": [("liisa@k.example", "Liisa Hämäläinen")],
    "a@k.example, b@k.example;c@k.example\td@k.example e@k.example": [
        (f"{letter}@k.example", "") for letter in "abcde"
    ],
    "Liisa\tHämäläinen\tliisa@k.example\nMikko\tLaine\tmikko@k.example": [
        ("liisa@k.example", "Liisa Hämäläinen"),
        ("mikko@k.example", "Mikko Laine"),
    ],
    "liisa@k.example\tLiisa Hämäläinen": [("liisa@k.example", "Liisa Hämäläinen")],
    "LIISA@K.example; Liisa <liisa@k.example>\nliisa@k.example": [("liisa@k.example", "Liisa")],
    "mailto:liisa@k.example (Liisa)": [("liisa@k.example", "Liisa")],
    "  \n ,;\t\n": [],
    "Liisa\N{NO-BREAK SPACE}Hämäläinen <liisa@k.example>,\r\nb@k.example.": [
        ("liisa@k.example", "Liisa Hämäläinen"),
        ("b@k.example", ""),
    ],
    '"Liisa <liisa@k.example>': [("liisa@k.example", "Liisa")],
    '"liisa@k.example"': [("liisa@k.example", "")],
}


@pytest.mark.parametrize("text", PASTED)
def test_pasted_text_names_people(text: str) -> None:
    found = pasted_addresses.people_in(text)
    assert [(person.email, person.name) for person in found.people.values()] == PASTED[text]
    assert (found.wrong_addresses, found.wrong_names) == ([], {})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("liisa@koskela", ["liisa@koskela"]),
        ("Liisa Hämäläinen", ["Liisa Hämäläinen"]),
        ("a@b@k.example, ok@k.example", ["a@b@k.example"]),
        ("ok@k.example\nMikko Laine\nx@localhost", ["Mikko Laine", "x@localhost"]),
        ("Liisa <ok@k.example>, Mikko", ["Mikko"]),
    ],
)
def test_part_without_a_whole_address_is_named(text: str, wrong: list[str]) -> None:
    assert pasted_addresses.people_in(text).wrong_addresses == wrong


@pytest.mark.parametrize(
    ("name", "problem"),
    [("www.win.example", "link"), ("\u202eLiisa", "characters"), ("!!!", "missing"), ("A" * 201, "too_long")],
)
def test_name_that_the_command_refuses_is_named_with_the_reason(name: str, problem: str) -> None:
    found = pasted_addresses.people_in(f"{name} <a@k.example>")
    assert list(found.people) == []
    assert {text: refusal.data["problem"] for text, refusal in found.wrong_names.items()} == {name: problem}
