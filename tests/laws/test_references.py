"""What import-linter cannot see: names of higher layers in strings, late imports, work queued from an act."""

import ast
import re

import pytest

from tests.laws import code

BY_NAME = {"get_model", "import_module", "import_string", "__import__"}
ADDRESSES = {"redirect", "resolve_url", "reverse", "reverse_lazy"}
QUEUEING = {"apply_async", "delay", "send_task"}
BELOW_PORTAL = code.modules(*code.LAYERS[:-1])
EVERYWHERE = code.modules(*code.LAYERS)


def upward(module: code.Module) -> list[str]:
    """Name every string that means something of a higher layer: `provisioning.Target`, `portal_…`."""
    higher = "|".join(code.LAYERS[module.layer + 1 :])
    if not higher:
        return []
    meaning = re.compile(rf"^(?:{higher})(?:\.\w+)+$|\b(?:{higher})_[a-z]\w*\b(?!\.)|^(?:{higher})$")
    return [
        f"{module.name}:{text.lineno} {text.value!r:.60}"
        for text in code.strings(module.tree)
        if meaning.search(str(text.value))
    ]


def by_name(module: code.Module) -> list[str]:
    """Name every call that finds code or pages by a name. Migrations need get_model."""
    allowed = {"get_model"} if module.is_migration else set()
    return [
        f"{module.name}:{call.lineno} {code.called(call)}"
        for call in code.calls(module.tree)
        if code.called(call) in BY_NAME - allowed
        or (code.called(call) in ADDRESSES and call.args)  # a list is reversed without saying by what
    ]


def late_imports(module: code.Module) -> list[str]:
    """Name every import inside a function, save an app's own receivers and checks in its `ready`."""
    own = module.name.rpartition("/")[0].replace("/", ".")
    return [
        f"{module.name}:{node.lineno} in {name}"
        for name, function in code.functions(module.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not (
            module.name.endswith("/apps.py")
            and name.endswith(".ready")
            and isinstance(node, ast.ImportFrom)
            and (node.module == own or str(node.module).startswith(f"{own}."))
        )
    ]


def queued(module: code.Module) -> list[str]:
    return [
        f"{module.name}:{call.lineno} {code.called(call)}"
        for call in code.calls(module.tree)
        if code.called(call) in QUEUEING
    ]


def test_layer_names_no_higher_layer() -> None:
    assert code.violations(upward, BELOW_PORTAL) == []
    assert code.violations(by_name, BELOW_PORTAL) == []


def test_imports_are_at_the_top_of_their_module() -> None:
    assert code.violations(late_imports, EVERYWHERE) == []


def test_act_queues_no_task() -> None:
    assert code.violations(queued, code.modules("audit", "identity", "delegation")) == []


@pytest.mark.parametrize(
    "bad",
    [
        'ForeignKey("provisioning.Target")',
        'apps.get_model("provisioning", "Target")',
        'import_string("portal.signin.customers.adapter.Adapter")',
        'execute("SELECT * FROM provisioning_account")',
    ],
)
def test_name_of_a_higher_layer_is_reported(bad: str) -> None:
    assert upward(code.Module("audit/bad.py", bad))


def test_name_of_a_lower_layer_is_not_reported() -> None:
    fine = '"""See provisioning.Target."""\nForeignKey("identity.User")\nexecute("SELECT * FROM audit_event")'
    assert upward(code.Module("delegation/fine.py", fine)) == []


@pytest.mark.parametrize(
    "bad",
    ["urls.reverse('home')", "apps.get_model(name)", "importlib.import_module(setting)", "__import__(name)"],
)
def test_lookup_by_name_below_the_portal_is_reported(bad: str) -> None:
    assert by_name(code.Module("identity/bad.py", bad))


@pytest.mark.parametrize(
    ("where", "bad"),
    [
        ("portal/web/bad.py", "def view():\n    from identity import models"),
        ("identity/apps.py", "class A:\n    def ready(self):\n        from audit import receivers"),
        ("identity/apps.py", "class A:\n    def other(self):\n        from identity import receivers"),
    ],
)
def test_import_inside_a_function_is_found(where: str, bad: str) -> None:
    assert late_imports(code.Module(where, bad))
    fine = "class A:\n    def ready(self):\n        from identity import receivers"
    assert late_imports(code.Module("identity/apps.py", fine)) == []


@pytest.mark.parametrize("bad", ["task.delay(1)", "task.apply_async()", "app.send_task('x')"])
def test_task_queued_in_an_act_is_found(bad: str) -> None:
    assert queued(code.Module("delegation/commands/bad.py", bad))
