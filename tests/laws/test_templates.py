"""Templates can be reviewed line by line."""

from collections.abc import Iterator

from tests.laws import code

LIMIT = 120
UNBREAKABLE: dict[str, str] = {}
"""Template: why one of its lines cannot be broken, such as the path of a drawing."""


def templates() -> Iterator[tuple[str, str]]:
    """Every template of the portal: its path below the repository, and its text."""
    for path in sorted((code.ROOT / "templates").rglob("*")):
        if path.is_file():
            yield str(path.relative_to(code.ROOT)), path.read_text(encoding="utf-8")


def long_lines(name: str, text: str) -> list[str]:
    return [f"{name}:{n}" for n, line in enumerate(text.splitlines(), 1) if len(line) > LIMIT]


def test_template_lines_are_short() -> None:
    found = [line for name, text in templates() if name not in UNBREAKABLE for line in long_lines(name, text)]
    assert found == []


def test_exceptions_are_needed() -> None:
    texts = dict(templates())
    assert [name for name in UNBREAKABLE if not long_lines(name, texts.get(name, ""))] == []


def test_long_line_is_seen() -> None:
    bad = "<p>\n" + "<b>x</b>" * 16 + "\n</p>"
    assert long_lines("templates/bad.html", bad) == ["templates/bad.html:2"]
    assert long_lines("templates/good.html", bad.replace("><", ">\n<")) == []
