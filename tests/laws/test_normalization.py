"""Texts are normalized by `identity.people.normalization` alone, which leaves those alone that take too long."""

from tests.laws import code


def test_texts_are_normalized_in_one_module() -> None:
    callers = [
        module.name
        for package in ("audit", "identity", "delegation", "provisioning", "portal")
        for module in code.modules(package)
        if any(
            code.called(call) == "normalize" and code.root(call.func) == "unicodedata"
            for call in code.calls(module.tree)
        )
    ]
    assert callers == ["identity/people/normalization.py"]
