"""A person whose membership in the address's organization has ended, and who has another one, sees this page."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render

from delegation.activity.session_endings import EndingReason, SessionEnding
from delegation.authorization.errors import NotFound
from identity.memberships import queries as memberships_queries
from portal.http import error_responses
from portal.http.request_context import Request
from portal.wording import session_endings


def explain(request: Request, organization: str) -> HttpResponse:
    """Say that the access has ended, and when. Raises NotFound for a person who never was a member.

    A page that is still open learns it by its next request of htmx, which loads the whole page.
    """
    context = request.context
    former = memberships_queries.former_of_user(
        user=context.actor.id, organization_key=organization, at=context.now
    )
    if former is None:
        raise NotFound
    if error_responses.is_htmx(request):
        return HttpResponse(headers={"HX-Redirect": error_responses.return_path(request)})
    ending = SessionEnding(EndingReason.REMOVED, former.ended_at, former.organization, former.time_zone)
    values = {"sentence": session_endings.sentence_for(ending), "home_url": "/"}
    return render(request, "account/account_inactive.html", values, status=HTTPStatus.FORBIDDEN)
