"""Every page of the desk starts from the staff member who reads it, and the customer that it is about."""

import functools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from delegation.authorization import policy
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.organizations import queries as organizations_queries
from delegation.organizations.customer_numbers import Number
from delegation.staff import readings
from delegation.staff.readings import Reading
from delegation.suspensions import rules as suspensions_rules
from portal.http import request_context
from portal.http.request_context import Request
from portal.shell.page_context import PageContext
from portal.signin.staff import reader
from portal.signin.staff.reader import StaffReader
from portal.wording import time_zones

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class OrganizationPage:
    """Describes the reader of a page about one customer; `page.abilities` are the verbs that the rights allow there."""

    reader: StaffReader
    page: PageContext
    numbers: Sequence[Number]
    """The numbers of the customer in its business units."""

    def covers_whole(self, verb: Verb) -> bool:
        """Return whether the rights allow the verb for all of the customer's business units."""
        return suspensions_rules.covers_whole(
            own=self.reader.own,
            verb=verb,
            organization=self.page.organization_id,
            units={one.unit_id for one in self.numbers},
        )

    def record(self, what: Reading, *, membership: uuid.UUID | None = None) -> None:
        """Record in the customer's log that the reader reads this, about one member or the whole customer."""
        readings.record(
            actor=self.reader.actor,
            what=what,
            organizations=[self.page.organization_id],
            at=self.page.at,
            membership=membership,
        )


def desk_page(
    verb: Verb | None = None,
) -> Callable[
    [Callable[Concatenate[Request, StaffReader, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Decorate views for all staff, or for those whose rights allow `verb` somewhere. Raises Denied for others."""

    def decorate(
        view: Callable[Concatenate[Request, StaffReader, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @login_not_required
        @functools.wraps(view)
        def with_reader(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            own_request = request_context.require_context(request)
            found = reader.reader_of(own_request)
            if verb is not None and verb not in found.verbs:
                raise Denied(reason="no_permission")
            return view(own_request, found, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", with_reader)

    return decorate


def organization_page(
    verb: Verb, *, reading: Reading | None = None
) -> Callable[
    [Callable[Concatenate[Request, OrganizationPage, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponse],
]:
    """Decorate views below organizations/<organization>/ for staff whose rights allow `verb` there.

    `reading` is recorded in the customer's log before the view runs. Raises NotFound for staff without any right there,
    as for an unknown key, and Denied for those whose rights allow something else.
    """

    def decorate(
        view: Callable[Concatenate[Request, OrganizationPage, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
        @login_not_required
        @functools.wraps(view)
        def with_organization(
            request: HttpRequest, organization: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            own_request = request_context.require_context(request)
            found = _organization_page(own_request, organization)
            if verb not in found.page.abilities:
                raise Denied(reason="no_permission")
            if reading is not None:
                found.record(reading)
            return view(own_request, found, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", with_organization)

    return decorate


def _organization_page(request: Request, key: str) -> OrganizationPage:
    """Activate the customer's time zone for the rest of the request. Two statements. Raises NotFound."""
    found = reader.reader_of(request)
    customer = organizations_queries.find(key=key)
    if customer is None:
        raise NotFound
    organization = customer.organization
    units = {number.unit_id for number in customer.numbers}
    abilities = policy.staff_abilities(own=found.own, organization=organization.id, units=units)
    if not abilities:
        raise NotFound
    zone = time_zones.first_known(organization.time_zone)
    timezone.activate(zone)
    page = PageContext(
        viewer=found.actor,
        organization=organization,
        at=found.at,
        zone=zone,
        abilities=abilities,
        membership=None,
    )
    return OrganizationPage(found, page, customer.numbers)
