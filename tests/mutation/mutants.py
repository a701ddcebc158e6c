"""One small change of the product, and every such change of a module."""

import ast
import dataclasses
import difflib
import hashlib
import io
import pathlib
import tokenize
from collections.abc import Iterator

from tests.mutation import operators, statements

Span = tuple[int, int]
"""Offsets in bytes: where the text begins, and where it ends."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A change of one file, or, for the database, a statement that its owner runs."""

    area: str
    operator: str
    path: str
    """Below the repository; for the database, the object's name."""
    line: int
    functions: tuple[str, ...]
    """Functions whose tests can notice it, as `path:name`; or the objects named in the database's errors."""
    text: str
    """The whole mutated module, or the statement."""
    diff: str

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.path}{self.diff}".encode()).hexdigest()[:8]


class Source:
    """A module's text with the places of its nodes."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text, self.data = path, text, text.encode()
        self.tree = ast.parse(text)
        lines = self.data.splitlines(keepends=True)
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line))
        self.lines = lines

    def span(self, node: ast.AST) -> Span:
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        return self.starts[first - 1] + node.col_offset, self.starts[last - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def text_at(self, span: Span) -> str:
        return self.data[span[0] : span[1]].decode()

    def line(self, offset: int) -> int:
        return self.data.count(b"\n", 0, offset) + 1

    def replaced(self, span: Span, text: str) -> str:
        return (self.data[: span[0]] + text.encode() + self.data[span[1] :]).decode()

    def strings(self) -> Iterator[Span]:
        """Every string literal that is not a docstring."""
        texts = {node.value.lineno for node in ast.walk(self.tree) if _is_text(node)}  # type: ignore[attr-defined]
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.STRING and token.start[0] not in texts:
                yield self._offset(*token.start), self._offset(*token.end)

    def _offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].decode()[:column].encode())


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def of_module(area: str, path: pathlib.Path, root: pathlib.Path) -> list[Mutant]:
    """Every mutant of one module that is still Python, each text once."""
    source = Source(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    users = _Users(source)
    found: dict[str, Mutant] = {}
    for operator, span, text in _changes(source):
        changed = source.replaced(span, text)
        if changed != source.text and changed not in found and _is_python(changed):
            functions = users.functions_at(source.line(span[0]))
            found[changed] = Mutant(
                area,
                operator,
                source.path,
                source.line(span[0]),
                functions,
                changed,
                diff(source.text, changed),
            )
    return list(found.values())


def _changes(source: Source) -> Iterator[tuple[str, Span, str]]:
    for node in operators.nodes(source.tree):
        for name, operator in operators.OPERATORS.items():
            for span, text in operator(node, source):
                yield name, span, text
    for start, end in source.strings():
        statement = source.text_at((start, end))
        for name, (first, last), text in statements.changes(statement):
            offset = start + len(statement[:first].encode())
            yield f"SQL {name}", (offset, offset + len(statement[first:last].encode())), text


def _is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    return "\n".join(list(lines)[2:])


class _Users:
    """The functions that a line belongs to, or that use the name it defines."""

    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.functions: list[tuple[str, ast.AST]] = list(_functions(source.tree, ""))
        self.body = source.tree.body

    def functions_at(self, line: int) -> tuple[str, ...]:
        inside = [name for name, node in self.functions if _holds(node, line)]
        return tuple(f"{self.path}:{name}" for name in inside[:1] or self._using(line))

    def _using(self, line: int) -> list[str]:
        names = {name for node in self.body if _holds(node, line) for name in _defined(node)}
        while (
            more := {name for node in self.body if _mentions(node, names) for name in _constants(node)}
            - names
        ):
            names |= more
        return [name for name, node in self.functions if _mentions(node, names)] or [
            name for name, _ in self.functions
        ]


def _functions(tree: ast.AST, inside: str) -> Iterator[tuple[str, ast.AST]]:
    """Functions and methods by dotted name; what is defined inside a function belongs to it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{inside}{node.name}.")


def _holds(node: ast.AST, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)  # type: ignore[attr-defined,no-any-return]


def _defined(node: ast.AST) -> set[str]:
    return {node.name} if isinstance(node, ast.ClassDef) else _constants(node)


def _constants(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))
