"""Where a page inside an organization stands: who reads it, as a colleague of which company, at which instant."""

import datetime as dt
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from audit.foundation.actor import Actor
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.sessions.store import SessionStore
from portal.http.request_context import Request
from portal.wording import time_zones

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class PageContext:
    """All a page needs to know before it knows what it is about."""

    actor: Actor
    at: dt.datetime
    membership: Membership
    verbs: frozenset[Verb]
    """What the reader may do somewhere in this organization."""
    alone: bool
    """Whether it is the reader's only organization."""

    @property
    def organization(self) -> Organization:
        """The company in the address."""
        return self.membership.organization

    @property
    def company(self) -> uuid.UUID:
        """Its id."""
        return self.membership.organization_id

    @property
    def zone(self) -> ZoneInfo:
        """The reader's time zone, else the company's."""
        return time_zones.zone_of(self.membership)

    @property
    def sees_activity(self) -> bool:
        """Whether the reader may see what happened."""
        return Verb.ACTIVITY_VIEW in self.verbs

    def url(self, route: str, **where: object) -> str:
        """The address of a page of this organization."""
        return reverse(route, kwargs={"organization": self.organization.key, **where})


def organization_page(
    view: Callable[Concatenate[Request, PageContext, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """For views below /o/<organization>/. Raises NotFound, as for a random key, where the reader is no colleague."""

    @functools.wraps(view)
    def found(request: HttpRequest, organization: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request, Request):
            raise TypeError(request)
        return view(request, page_context(request, organization), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", found)


def page_context(request: Request, organization: str) -> PageContext:
    """Times in sentences are from now on those of the reader. Raises NotFound."""
    membership = request.membership(organization)
    timezone.activate(time_zones.zone_of(membership))
    return PageContext(
        actor=request.actor,
        at=request.now,
        membership=membership,
        verbs=request.abilities(membership.organization_id),
        alone=len(request.memberships) == 1,
    )


def session_of(request: Request) -> str:
    """The stored key of the browser session that asks; of no use as a cookie."""
    session = request.session
    return session.stored_key() if isinstance(session, SessionStore) and session.session_key else ""


def home_of(membership: Membership) -> str:
    """The address of the start page there."""
    return reverse("home", kwargs={"organization": membership.organization.key})
