"""Docstrings are sentences: they have three words at least, end with a full stop, and no sentence is too long."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.laws import code

MOST_WORDS = 25
FEWEST_WORDS = 3
ENDS = (".", "?", "!", ":")
"""A colon introduces a list."""
CLAUSE = re.compile(r"(?<=[.!?:;])\s+")
LIST = re.compile(r"^\s*(?:[-|*]|\d+\.)\s", re.MULTILINE)


def faults(module: code.Module) -> list[str]:
    """Name the docstrings that are too short to be a sentence, do not end as one, or hold a sentence too long."""
    return [
        f"{module.name}:{line}: {fault}"
        for line, text in _docstrings(module.tree)
        for paragraph in text.split("\n\n")
        if not LIST.search(paragraph)
        for fault in _faults_of(paragraph, is_first=paragraph == text.split("\n\n")[0])
    ]


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in code.nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text is not None:
                yield getattr(node, "lineno", 1), text


def _faults_of(paragraph: str, *, is_first: bool) -> Iterator[str]:
    if is_first and len(paragraph.split()) < FEWEST_WORDS:
        yield f"says nothing: {paragraph}"
    if not paragraph.endswith(ENDS):
        yield f"does not end as a sentence: {paragraph}"
    for clause in CLAUSE.split(paragraph):
        if len(clause.split()) > MOST_WORDS:
            yield f"has a sentence of {len(clause.split())} words: {clause}"


def test_docstrings_are_sentences() -> None:
    assert code.violations(faults, code.modules(*code.LAYERS, "demo", "bench")) == []


@pytest.mark.parametrize(
    "bad",
    [
        "Raises NotFound.",
        "The present access of a member",
        "Return it.\n\nThe second paragraph has no end",
        f"{'Word ' * MOST_WORDS}word.",
        f"Return the access. {'Word ' * MOST_WORDS}word.",
    ],
)
def test_docstring_that_is_no_sentence_is_named(bad: str) -> None:
    assert faults(code.Module("delegation/bad.py", f'def access():\n    """{bad}"""'))


@pytest.mark.parametrize(
    "good",
    [
        "Return the access.",
        f"{'Word ' * (MOST_WORDS - 1)}word.",
        "Refuse each of these:\n\n- a name\n- an address",
    ],
)
def test_sentences_and_lists_are_not_named(good: str) -> None:
    assert faults(code.Module("delegation/good.py", f'def access():\n    """{good}"""')) == []
