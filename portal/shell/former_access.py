"""A person whose access to the address's organization has ended, and who has another one, sees this page."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from delegation.activity import session_endings as endings
from delegation.activity.session_endings import EndingReason, SessionEnding
from delegation.authorization.errors import NotFound
from delegation.suspensions import queries as suspensions_queries
from identity.memberships import queries as memberships_queries
from portal.http import error_responses
from portal.http.request_context import Request
from portal.wording import session_endings


def explain(request: Request, organization: str) -> HttpResponse:
    """Say that the access has ended, or is suspended, and when. Raises NotFound for a person who never was a member.

    A page that is still open learns it by its next request of htmx, which loads the whole page.
    """
    ending = _ending(request, organization)
    if error_responses.is_htmx(request):
        return HttpResponse(headers={"HX-Redirect": error_responses.return_path(request)})
    return page(request, ending, home_url="/")


def page(request: HttpRequest, ending: SessionEnding, *, home_url: str = "") -> HttpResponse:
    """Show why the access has ended; `home_url` leads to another access that the person has."""
    values = {
        "sentence": session_endings.sentence_for(ending),
        "suspended": ending.reason in {EndingReason.PAUSED, EndingReason.SUSPENDED},
        "home_url": home_url,
    }
    return render(request, "account/account_inactive.html", values, status=HTTPStatus.FORBIDDEN)


def _ending(request: Request, organization: str) -> SessionEnding:
    """Read the end of the access, or its suspension. Raises NotFound."""
    context = request.context
    suspension = suspensions_queries.of_member(
        user=context.actor.id, organization_key=organization, at=context.now
    )
    if suspension is not None:
        return endings.by_suspension(suspension)
    former = memberships_queries.former_of_user(
        user=context.actor.id, organization_key=organization, at=context.now
    )
    if former is None:
        raise NotFound
    return session_endings.of_former(former)
