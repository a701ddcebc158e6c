"""Documents name files that exist, the glossary explains a term once, and decisions are numbered."""

import re

import pytest

from tests.laws import code

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
FOLDERS = (*code.LAYERS, "templates", "locale", "tests", "demo", "bench", "docs")
EXAMPLES = ("notices", "titles")
"""The capabilities that CONTRIBUTING takes as its examples; their files do not exist."""
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w/.-]*)`")
LINK = re.compile(r"\]\(([\w/.-]+)(?:#[\w-]+)?\)")
TERM = re.compile(r"^\| (.+?) \|", re.MULTILINE)


def missing(name: str, text: str) -> list[str]:
    """Every path and link of a document that leads nowhere."""
    folder = (code.ROOT / name).parent
    named_paths = [path for path in PATH.findall(text) if not any(example in path for example in EXAMPLES)]
    paths = [path for path in named_paths if not (code.ROOT / path).exists()]
    return paths + [link for link in LINK.findall(text) if not (folder / link).exists()]


def documents() -> dict[str, str]:
    names = [*DOCUMENTS, *(str(path.relative_to(code.ROOT)) for path in (code.ROOT / "docs").rglob("*.md"))]
    return {name: (code.ROOT / name).read_text("utf-8") for name in names}


def test_documents_name_files_that_exist() -> None:
    found = {name: missing(name, text) for name, text in documents().items()}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_glossary_explains_each_term_once_in_order() -> None:
    tables = documents()["docs/glossary.md"].split("\n## ")[1:]
    terms = [[term for term in TERM.findall(table) if term not in {"term", "---"}] for table in tables]
    assert [table for table in terms if table != sorted(table, key=str.lower)] == []
    every = [term for table in terms for term in table]
    assert sorted({term for term in every if every.count(term) > 1}) == []
    assert len(every) > 40


@pytest.mark.parametrize("bad", ["see `delegation/nowhere.py`", "see [there](docs/nowhere.md)"])
def test_link_to_a_missing_file_is_found(bad: str) -> None:
    assert missing("README.md", bad)


def test_each_decision_has_a_number_of_its_own_which_its_heading_repeats() -> None:
    records = sorted((code.ROOT / "docs/adr").glob("*.md"))
    numbers = [int(record.name.partition("-")[0]) for record in records]
    assert numbers == list(range(1, len(records) + 1))
    headings = [record.read_text(encoding="utf-8").partition(".")[0] for record in records]
    assert headings == [f"# {number}" for number in numbers]
