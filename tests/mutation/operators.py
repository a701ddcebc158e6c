"""How a Python module is changed: each operator gives, for one node, places and what stands there instead."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Protocol

Span = tuple[int, int]
Change = tuple[Span, str]


class Places(Protocol):
    """A module's text with the places of its nodes."""

    def span(self, node: ast.AST) -> Span: ...
    def text_at(self, span: Span) -> str: ...


Operator = Callable[[ast.AST, Places], Iterator[Change]]

COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
ARITHMETIC = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&")}
TWINS = {"any": "all", "all": "any", "min": "max", "max": "min"}
FILTERS = {"exclude", "filter", "Q"}
WRITERS = {"create", "get_or_create", "update", "update_or_create"}


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: no annotation, no decorator, no index."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "decorator_list", "returns", "slice"}:
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST):
                yield node
                yield from nodes(node)


def comparison(node: ast.AST, source: Places) -> Iterator[Change]:
    if not isinstance(node, ast.Compare):
        return
    for left, operator, right in zip(
        [node.left, *node.comparators], node.ops, node.comparators, strict=False
    ):
        yield _between(source, left, right, *COMPARISONS[type(operator)])


def connective(node: ast.AST, source: Places) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield _between(source, left, right, *words)


def operand(node: ast.AST, source: Places) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        neutral = str(isinstance(node.op, ast.And))
        for value in node.values:
            yield source.span(value), neutral


def condition(node: ast.AST, source: Places) -> Iterator[Change]:
    if isinstance(node, ast.If):
        yield source.span(node.test), "False"
        if node.orelse or not _leaves(node.body):
            yield source.span(node.test), "True"
    elif isinstance(node, ast.IfExp):
        yield source.span(node.test), "True"
        yield source.span(node.test), "False"
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield source.span(test), "True"


def negation(node: ast.AST, source: Places) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        start, _ = source.span(node)
        yield (start, start + (4 if isinstance(node.op, ast.Not) else 1)), ""


def query_filter(node: ast.AST, source: Places) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or _name(node) not in FILTERS:
        return
    named = [keyword for keyword in node.keywords if keyword.arg]
    if _name(node) == "Q" and len(named) == 1:
        return
    for argument in [*node.args, *named]:
        yield _with_comma(source, node, argument), ""


def argument(node: ast.AST, source: Places) -> Iterator[Change]:
    """A column of a row, or a field of a value, that is left at its default."""
    if not isinstance(node, ast.Call):
        return
    name = _name(node)
    if name in WRITERS or (name[:1].isupper() and name not in FILTERS):
        for keyword in node.keywords:
            if keyword.arg:
                yield _with_comma(source, node, keyword), ""


def raising(node: ast.AST, source: Places) -> Iterator[Change]:
    """A refusal that is not raised; alone under an `if` it is the condition that goes."""
    for body in _bodies(node):
        for statement in body:
            if isinstance(statement, ast.Raise) and not (isinstance(node, ast.If) and len(body) == 1):
                yield source.span(statement), "pass"


def statement(node: ast.AST, source: Places) -> Iterator[Change]:
    """A call for its effect, or an addition, that is not made."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.YieldFrom)
    if called or isinstance(node, ast.AugAssign):
        yield source.span(node), "pass"


def constant(node: ast.AST, source: Places) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield source.span(node), str(not node.value)
    elif isinstance(node.value, int | float):
        yield source.span(node), str(node.value + 1)


def arithmetic(node: ast.AST, source: Places) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield _between(source, node.left, node.right, *ARITHMETIC[type(node.op)])


def twin(node: ast.AST, source: Places) -> Iterator[Change]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TWINS:
        yield source.span(node.func), TWINS[node.func.id]


OPERATORS: dict[str, Operator] = {
    "comparison": comparison,
    "connective": connective,
    "operand": operand,
    "condition": condition,
    "negation": negation,
    "filter": query_filter,
    "argument": argument,
    "raise": raising,
    "statement": statement,
    "constant": constant,
    "arithmetic": arithmetic,
    "twin": twin,
}


def _between(source: Places, left: ast.AST, right: ast.AST, old: str, new: str) -> Change:
    span = source.span(left)[1], source.span(right)[0]
    return span, source.text_at(span).replace(old, new, 1)


def _with_comma(source: Places, call: ast.Call, argument: ast.AST) -> Span:
    start, end = source.span(argument)
    comma = re.match(r"\s*,\s*", source.text_at((end, source.span(call)[1])))
    return start, end + (len(comma.group()) if comma else 0)


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        if isinstance(body := getattr(node, field, None), list):
            yield body


def _leaves(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise | ast.Return | ast.Continue | ast.Break)
