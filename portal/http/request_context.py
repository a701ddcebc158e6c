"""Each request has a context: the actor, the instant, the address and the id of the request."""

import datetime as dt
import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

from audit.foundation import actor as foundation_actor
from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from identity.memberships import queries as memberships_queries
from identity.memberships.queries import ActiveMembership
from portal.http import current_organization, reference
from portal.wording import time_zones

_IPV6_SITE = 64


class RequestContext:
    """Computes the values that pages share within one request, each on its first use."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def request_id(self) -> str:
        """Return the id for log lines, events, X-Request-ID and error pages; the caller's could not be trusted."""
        return reference.new_reference()

    @cached_property
    def now(self) -> dt.datetime:
        """Return the single instant of the whole request, by the database's clock."""
        return clock.now()

    def start_at(self, at: dt.datetime) -> None:
        """Take this instant, which another statement has read, where `now` was not read yet."""
        self.__dict__.setdefault("now", at)

    @property
    def actor(self) -> Actor:
        """Return the person signed in, else the system. Not cached: signing in changes it within the request."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return system(self._request)
        return person(self._request, user=user.pk, name=user.name)

    @cached_property
    def memberships(self) -> Sequence[ActiveMembership]:
        """Return the active memberships of the person signed in, by the organization's name. One statement."""
        if not self._request.user.is_authenticated:
            return []
        return memberships_queries.active_of_user(user=self._request.user, at=self.now)

    def membership(self, key: str) -> ActiveMembership:
        """Find the membership in the organization with this key. Raises NotFound, as for an unknown key."""
        for membership in self.memberships:
            if membership.organization.key == key:
                return membership
        raise NotFound

    @property
    def current_membership(self) -> ActiveMembership | None:
        """Return the membership in the reader's current organization; None without one, or before a choice."""
        return current_organization.choose(self._request, self.memberships)

    @property
    def zone(self) -> ZoneInfo | None:
        """Return the zone of the current organization, else of any of the reader's; None without one."""
        if not hasattr(self._request, "user"):  # a wrong host is refused before that
            return None
        membership = self.current_membership or next(iter(self.memberships), None)
        return time_zones.zone_of(membership) if membership else None

    def abilities(self, organization: uuid.UUID) -> frozenset[Verb]:
        """Return the verbs the reader holds somewhere in this organization; read once per request. Three statements."""
        if organization not in self._abilities:
            self._abilities[organization] = policy.organization_abilities(
                actor=self.actor, organization=organization, at=self.now
            )
        return self._abilities[organization]

    @cached_property
    def _abilities(self) -> dict[uuid.UUID, frozenset[Verb]]:
        return {}


class Request(HttpRequest):
    """Types a request that passed `portal.middleware.RequestLog`; it is never instantiated."""

    context: RequestContext
    prepared: object = None
    """The form that a staff member prepared, where the request names one (`portal.shell.looking_along`)."""


def attach_context(request: HttpRequest) -> Request:
    """Give a request its context."""
    with_context = cast("Request", request)
    with_context.context = RequestContext(request)
    return with_context


def context_of(request: HttpRequest) -> RequestContext | None:
    """Return the context; None for a request that did not pass the middleware."""
    context = getattr(request, "context", None)
    return context if isinstance(context, RequestContext) else None


def require_context(request: HttpRequest) -> Request:
    """Return the request with its context. Raises TypeError for one that did not pass the middleware."""
    if context_of(request) is None:
        raise TypeError(request)
    return cast("Request", request)


def person(request: HttpRequest, *, user: uuid.UUID, name: str) -> Actor:
    """Return this person, acting through the web."""
    return Actor(
        kind=ActorKind.PERSON,
        id=user,
        channel=Channel.WEB,
        label=name,
        address=address_of(request.META),
        request_id=request_id(request),
    )


def system(request: HttpRequest) -> Actor:
    """Return the system, for what happens before a sign-in."""
    actor = foundation_actor.system(channel=Channel.WEB)
    return Actor(
        kind=actor.kind,
        id=actor.id,
        channel=actor.channel,
        label=actor.label,
        request_id=request_id(request),
    )


def request_id(request: HttpRequest) -> str:
    """Return the request's id; empty for a request that did not pass the middleware."""
    context = context_of(request)
    return context.request_id if context else ""


def address_of(meta: Mapping[str, object]) -> str:
    """Return the client's IP address, counted from our own proxies; empty where the headers name no valid address."""
    address = str(meta.get("REMOTE_ADDR") or "")
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [
        part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",") if part.strip()
    ]
    if proxies and len(forwarded) >= proxies:
        address = forwarded[-proxies]
    return _without_port(address)


def network(address: str, *, site: int = _IPV6_SITE) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 address, which one subscriber gets.

    `site` is another length of the prefix. All requests without a valid address are one client.
    """
    if ":" not in address:
        return address
    parsed = ipaddress.IPv6Address(address)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, site), strict=False))


def _without_port(address: str) -> str:
    host = address
    if address.startswith("["):
        host = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        host = address.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
