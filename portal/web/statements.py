"""The portal's own pages about accessibility and privacy, for suppliers without statements of their own."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.http import error_responses


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say what the product's tests check."""
    return _page(request, "accessibility")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what the product stores about a person, and who sees it."""
    return _page(request, "privacy")


def _page(request: HttpRequest, name: str) -> HttpResponse:
    values = {"layout": error_responses.layout(request)}
    return render(request, f"statements/{name}.html", values)
