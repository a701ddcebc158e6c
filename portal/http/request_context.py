"""A request as our pages see it: who acts, when, from where, under which number."""

import datetime as dt
import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from audit.foundation import actor as foundation_actor
from audit.foundation import clock, ids
from audit.foundation.actor import Actor, Channel, Kind
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.people.models import User
from portal.wording import time_zones


class Request(WSGIRequest):
    """What `portal.middleware.RequestLog` makes of every request; nothing is computed before it is asked for."""

    @cached_property
    def request_id(self) -> str:
        """Stands in the log line, in events and on error pages. Never the caller's: it could not be trusted."""
        return ids.uuid7().hex

    @cached_property
    def now(self) -> dt.datetime:
        """One instant for the whole request, by the database's clock."""
        return clock.now()

    @property
    def actor(self) -> Actor:
        """The person signed in, else the system. Not kept: signing in changes it within the request."""
        user = getattr(self, "user", None)
        return person(self, user) if isinstance(user, User) else nobody(self)

    @cached_property
    def memberships(self) -> Sequence[Membership]:
        """Where the person signed in is an active colleague, by name. One statement."""
        return (
            memberships_queries.eligible(user=self.user, at=self.now) if isinstance(self.user, User) else []
        )

    def membership(self, key: str) -> Membership:
        """The membership in the organization with this key. Raises NotFound, as for a key that nobody has."""
        for one in self.memberships:
            if one.organization.key == key:
                return one
        raise NotFound

    @property
    def zone(self) -> ZoneInfo | None:
        """The reader's time zone at the company in the address, else at any of theirs; None for a stranger."""
        key = self.resolver_match.kwargs.get("organization") if self.resolver_match else ""
        known = self.memberships if hasattr(self, "user") else []  # a wrong host is refused before that
        mine = sorted(known, key=lambda one: one.organization.key != key)
        return time_zones.zone_of(mine[0]) if mine else None

    def abilities(self, organization: uuid.UUID) -> frozenset[Verb]:
        """What the reader may do somewhere in this organization; asked once a request. Three statements."""
        if organization not in self._abilities:
            self._abilities[organization] = policy.organization_abilities(
                actor=self.actor, organization=organization, at=self.now
            )
        return self._abilities[organization]

    @cached_property
    def _abilities(self) -> dict[uuid.UUID, frozenset[Verb]]:
        return {}


def person(request: HttpRequest, user: User) -> Actor:
    """This person, through the web."""
    return Actor(
        kind=Kind.PERSON,
        id=uuid.UUID(str(user.pk)),
        channel=Channel.WEB,
        label=user.name,
        address=address_of(request.META),
        request_id=number(request),
    )


def nobody(request: HttpRequest) -> Actor:
    """The system, for what happens before anybody has signed in."""
    system = foundation_actor.system(channel=Channel.WEB)
    return Actor(
        kind=system.kind, id=system.id, channel=system.channel, label=system.label, request_id=number(request)
    )


def number(request: HttpRequest) -> str:
    """The request's number; empty for one that did not come through the middleware."""
    return request.request_id if isinstance(request, Request) else ""


def address_of(meta: Mapping[str, object]) -> str:
    """The client's IP address, counted from the proxies of ours; empty when there is none to be had."""
    address = str(meta.get("REMOTE_ADDR") or "")
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",") if part.strip()]
    if proxies and len(told) >= proxies:
        address = told[-proxies]
    return _plain(address)


def _plain(address: str) -> str:
    host = address
    if address.startswith("["):
        host = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        host = address.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
