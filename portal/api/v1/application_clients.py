"""Programs of the supplier register clients of an application, change them, and rotate and retire their secrets."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.applications import clients
from delegation.authorization.verbs import Verb
from portal.api.permissions import Audience
from portal.api.v1 import application_fields, view
from portal.api.v1.application_fields import (
    ClientChangeInput,
    ClientInput,
    ClientSecretSerializer,
    ClientSerializer,
    RotationInput,
)
from portal.api.v1.called_application import application_of, client_of
from portal.api.v1.fields import ActSerializer, EmptyInput
from portal.api.v1.view import KEY, ApiView, Verbs


class ClientsView(ApiView):
    """Registers a further client of an application."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CLIENT_REGISTER,)}

    @extend_schema(
        operation_id="register_client",
        summary="Register a client of an application",
        parameters=[KEY],
        request=ClientInput,
        responses={201: ClientSecretSerializer},
    )
    def post(self, request: Request, application: str) -> Response:
        """Register an OpenID Connect client; its secret is in this answer alone."""
        called = application_of(request, application, Verb.CLIENT_REGISTER)
        new = application_fields.client_of_input(view.parsed(ClientInput, request.data))
        outcome = clients.register(
            actor=called.caller.actor,
            application=called.found.row,
            client=new,
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome, status=201, client_id=new.client_id, secret=outcome.result.secret)


class OneClientView(ApiView):
    """Reads and changes a client."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.APPLICATION_VIEW,), "PATCH": (Verb.CLIENT_UPDATE,)}

    @extend_schema(operation_id="read_client", summary="Read a client", responses=ClientSerializer)
    def get(self, request: Request, application: str, client: str) -> Response:
        """Read a client, without its secret."""
        called = application_of(request, application, Verb.APPLICATION_VIEW)
        return Response(application_fields.client_row(client_of(called, client)))

    @extend_schema(
        operation_id="change_client",
        summary="Change a client",
        parameters=[KEY],
        request=ClientChangeInput,
        responses=ClientSecretSerializer,
    )
    def patch(self, request: Request, application: str, client: str) -> Response:
        """Change what is named, or close the client. One that loses its keys gets a secret, in this answer alone."""
        called = application_of(request, application, Verb.CLIENT_UPDATE)
        found = client_of(called, client)
        asked = view.parsed(ClientChangeInput, request.data)
        outcome = clients.update(
            actor=called.caller.actor,
            client=found.id,
            changes=application_fields.changes_of_input(asked),
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome, client_id=found.id, secret=outcome.result.secret)


class ClientRotationView(ApiView):
    """Rotates the secret of a client."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CLIENT_ROTATE,)}

    @extend_schema(
        operation_id="rotate_client_secret",
        summary="Rotate the secret of a client",
        parameters=[KEY],
        request=RotationInput,
        responses=ClientSecretSerializer,
    )
    def post(self, request: Request, application: str, client: str) -> Response:
        """Make a new secret, in this answer alone. The present one works for the overlap; an older one no longer."""
        called = application_of(request, application, Verb.CLIENT_ROTATE)
        found = client_of(called, client)
        outcome = clients.rotate_secret(
            actor=called.caller.actor,
            client=found.id,
            overlap_hours=view.parsed(RotationInput, request.data)["overlap_hours"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome, client_id=found.id, secret=outcome.result.secret)


class ClientRetirementView(ApiView):
    """Retires the replaced secret of a client."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CLIENT_RETIRE,)}

    @extend_schema(
        operation_id="retire_client_secret",
        summary="Retire the replaced secret of a client",
        parameters=[KEY],
        request=EmptyInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, application: str, client: str) -> Response:
        """Accept the replaced secret no longer."""
        called = application_of(request, application, Verb.CLIENT_RETIRE)
        found = client_of(called, client)
        view.parsed(EmptyInput, request.data)
        outcome = clients.end_former_secret(
            actor=called.caller.actor, client=found.id, idempotency_key=view.idempotency_key(request)
        )
        return view.done(outcome)
