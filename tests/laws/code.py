"""Reading the product's own source."""

import ast
import dataclasses
import functools
import io
import pathlib
import tokenize
from collections.abc import Callable, Iterable, Iterator

ROOT = pathlib.Path(__file__).parents[2]
LAYERS = ("audit", "identity", "delegation", "provisioning", "portal")
"""From the ground up; each may name those before it."""

NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclasses.dataclass(frozen=True)
class Module:
    name: str
    """The path below the repository, such as `delegation/people/commands.py`."""

    source: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def layer(self) -> int:
        return LAYERS.index(self.name.split("/", maxsplit=1)[0])

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.name


def violations(law: Callable[[Module], list[str]], modules: Iterable[Module]) -> list[str]:
    """Collect what a law objects to, over all these modules: one test a law, failing with the whole list."""
    return [problem for module in modules for problem in law(module)]


def modules(*folders: str) -> list[Module]:
    """Give every module below these folders; migrations too. Each is read and parsed once in a process."""
    return [module for folder in folders for module in _in_folder(folder)]


@functools.cache
def _in_folder(folder: str) -> tuple[Module, ...]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    return tuple(Module(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths)


@functools.cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Give every node of a tree, as `ast.walk` does; each tree is walked once in a process."""
    return tuple(ast.walk(tree))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in nodes(tree) if isinstance(node, ast.Call))


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function]]:
    """Give every function with its dotted name, methods and inner functions too."""
    for node in ast.iter_child_nodes(tree):
        name = f"{inside}{node.name}" if isinstance(node, Function | ast.ClassDef) else inside
        if isinstance(node, Function):
            yield name, node
        dot = "." if isinstance(node, Function | ast.ClassDef) else ""
        yield from functions(node, f"{name}{dot}")


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Give every string that is not a docstring."""
    texts = {id(node.value) for node in nodes(tree) if isinstance(node, ast.Expr)}
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
            yield node


def called(call: ast.Call) -> str:
    """Give the last part of the name that is called: `reverse` of `urls.reverse(…)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def root(node: ast.expr) -> str:
    """Give the name an expression starts with: `person` of `person.grants.filter(…)`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ""
    return node.id


def code_lines(module: Module) -> set[int]:
    """Number the lines that hold code: no blank line, no comment, no docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(module.source).readline)
    lines = {
        line
        for token in tokens
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in nodes(module.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines
