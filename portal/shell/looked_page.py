"""During a look, each page that the person opens is copied for the staff member, if staff may see it."""

import contextlib
import html
import logging
import re

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from identity.looks import looked_pages
from identity.looks.looked_pages import ShownPage
from identity.looks.queries import OpenLook
from identity.memberships.queries import ActiveMembership
from portal.http import request_context
from portal.shell import looking_along, masking, read_only_copy, shown_pages

logger = logging.getLogger(__name__)
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def copy_page(request: HttpRequest, response: HttpResponseBase) -> None:
    """Store what the person sees now for the staff member; of a page that is never shown, only that it is open.

    So it is of a page that is too long to be masked whole.

    One statement without masking, two with it; none without a look. What goes wrong is logged: the person's own
    page is shown all the same.
    """
    try:
        _copy_page(request, response)
    except Exception:
        logger.exception("A page could not be copied for looking along.")


def _copy_page(request: HttpRequest, response: HttpResponseBase) -> None:
    context = request_context.context_of(request)
    if context is None or "memberships" not in vars(context):
        return  # a page that knows no organization, or a program
    if not isinstance(response, HttpResponse) or not _is_whole_page(request, response):
        return
    found = looking_along.look_of(request)
    if found is None or not looking_along.is_looked_at(request, found[1]):
        return
    membership, look = found
    match = request.resolver_match
    at = request_context.require_context(request).context.now
    page = ShownPage("", "", "", None, at)
    if match and shown_pages.may_be_shown(match, membership):
        with contextlib.suppress(masking.TooLongToMask):
            body = _copied(response.content.decode(), membership, look)
            page = ShownPage(match.url_name or "", _title(body), body, match.kwargs.get("membership"), at)
    looked_pages.store(look=look.id, page=page)


def _is_whole_page(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and response.headers.get("Content-Type", "").startswith("text/html")
        and "HX-Request" not in request.headers
        and request.method in {"GET", "POST"}
    )


def _copied(page: str, membership: ActiveMembership, look: OpenLook) -> str:
    if not look.masked:
        return read_only_copy.copy(page, mask=lambda text: text)
    own = membership.user.name
    mask = masking.mask_for(
        organization=membership.organization.id, own_name=own, texts=read_only_copy.texts_of(page)
    )
    kept = {own, membership.organization.name, look.staff_name}
    return read_only_copy.copy(page, mask=mask, mask_name=masking.name_mask(mask, kept=kept))


def _title(body: str) -> str:
    heading = _HEADING.search(body)
    return " ".join(html.unescape(_TAG.sub("", heading.group(1))).split()) if heading else ""
