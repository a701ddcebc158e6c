"""The page behind a break-glass link adds or asks for a passkey, and opens the session."""

import logging
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.http import request_context
from portal.shell import page_model
from portal.signin.staff import (
    break_glass,
    break_glass_pages,
    cookies,
    limited,
    middleware,
    pages,
    session_views,
    sign_in,
)
from portal.signin.staff.break_glass import LinkUnusable, PasskeyRefused
from portal.signin.staff.errors import RefusalCode, SignInRefused

logger = logging.getLogger("keyholder.staff_sign_in")


@login_not_required
@middleware.public
@require_http_methods(["GET", "HEAD", "POST"])
@limited.limited
def page(request: HttpRequest, link: str) -> HttpResponse:
    """Show what the link opens; with the browser's response, open it. A reading request uses nothing up."""
    try:
        return _opened(request, link) if request.method == "POST" else _offered(request, link)
    except LinkUnusable:
        sign_in.deny(request, SignInRefused(RefusalCode.LINK))
        model = pages.refused_page(
            RefusalCode.LINK,
            again_url=reverse("staff_sign_in"),
            reference=request_context.request_id(request),
        )
        return page_model.render(request, model, status=HTTPStatus.NOT_FOUND)


def _offered(request: HttpRequest, link: str, *, failed: bool = False) -> HttpResponse:
    model = break_glass_pages.offer_page(break_glass.offer(link), link=link, failed=failed)
    return page_model.render(
        request, model, status=HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK
    )


def _opened(request: HttpRequest, link: str) -> HttpResponse:
    try:
        secret, user = break_glass.use(
            request, link=link, response=request.POST.get("credential", ""), name=request.POST.get("name", "")
        )
    except PasskeyRefused as refused:
        logger.warning("A break-glass passkey was refused: %s", refused)
        sign_in.deny(request, SignInRefused(RefusalCode.PASSKEY))
        return _offered(request, link, failed=True)
    session_views.end_former(request)
    response = HttpResponseRedirect(reverse("staff_home"))
    cookies.remember_session(response, secret, user=user)
    return response
