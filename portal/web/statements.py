"""Suppliers without statements of their own show these pages about accessibility and privacy."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from delegation.invitations import links
from identity.grants import retention as grants
from identity.sessions.store import IDLE_SECONDS
from portal.http import current_organization, error_responses
from portal.signin.customers import device_cookies
from portal.wording import dates
from provisioning import retention


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say what the product's tests check."""
    return _page(request, "accessibility")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what the product stores about a person, how long, and who sees it."""
    return _page(request, "privacy", after=retention_spans())


def retention_spans() -> Mapping[str, str]:
    """Return the times after which data ends or is deleted, from the constants by which it is."""
    seconds: Mapping[str, float] = {
        "idle": IDLE_SECONDS,
        "session": settings.SESSION_COOKIE_AGE,
        "invitation": links.VALIDITY.total_seconds(),
        "dead_link": links.RETENTION.total_seconds(),
        "delivery": retention.RETENTION.total_seconds(),
        "erasure": settings.ERASURE_AFTER.total_seconds(),
        "token": max(grants.RETENTION, grants.ACCESS_RETENTION).total_seconds(),
        "choice": max(
            settings.LANGUAGE_COOKIE_AGE, current_organization.COOKIE_SECONDS, settings.CSRF_COOKIE_AGE
        ),
        "browser": device_cookies.COOKIE_SECONDS,
    }
    return {name: dates.span(value) for name, value in seconds.items()}


def _page(request: HttpRequest, name: str, **values: object) -> HttpResponse:
    layout = error_responses.layout(request)
    return render(request, f"statements/{name}.html", {"layout": layout, **values})
