"""Programs of the supplier list and read applications, and register one."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.applications import commands, queries
from delegation.authorization import policy
from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from portal.api import pagination
from portal.api.permissions import Audience
from portal.api.v1 import application_fields, target_fields, view
from portal.api.v1.application_fields import (
    ApplicationInput,
    ApplicationRegisteredSerializer,
    ApplicationsPageSerializer,
)
from portal.api.v1.called_application import application_of
from portal.api.v1.fields import PageParameters
from portal.api.v1.target_fields import ApplicationDetailSerializer
from portal.api.v1.view import KEY, ApiView, Verbs
from provisioning.accounts import target_status


class ApplicationsView(ApiView):
    """Lists and registers applications."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.APPLICATION_VIEW,), "POST": (Verb.APPLICATION_REGISTER,)}

    @extend_schema(
        operation_id="list_applications",
        summary="List applications",
        parameters=[PageParameters],
        responses=ApplicationsPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List the applications of the business units that the program's rights cover, by key."""
        caller = view.caller_of(request)
        asked = view.query(PageParameters, request)
        own = policy.staff_authorities(actor=caller.actor, at=caller.at)
        if Verb.APPLICATION_VIEW not in policy.staff_verbs(own=own):
            raise Denied(reason="no_permission")
        after = pagination.row_of(asked["after"])
        page = queries.page(actor=caller.actor, at=caller.at, after=after, size=asked["limit"])
        if page is None:
            raise pagination.invalid_cursor()
        rows = [application_fields.application_row(one) for one in page.views]
        return Response(pagination.page(rows, last=page.next))

    @extend_schema(
        operation_id="register_application",
        summary="Register an application",
        parameters=[KEY],
        request=ApplicationInput,
        responses={201: ApplicationRegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        """Register an application, with its first client if it is named; the secret is in this answer alone."""
        asked = view.parsed(ApplicationInput, request.data)
        client = asked["client"] and application_fields.client_of_input(asked["client"])
        outcome = commands.register_application(
            actor=view.caller_of(request).actor,
            key=asked["key"],
            name=asked["name"],
            unit=asked["unit"],
            client=client,
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome, status=201, application=asked["key"], secret=outcome.result.secret)


class ApplicationDetailView(ApiView):
    """Reads one application."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.APPLICATION_VIEW,)}

    @extend_schema(
        operation_id="read_application",
        summary="Read an application",
        responses=ApplicationDetailSerializer,
    )
    def get(self, request: Request, application: str) -> Response:
        """Read an application with its clients, and the state of the system that is connected to it."""
        called = application_of(request, application, Verb.APPLICATION_VIEW)
        key, at = called.found.id, called.caller.at
        status = target_status.of_applications(applications=[key], at=at).get(key)
        clients = queries.clients(applications=[key], at=at)[key]
        more = {
            "clients": [application_fields.client_row(client) for client in clients],
            "target": target_fields.summary(status) if status else None,
        }
        return Response(application_fields.application_row(called.found) | more)
