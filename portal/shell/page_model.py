"""A page is a frozen dataclass, and its fields are the variables of its template."""

import dataclasses
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template


@dataclasses.dataclass(frozen=True, kw_only=True)
class PageModel:
    """Holds what a page shows, besides `shell`. View, template header and test sample share the class."""

    template: ClassVar[str]

    def variables(self) -> dict[str, Any]:
        """Return the fields by name, with their values as they are."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def render(request: HttpRequest, model: PageModel, *, status: int = 200) -> HttpResponse:
    """Render the template of this page."""
    return render_template(request, model.template, model.variables(), status=status)
