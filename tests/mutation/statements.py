"""How a SQL statement is changed, whatever holds it: a Python string or the source of a function."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Span = tuple[int, int]
Change = tuple[str, Span, str]
"""The operator, the place in the statement, and what stands there instead."""

_TOKEN = re.compile(
    r"(?P<literal>'[^']*')|(?P<value>%%?\(\w+\)s|%s|\{[^{}]*\}|:\w+|\$\d+)|(?P<word>\w+)"
    r"|(?P<sign><=|>=|<>|!=|::|\|\||[<>=])|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)|(?P<other>\S)"
)
_STATEMENT = re.compile(r"\b(SELECT|UPDATE|INSERT INTO|DELETE FROM|WHERE|JOIN|IS NULL|IS NOT NULL)\b")
_PARAMETER = re.compile(r"%\(\w+\)s|%s|\bFROM\b|\bNEW\.")
_ENDS = {"OR", "GROUP", "ORDER", "LIMIT", "UNION", "RETURNING", "FOR", "JOIN", "LEFT", "CROSS", "INNER"}
_ENDS |= {"WHERE", "SET", "FROM", "WHEN", "THEN", "ELSE", "END", "SELECT", "ON", "HAVING", "LOOP", "DO"}
_SIGNS = {"<=": "<", "<": "<=", ">=": ">", ">": ">=", "<>": "=", "!=": "="}
_WORDS = {"least": "greatest", "greatest": "least", "min": "max", "max": "min", "DESC": "ASC"}
_PHRASES = {
    "not exists": (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    "join": (re.compile(r"\bLEFT JOIN\b"), "JOIN"),
    "lock": (re.compile(r"\bFOR (NO KEY )?(UPDATE|SHARE)( OF \w+)?( SKIP LOCKED)?"), ""),
    "skip": (re.compile(r" SKIP LOCKED\b"), ""),
    "distinct": (re.compile(r"\bDISTINCT (?!ON)"), ""),
    "state": (re.compile(r"'active'"), "'suspended'"),
    "raise": (re.compile(r"\bRAISE EXCEPTION\b"), "RAISE NOTICE"),
}


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int
    depth: int


def is_statement(text: str) -> bool:
    """Whether a string is SQL: a keyword, and a parameter or a table."""
    return bool(_STATEMENT.search(text) and _PARAMETER.search(text)) or bool(re.search(r"\bAND \(?\{", text))


def changes(text: str) -> Iterator[Change]:
    """Every change of a statement; nothing for a text that is no statement."""
    if not is_statement(text):
        return
    tokens = list(_tokens(text))
    yield from _conditions(tokens)
    yield from _assignments(tokens)
    yield from _members(tokens)
    yield from _branches(tokens)
    for token in tokens:
        if token.kind == "sign" and token.text in _SIGNS:
            yield "comparison", (token.start, token.end), _SIGNS[token.text]
        if token.kind == "word" and token.text in _WORDS:
            yield "word", (token.start, token.end), _WORDS[token.text]
    for name, (pattern, instead) in _PHRASES.items():
        for match in pattern.finditer(text):
            yield name, match.span(), instead


def _tokens(text: str) -> Iterator[_Token]:
    depth = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        depth -= kind == "close"
        yield _Token(kind, match.group(), *match.span(), depth)
        depth += kind == "open"


def _conditions(tokens: list[_Token]) -> Iterator[Change]:
    """Each condition after WHERE, AND and OR: true in a conjunction, false in a disjunction."""
    for place, token in enumerate(tokens):
        end = _end(tokens, place)
        if token.text not in {"WHERE", "AND", "OR"} or end == place:
            continue
        span = tokens[place + 1].start, tokens[end].end
        yield "condition", span, "false" if token.text == "OR" else "true"


def _end(tokens: list[_Token], place: int) -> int:
    """The last token of the condition that begins after `place`."""
    depth = tokens[place].depth
    for at in range(place + 1, len(tokens)):
        token = tokens[at]
        over = token.depth < depth or token.text in {";", '"'}
        if over or (token.depth == depth and (token.text in _ENDS or token.text == "AND")):
            return at - 1
    return len(tokens) - 1


def _assignments(tokens: list[_Token]) -> Iterator[Change]:
    """Each but the first assignment of an UPDATE."""
    for place, token in enumerate(tokens):
        if token.text != "SET":
            continue
        end = _end(tokens, place)
        commas = [
            at for at in range(place, end) if tokens[at].kind == "comma" and tokens[at].depth == token.depth
        ]
        for at, following in zip(commas, [*commas[1:], end + 1], strict=False):
            yield "assignment", (tokens[at].start, tokens[following - 1].end), ""


def _members(tokens: list[_Token]) -> Iterator[Change]:
    """Each but the first of the values that are compared or listed."""
    for place, token in enumerate(tokens[:-1]):
        if token.text.upper() in {"ARRAY", "COALESCE", "GREATEST", "LEAST"}:
            inside = _inside(tokens[place + 2 :], token.depth + 1)
            commas = [one.start for one in inside if one.kind == "comma" and one.depth == token.depth + 1]
            for start, end in itertools.pairwise([*commas, inside[-1].end] if commas else []):
                yield "member", (start, end), ""


def _branches(tokens: list[_Token]) -> Iterator[Change]:
    """Each but the first of the queries that are put together."""
    for place, token in enumerate(tokens):
        if token.text == "UNION":
            inside = _inside(tokens[place + 1 :], token.depth)
            more = [one.start for one in inside if one.text == "UNION" and one.depth == token.depth]
            yield "branch", (token.start, min([*more, inside[-1].end])), ""


def _inside(tokens: Iterable[_Token], depth: int) -> list[_Token]:
    return list(itertools.takewhile(lambda one: one.depth >= depth, tokens))
