"""Small files, small functions, and commands that are all called alike."""

import ast
import functools
import re

import pytest

from tests.laws import code

FILE, FUNCTION, VIEW = 200, 30, 25
PRODUCT = [module for module in code.modules(*code.LAYERS, "demo") if not module.is_migration]
COMMANDS = [
    module
    for module in code.modules("delegation", "provisioning")
    if re.search(r"/commands(/\w+)?\.py$", module.name) and "/management/" not in module.name
]
EXCEPTIONS: dict[str, str] = {
    "audit/verify_export.py": "an auditor copies this one file and needs nothing else",
}
"""What may be larger, and why: `path` or `path:function`."""


@functools.cache
def too_large(module: code.Module) -> dict[str, int]:
    """Give what is over its budget, with its lines of code."""
    lines = code_lines = code.code_lines(module)
    sizes = {module.name: (len(lines), FILE)}
    for name, function in code.functions(module.tree):
        size = len(code_lines & set(range(function.lineno, (function.end_lineno or 0) + 1)))
        sizes[f"{module.name}:{name}"] = (size, VIEW if _is_view(module, function) else FUNCTION)
    return {name: size for name, (size, budget) in sizes.items() if size > budget}


def _is_view(module: code.Module, function: code.Function) -> bool:
    names = [argument.arg for argument in function.args.args[:2]]
    return module.name.startswith(("portal/web/", "portal/api/")) and "request" in names


def called_unlike(module: code.Module) -> list[str]:
    """Name public functions whose arguments are not all by keyword, with a required actor first."""
    return [
        f"{module.name}:{node.lineno} {node.name}"
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not _is_called_alike(node)
    ]


def _is_called_alike(function: ast.FunctionDef) -> bool:
    arguments = function.args
    named = [argument.arg for argument in arguments.kwonlyargs]
    positional = bool(arguments.args or arguments.posonlyargs or arguments.vararg)
    return not positional and named[:1] == ["actor"] and arguments.kw_defaults[0] is None


def test_files_functions_and_views_stay_within_their_limits() -> None:
    sizes = {name: size for module in PRODUCT for name, size in too_large(module).items()}
    assert {name: size for name, size in sizes.items() if name not in EXCEPTIONS} == {}


def test_every_size_exception_is_still_needed() -> None:
    large = {name for module in PRODUCT for name in too_large(module)}
    assert set(EXCEPTIONS) - large == set()


def test_commands_take_keyword_arguments_with_the_actor_first() -> None:
    assert len(COMMANDS) > 5
    assert code.violations(called_unlike, COMMANDS) == []


def test_size_check_counts_code_lines_only() -> None:
    body = '    """Text.\n\n    More.\n    """\n    # why\n\n' + "    x = 1\n" * 29
    assert too_large(code.Module("audit/f.py", f"def f():\n{body}")) == {}
    assert too_large(code.Module("audit/f.py", f"def f():\n{body}    x = 2\n")) == {"audit/f.py:f": 31}
    assert too_large(code.Module("audit/f.py", "x = 1\n" * 201)) == {"audit/f.py": 201}


def test_size_check_recognizes_a_view() -> None:
    view = "def view(request):\n" + "    x = 1\n" * 25
    assert too_large(code.Module("portal/web/v.py", view)) == {"portal/web/v.py:view": 26}
    assert too_large(code.Module("portal/tools/vendored_assets.py", view)) == {}


@pytest.mark.parametrize(
    "bad",
    [
        "def remove(actor, *, memberships): ...",
        "def remove(*, memberships, actor): ...",
        "def remove(*, memberships): ...",
        "def remove(*, actor=None, memberships): ...",
        "def remove(*actors): ...",
    ],
)
def test_command_with_another_signature_is_found(bad: str) -> None:
    assert called_unlike(code.Module("delegation/commands/bad.py", bad))
    assert (
        called_unlike(
            code.Module("delegation/commands/fine.py", "def f(*, actor, idempotency_key=None): ...")
        )
        == []
    )
