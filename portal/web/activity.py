"""What happened in the organization."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from delegation.errors import Denied
from portal import inside
from portal.inside import Here
from portal.requests import Request
from portal.web import formats
from portal.web.reading import activity


@require_safe
@inside.inside
def listing(request: Request, here: Here) -> HttpResponse:
    """A page of the log. Raises Denied for who may not see it."""
    if not here.sees_activity:
        raise Denied(reason="not_held")
    clock = formats.Clock(here.at, here.zone)
    return render(request, "activity/list.html", activity.context(here, request.GET, clock))
