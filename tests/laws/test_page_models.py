"""Every page template has a page model, names it, and reads nothing else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template, Variable, VariableDoesNotExist

from portal.shell.page_model import PageModel
from tests.fixtures import rendering
from tests.fixtures.page_samples import samples

PAGES = rendering.ROOT / "templates" / "web"
STAFF = rendering.ROOT / "templates" / "staff"
DESK = rendering.ROOT / "templates" / "desk"
FRAME = {"form.errors", "messages", "short", "[]"}
"""What base.html and its parts ask of every page, and a literal of django-cotton."""


def models(kind: type[PageModel] = PageModel) -> Iterator[type[PageModel]]:
    """Every page model with a template."""
    for model in kind.__subclasses__():
        if "template" in vars(model):
            yield model
        yield from models(model)


@contextmanager
def missing() -> Iterator[set[str]]:
    """The lookups that fail while templates of web/ are rendered."""
    resolve = Variable._resolve_lookup  # type: ignore[attr-defined]
    found: set[str] = set()

    def recorded(variable: Variable, context: Context) -> Any:
        try:
            return resolve(variable, context)
        except VariableDoesNotExist:
            found.add(str(variable.var))
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Variable, "_resolve_lookup", recorded)
        yield found


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, (template, _) in samples.PAGES.items()
        if template.startswith(("web/", "staff/", "desk/"))
    ],
)
def test_template_reads_variables_of_its_model_only(name: str) -> None:
    template, make = samples.PAGES[name]
    with missing() as found:
        rendering.render(template, make())
    assert found - FRAME == set()


def test_variable_outside_the_model_is_found() -> None:
    with missing() as found:
        variables = samples.PAGES["person"][1]()
        Template("{% if more %}x{% endif %}{{ facts.fax }}{{ person.name }}").render(Context(variables))
    assert found == {"more", "facts.fax"}


def test_every_page_template_names_its_model_in_the_header() -> None:
    by_template = {model.template: model for model in models()}
    pages = {
        str(path.relative_to(PAGES.parent)): path
        for folder in (PAGES, STAFF, DESK)
        for path in folder.rglob("*.html")
    }
    unnamed = {name for name, model in by_template.items() if not names(pages[name], model)}

    assert {name for name in pages if "/_" not in name} - set(by_template) == set()
    assert unnamed == set()


def names(path: Path, model: type[PageModel]) -> bool:
    """Whether the header names the class and the module that defines it."""
    module = model.__module__.replace(".", "/")
    return f"{model.__name__} ({module}.py)" in path.read_text(encoding="utf-8")


IN_CODE = {"template", "list_url"}
"""Read in code: the name of the template, and the address to which the panel over the list closes."""


def text(template: str) -> str:
    """The template without its header, with those of web/, desk/ and shell/ that it extends and includes."""
    source = (PAGES.parent / template).read_text(encoding="utf-8")
    own = re.sub(r"{% comment %}.*?{% endcomment %}", "", source, flags=re.DOTALL)
    others = re.findall(r'{% (?:extends|include) "((?:web|desk|shell)/[^"]+)"', own)
    return "".join([own, *map(text, others)])


def test_every_model_field_is_read_by_a_template() -> None:
    """A field that no template reads is computed for nothing."""
    unread = {
        f"{model.__name__}.{field}"
        for model in models()
        for field in model.__dataclass_fields__
        if field not in IN_CODE and not re.search(rf"\b{field}\b", text(model.template))
    }
    assert unread == set()
