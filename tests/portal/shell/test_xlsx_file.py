"""A spreadsheet file: every cell is text, whatever it begins with, and the parts are well-formed."""

from portal.shell import xlsx_file
from tests.fixtures.xlsx_cells import MAIN, cells_of, sheet_of

FORMULAS = (
    "=1+1",
    '=HYPERLINK("https://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\uff1d1",
)


def test_no_cell_can_be_a_formula_or_a_number() -> None:
    content = xlsx_file.content([FORMULAS, ["1", "</t></is></c><c><f>1+1</f></c>"]])
    sheet = sheet_of(content)
    cells = list(sheet.iter(f"{MAIN}c"))
    assert [(cell.get("t"), cell.get("s")) for cell in cells] == [("inlineStr", "1")] * 12
    assert {element.tag.removeprefix(MAIN) for cell in cells for element in cell.iter()} == {"c", "is", "t"}
    assert all(value.startswith("'") for value in cells_of(content)[0]), (
        "a CSV file made from it computes none"
    )


def test_text_is_read_as_it_was_written() -> None:
    texts = ["Ää & <b>", " two  spaces ", "_x0041_", "a\nb", "bell\x07", "x" * 40_000, ""]
    assert cells_of(xlsx_file.content([texts, []])) == [
        ["Ää & <b>", " two  spaces ", "_x005F_x0041_", "a\nb", "bell\ufffd", "x" * 32_767, ""],
        [],
    ]
