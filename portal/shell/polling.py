"""A script asks again for pages that update themselves, and the answer is empty while nothing has changed."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import translation

from portal.shell import page_model
from portal.shell.page_model import PageModel


def respond(request: HttpRequest, model: PageModel, *, content: object) -> HttpResponse:
    """Render the page, or answer 304 to a request that has it (RFC 9110 §13.1.2).

    `content`: what the updating part shows, except waits, which the browser counts itself. Browsers store no page, so
    that only the script sends an ETag.
    """
    etag = etag_of(content)
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = page_model.render(request, model)
    response["ETag"] = etag
    return response


def etag_of(content: object) -> str:
    """Return the ETag of this content in the active language."""
    text = repr((translation.get_language(), content))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
