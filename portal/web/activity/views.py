"""The views show the organization's log, what changed in people's rights, and who could do what."""

import functools
import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from delegation.authorization.errors import Denied
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.activity import context, log_file, rights_page, who_could
from portal.wording import dates

P = ParamSpec("P")


def _log_page(
    view: Callable[Concatenate[Request, PageContext, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Decorate views for readers of the organization's log. Raises Denied for others."""

    @functools.wraps(view)
    def with_log(request: Request, page: PageContext, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not page.sees_activity:
            raise Denied(reason="no_permission")
        return view(request, page, *args, **kwargs)

    typed = cast("Callable[Concatenate[Request, PageContext, P], HttpResponse]", with_log)
    return require_safe(page_context.organization_page(typed))


@_log_page
def listing(request: Request, page: PageContext) -> HttpResponse:
    """Show a page of the log."""
    clock = dates.Clock(page.at, page.zone)
    return page_model.render(request, context.activity_page(page, request.GET, clock))


@_log_page
def listing_download(request: Request, page: PageContext) -> HttpResponse:
    """Answer with the events that the address asks for, as a file."""
    return log_file.download(request, page)


@_log_page
def changes(request: Request, page: PageContext) -> HttpResponse:
    """Show what changed in people's rights between two days."""
    return page_model.render(request, rights_page.changes_page(page, request.GET))


@_log_page
def answer(request: Request, page: PageContext) -> HttpResponse:
    """Answer who could do what, as far as the address asks."""
    return page_model.render(request, who_could.answer_page(page, request.GET))


@_log_page
def rights(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Show what one person could do at an instant."""
    return page_model.render(request, who_could.rights_page(page, membership, request.GET))


@_log_page
def download(request: Request, page: PageContext) -> HttpResponse:
    """Answer with the answer as a file."""
    return who_could.download(request, page)
