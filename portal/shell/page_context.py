"""Every page about an organization starts from viewer, organization, instant, time zone and abilities."""

import datetime as dt
import functools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from audit.foundation.actor import Actor
from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.looking_along import prepared_forms
from delegation.looking_along.queries import Prepared
from identity.memberships.queries import ActiveMembership
from identity.organizations.queries import OrganizationView
from identity.sessions import visits
from identity.sessions.store import SessionStore
from portal.http import current_organization, request_context
from portal.http.request_context import Request
from portal.shell import former_access, list_address, looking_along, query_string
from portal.wording import time_zones

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class PageContext:
    """Describes the reader of a page about an organization, whether or not the reader belongs to it."""

    viewer: Actor
    organization: OrganizationView
    at: dt.datetime
    zone: ZoneInfo
    """The organization's, for every reader: see `time_zones.zone_of`."""
    abilities: frozenset[Verb]
    """The verbs the reader holds somewhere in this organization."""
    membership: ActiveMembership | None
    """The reader's own; None for staff and auditors."""
    prepared: Prepared | None = None
    """The form that a staff member prepared and this request shows or sends."""
    list_query: str = ""
    """The query of the list of people that this page was opened from (`list_address`)."""

    @property
    def organization_id(self) -> uuid.UUID:
        """Return the id, which is also that of the organization's chain in the log."""
        return self.organization.id

    @property
    def own_membership(self) -> ActiveMembership:
        """Return the reader's own membership. Raises NotFound for a reader who does not belong to the organization."""
        if self.membership is None:
            raise NotFound
        return self.membership

    @property
    def prepared_values(self) -> dict[str, Any]:
        """Return what the prepared form begins with; empty without one."""
        return dict(self.prepared.content) if self.prepared else {}

    @property
    def sees_activity(self) -> bool:
        """Return whether the reader may see the organization's log."""
        return Verb.ACTIVITY_VIEW in self.abilities

    def is_own(self, membership: uuid.UUID) -> bool:
        """Return whether this membership is the reader's own."""
        return self.membership is not None and self.membership.id == membership

    def require(self, verb: Verb, memberships: Sequence[uuid.UUID]) -> None:
        """Check that the reader may do this to each of these members. Raises Denied."""
        on = policy.MembershipIds(memberships)
        decision = policy.decide(actor=self.viewer, verb=verb, on=on, at=self.at)
        if not decision:
            raise Denied(reason=decision.reason)

    @property
    def list_url(self) -> str:
        """Return the address of the list of people as it was when the reader left it."""
        url = self.url("people")
        return f"{url}?{self.list_query}" if self.list_query else url

    def from_list(self, list_url: str) -> "PageContext":
        """Return the same context for a page from which the reader comes back to this list."""
        return replace(self, list_query=list_address.query_of(list_url))

    def url(self, route: str, **arguments: object) -> str:
        """Return the address of a page of this organization; with the list that the page leads back to."""
        url = reverse(route, kwargs={"organization": self.organization.key, **arguments})
        if self.list_query and list_address.is_between(url.removeprefix(f"/o/{self.organization.key}/")):
            return query_string.with_values(url, {list_address.PARAMETER: self.list_query})
        return url


def organization_page(
    view: Callable[Concatenate[Request, PageContext, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """Decorate views below /o/<organization>/ for members; former members see when their access ended.

    Raises NotFound for others, as for a random key.
    """

    @functools.wraps(view)
    def with_context(
        request: HttpRequest, organization: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        own_request = request_context.require_context(request)
        try:
            page = member_context(own_request, organization)
        except NotFound:
            return former_access.explain(own_request, organization)
        page = _with_prepared(own_request, page, kwargs.get("membership"))
        response = view(own_request, page, *args, **kwargs)
        if page.prepared and request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            prepared_forms.mark_sent(
                prepared=page.prepared.id,
                person=page.viewer.id,
                organization=page.organization_id,
                since=page.at,
            )
        current_organization.remember(own_request, response, own_request.context.memberships)
        _note_visit(own_request, page)
        return response

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", with_context)


def member_context(request: Request, key: str) -> PageContext:
    """Activate the organization's time zone for the rest of the request. Raises NotFound for other readers."""
    membership = request.context.membership(key)
    zone = time_zones.zone_of(membership)
    timezone.activate(zone)
    return PageContext(
        viewer=request.context.actor,
        organization=membership.organization,
        at=request.context.now,
        zone=zone,
        abilities=request.context.abilities(membership.organization.id),
        membership=membership,
        list_query=list_address.opened_from(request.GET),
    )


def _with_prepared(request: Request, page: PageContext, about: object) -> PageContext:
    """Add the prepared form that the request names: what is sent with it names the staff member in the log."""
    about = about if isinstance(about, uuid.UUID) else None
    prepared = looking_along.prepared_of(request, page.own_membership, about)
    if prepared is None:
        return page
    request.prepared = prepared
    viewer = replace(page.viewer, preparer=prepared.staff, preparer_label=prepared.staff_name)
    return replace(page, prepared=prepared, viewer=viewer)


def _note_visit(request: Request, page: PageContext) -> None:
    """Count the browser's sign-in for the organization that it opened, where the person has several."""
    session = request.session
    if page.membership and len(request.context.memberships) > 1 and isinstance(session, SessionStore):
        visits.note(session=session, membership=page.membership, at=page.at)


def session_of(request: Request) -> str:
    """Return the stored key of the requesting browser session; of no use as a cookie."""
    session = request.session
    return session.stored_key() if isinstance(session, SessionStore) and session.session_key else ""


def home_of(membership: ActiveMembership) -> str:
    """Return the address of the membership's start page."""
    return reverse("home", kwargs={"organization": membership.organization.key})
