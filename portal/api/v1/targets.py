"""Programs of the supplier connect a system to an application, change the connection, and see how deliveries go."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.verbs import Verb
from portal.api.permissions import Audience
from portal.api.v1 import target_fields, view
from portal.api.v1.called_application import application_of, require_visible, target_of
from portal.api.v1.fields import ActSerializer, EmptyInput
from portal.api.v1.target_fields import (
    ConnectedSerializer,
    PauseInput,
    TargetChangeInput,
    TargetDetailSerializer,
    TargetInput,
    TestAnswerSerializer,
)
from portal.api.v1.view import KEY, ApiView, Verbs
from portal.signin.customers import rate_limits
from provisioning.accounts import probe, probe_events, target_status
from provisioning.targets import commands, pauses


class TargetView(ApiView):
    """Reads, connects and changes the system of an application."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {
        "GET": (Verb.APPLICATION_VIEW,),
        "POST": (Verb.TARGET_REGISTER,),
        "PATCH": (Verb.TARGET_UPDATE,),
    }

    @extend_schema(
        operation_id="read_target",
        summary="Read the connected system of an application",
        responses=TargetDetailSerializer,
    )
    def get(self, request: Request, application: str) -> Response:
        """Read how the deliveries go: what waits, what fails, and how long changes take."""
        called = application_of(request, application, Verb.APPLICATION_VIEW)
        status = target_of(called)
        found = target_fields.detail(
            status,
            lag=target_status.confirmations(target=status.id, at=called.caller.at),
            failing=target_status.failures(target=status.id),
            out_of_date=target_status.differing(target=status.id),
            settings=target_status.settings_of(target=status.id),
        )
        return Response(found)

    @extend_schema(
        operation_id="connect_target",
        summary="Connect a system to an application",
        parameters=[KEY],
        request=TargetInput,
        responses={201: ConnectedSerializer},
    )
    def post(self, request: Request, application: str) -> Response:
        """Connect a SCIM system; people with rights in the application get an account there from now on."""
        called = application_of(request, application, Verb.TARGET_REGISTER)
        asked = view.parsed(TargetInput, request.data)
        require_visible(called, asked.get("include_applications", ()))
        outcome = commands.register(
            actor=called.caller.actor,
            application=called.found.row,
            idempotency_key=view.idempotency_key(request),
            **asked,
        )
        return view.done(outcome, status=201, target=outcome.result.target)

    @extend_schema(
        operation_id="change_target",
        summary="Change the connected system of an application",
        parameters=[KEY],
        request=TargetChangeInput,
        responses=ActSerializer,
    )
    def patch(self, request: Request, application: str) -> Response:
        """Change what is named; all accounts are computed again, and after a change of address read first."""
        called = application_of(request, application, Verb.TARGET_UPDATE)
        status = target_of(called)
        asked = view.parsed(TargetChangeInput, request.data)
        require_visible(called, asked.get("include_applications", ()))
        outcome = commands.change(
            actor=called.caller.actor,
            target=status.id,
            changes=asked,
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class TargetPauseView(ApiView):
    """Pauses the deliveries to a system for some hours."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.TARGET_PAUSE,)}

    @extend_schema(
        operation_id="pause_target",
        summary="Pause the deliveries to a connected system",
        parameters=[KEY],
        request=PauseInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, application: str) -> Response:
        """Deliver nothing for so many hours: changes and removals wait."""
        called = application_of(request, application, Verb.TARGET_PAUSE)
        outcome = pauses.pause(
            actor=called.caller.actor,
            target=target_of(called).id,
            hours=view.parsed(PauseInput, request.data)["hours"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class TargetResumptionView(ApiView):
    """Resumes the deliveries before the pause ends."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.TARGET_RESUME,)}

    @extend_schema(
        operation_id="resume_target",
        summary="Resume the deliveries to a connected system",
        parameters=[KEY],
        request=EmptyInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, application: str) -> Response:
        """Deliver what waited."""
        called = application_of(request, application, Verb.TARGET_RESUME)
        view.parsed(EmptyInput, request.data)
        outcome = pauses.resume(
            actor=called.caller.actor,
            target=target_of(called).id,
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class TargetSyncView(ApiView):
    """Synchronizes all accounts."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.TARGET_SYNC,)}

    @extend_schema(
        operation_id="sync_target",
        summary="Sync all accounts of a connected system",
        parameters=[KEY],
        request=EmptyInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, application: str) -> Response:
        """Read every account there, and correct it where it differs; the answer comes before that is done."""
        called = application_of(request, application, Verb.TARGET_SYNC)
        view.parsed(EmptyInput, request.data)
        outcome = pauses.sync(
            actor=called.caller.actor,
            target=target_of(called).id,
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class TargetTestView(ApiView):
    """Sends a test call."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.TARGET_UPDATE,)}

    @extend_schema(
        operation_id="test_target",
        summary="Send a test call to a connected system",
        request=EmptyInput,
        responses=TestAnswerSerializer,
    )
    def post(self, request: Request, application: str) -> Response:
        """Read a page of its records and keep none; it takes up to 30 seconds, and 20 of them are sent in an hour."""
        called = application_of(request, application, Verb.TARGET_UPDATE)
        status, actor = target_of(called), called.caller.actor
        view.parsed(EmptyInput, request.data)
        wait = rate_limits.take((rate_limits.TARGET_TEST, str(actor.responsible))).wait
        if wait:
            raise Throttled(wait)
        answer = probe.probe_target(target=status.id)
        probe_events.record(actor=actor, application=called.found.key, target=status.id, answer=answer)
        return Response({"code": answer.code, "detail": answer.detail, "seconds": answer.seconds})
