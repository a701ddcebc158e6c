"""Public pages of staff sign-in are counted per network: each costs a call to the provider, or an event."""

import functools

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from portal.http import error_pages, request_context
from portal.signin.customers import limits
from portal.signin.staff.middleware import View


def limited(view: View) -> View:
    """Count a request before its view runs; beyond the limit, the response says how many seconds to wait."""

    @functools.wraps(view)
    def counted(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        refused = refuse(request)
        return view(request, *args, **kwargs) if refused is None else refused

    return counted


def refuse(request: HttpRequest) -> HttpResponse | None:
    """Count a request; return the response where its network has reached the limit."""
    network = request_context.network(request_context.address_of(request.META))
    taken = limits.take((limits.STAFF_SIGN_IN, network))
    return error_pages.too_many(request, seconds=taken.wait) if taken.wait else None
