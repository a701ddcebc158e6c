"""A test that expects a text to be absent asks for one that chance does not write."""

import ast
import re

import pytest

from tests.laws import code

RANDOM = re.compile(r"[0-9a-f]{1,8}|[0-9A-Za-z+/=]{1,4}")
"""What an identifier, a boundary of a mail or an encrypted value contains by itself once in some hundred runs."""
TEXTS = re.compile(
    r"\b(text|texts|body|mail|content|raw|sealed|encrypted|repr|str|join|decode|lower|output|stdout|log)\b"
)


def short_absent_texts(module: code.Module) -> list[str]:
    """Name assertions that a short hexadecimal or Base64 text is not in a longer text."""
    return [
        f"{module.name}:{node.lineno} {ast.unparse(node)}"
        for node in code.nodes(module.tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.NotIn)
        and isinstance(node.left, ast.Constant)
        and _is_random(node.left.value)
        and TEXTS.search(ast.unparse(node.comparators[0]))
    ]


def _is_random(value: object) -> bool:
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return isinstance(text, str) and RANDOM.fullmatch(text) is not None


def test_text_that_must_be_absent_cannot_appear_by_chance() -> None:
    assert code.violations(short_absent_texts, code.modules("tests")) == []


@pytest.mark.parametrize(
    "bad",
    [
        'assert "6666" not in text',
        'assert "ada" not in repr(observed).lower()',
        'assert b"JBSW" not in sealed',
        'assert "c0ffee" not in mail.body',
    ],
)
def test_short_text_is_found(bad: str) -> None:
    assert short_absent_texts(code.Module("tests/test_bad.py", bad))


@pytest.mark.parametrize(
    "good", ['assert "6666" in text', 'assert "id" not in operations', 'assert "6666-7777" not in text']
)
def test_long_text_and_membership_in_a_collection_are_not_reported(good: str) -> None:
    assert short_absent_texts(code.Module("tests/test_good.py", good)) == []
