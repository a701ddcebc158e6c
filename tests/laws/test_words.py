"""The words of the field: no banned word anywhere, and no public name that says nothing by itself."""

import ast
from collections.abc import Iterator, Sequence

import pytest

from tests.laws import code, words

EMPTY_NAMES = frozenset(
    "of one every read held told wanted kept found said made seen given named"  # noqa: SIM905
    " sent shown first moment listed linked asked again further thing".split()
)
"""As the name of a function, class or method, these need their neighbours to be understood."""


def empty_names(module: code.Module) -> list[str]:
    """Name the module's functions and classes, and the methods of its classes, that have an empty name."""
    return [
        f"{module.name}:{name}"
        for name in _defined(module.tree.body)
        if name.rpartition(".")[2].lower() in EMPTY_NAMES
    ]


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for name in _defined(node.body))


def test_no_file_holds_a_banned_word() -> None:
    found = {
        name: words.banned((code.ROOT / name).read_text(encoding="utf-8"))
        for name in words.files()
        if name not in words.EXCEPTIONS
    }
    found = {name: hits for name, hits in found.items() if hits}
    assert found == {}, "\n".join(
        f"{name}: {', '.join(map(words.instead, hits))}" for name, hits in found.items()
    )


def test_no_public_name_says_nothing() -> None:
    assert code.violations(empty_names, code.modules(*code.LAYERS, "demo", "bench", "tests")) == []


def test_exceptions_exist() -> None:
    assert [name for name in words.EXCEPTIONS if not (code.ROOT / name).is_file()] == []


@pytest.mark.parametrize(
    "bad",
    [
        "The deed is recorded.",
        "def put_right(): ...",
        "Whoever sends it again",
        "It is made\n# anew.",
        'msgid "You look after %(number)s colleague."',
        "people are let in",
        "there is none",
        "a mistake of ours",
        "Nobody is waiting for you.",
        "The page tells what follows.",
        "def tell(event): ...",
        "class Teller: ...",
        "The systems are told of it.",
        "Every door is closed.",
        "blueprint = doors.login",
        "the person to whom it was sent",
        "Whose link it is may accept.",
    ],
)
def test_banned_word_is_seen(bad: str) -> None:
    assert words.banned(bad)


def test_plain_sentence_and_python_none_are_not_seen() -> None:
    plain = "if row is None: raise NotFound  # The row was purged; indeed it is renewed."
    assert words.banned(plain) == []
    assert words.banned("a person whose mail bounces; indoor; untold; intelligent") == []


@pytest.mark.parametrize(
    "bad",
    [
        "def of(): ...",
        "class Held: ...",
        "async def read(): ...",
        "def shown(): ...",
        "class Moment: ...",
        "class Orders:\n    def of(self): ...",
        "class Page:\n    @property\n    def shown(self): ...",
        "class Page:\n    class Asked: ...",
    ],
)
def test_empty_name_is_seen(bad: str) -> None:
    assert empty_names(code.Module("delegation/bad.py", bad))


def test_name_with_a_noun_is_not_seen() -> None:
    good = "class Store:\n    def read_row(self): ...\ndef read_events(): ...\ndef first_page(): ..."
    assert empty_names(code.Module("delegation/good.py", good)) == []
