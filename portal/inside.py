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

from audit.actor import Actor
from delegation.verbs import Verb
from identity.models import Membership, Organization
from identity.sessions import SessionStore
from portal import zones
from portal.requests import Request

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Here:
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
        return zones.of(self.membership)

    @property
    def sees_activity(self) -> bool:
        """Whether the reader may see what happened."""
        return Verb.ACTIVITY_SEE in self.verbs

    def url(self, route: str, **where: object) -> str:
        """The address of a page of this organization."""
        return reverse(route, kwargs={"organization": self.organization.key, **where})


def inside(
    view: Callable[Concatenate[Request, Here, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """For views below /o/<organization>/. Raises NotFound, as for a random key, where the reader is no colleague."""

    @functools.wraps(view)
    def found(request: HttpRequest, organization: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request, Request):
            raise TypeError(request)
        return view(request, here(request, organization), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", found)


def here(request: Request, organization: str) -> Here:
    """Times in sentences are from now on those of the reader. Raises NotFound."""
    membership = request.membership(organization)
    timezone.activate(zones.of(membership))
    return Here(
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
