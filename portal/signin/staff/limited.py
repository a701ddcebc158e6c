"""Public pages of staff sign-in are counted per network: each costs a call to the provider, or an event."""

import functools

from django.http import HttpRequest, HttpResponseBase

from portal.http import error_pages, request_context
from portal.signin.customers import rate_limits
from portal.signin.staff.middleware import View


def limited(view: View) -> View:
    """Count a request before its view runs; beyond the limit, the response says how many seconds to wait."""

    @functools.wraps(view)
    def counted(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        network = request_context.network(request_context.address_of(request.META))
        taken = rate_limits.take((rate_limits.STAFF_SIGN_IN, network))
        if taken.wait:
            return error_pages.too_many(request, seconds=taken.wait)
        return view(request, *args, **kwargs)

    return counted
