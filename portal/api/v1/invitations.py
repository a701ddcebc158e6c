"""Invitations are listed, sent, sent again and cancelled; the link goes to its address alone."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.verbs import Verb
from delegation.invitations import queries as invitations_queries
from delegation.invitations.commands import send as invitations_send
from portal.api import pagination
from portal.api.v1 import access_fields, view
from portal.api.v1.access_fields import AccessInput, LimitSerializer, SiteSerializer
from portal.api.v1.fields import ActSerializer, EmptyInput, InputSerializer, PageParameters
from portal.api.v1.view import KEY, ApiView, Verbs
from portal.web.invitations import mail, outside_notice


class InvitationSerializer(serializers.Serializer[Any]):
    """Shows an open invitation, without its link."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    all_sites = serializers.BooleanField()
    sites = SiteSerializer(many=True)
    limits = LimitSerializer(many=True)
    access_until = serializers.DateTimeField(allow_null=True, help_text="The end of the offered access.")
    expires_at = serializers.DateTimeField(help_text="The end of the link.")
    acceptable = serializers.BooleanField(help_text="False where its sender can no longer assign the access.")


class InvitationsPageSerializer(serializers.Serializer[Any]):
    """Shows a page of open invitations, the oldest first."""

    items = InvitationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class InvitationInput(InputSerializer):
    """Reads who is invited, and what the person gets."""

    email = serializers.CharField(max_length=254)
    name = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    language = serializers.CharField(required=False, default="en", max_length=10)
    access = AccessInput()
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class InvitationSentSerializer(ActSerializer):
    """Shows the act, and the invitation that it sent."""

    invitation = serializers.UUIDField()


class InvitationsView(ApiView):
    """Lists and sends invitations."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_INVITE,), "POST": (Verb.MEMBER_INVITE,)}

    @extend_schema(
        operation_id="list_invitations",
        summary="List open invitations",
        parameters=[PageParameters],
        responses=InvitationsPageSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """List the open invitations that the service user could have sent, expired ones too."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        view.require_ability(request, Verb.MEMBER_INVITE)
        asked = view.query(PageParameters, request)
        scope = invitations_queries.pending_scope(actor=caller.actor, organization=found.id, at=caller.at)
        after = pagination.row_of(asked["after"])
        page = invitations_queries.pending_page(among=scope, after=after, size=asked["limit"])
        if after and page.rows and page.previous is None:
            raise pagination.invalid_cursor()
        ids = [row.id for row in page.rows]
        rows = invitations_queries.pending(among=scope, ids=ids, at=caller.at)
        items = [InvitationSerializer(row).data for row in rows]
        return Response(pagination.page(items, last=page.next))

    @extend_schema(
        operation_id="invite_person",
        summary="Invite a person",
        parameters=[KEY],
        request=InvitationInput,
        responses={201: InvitationSentSerializer},
    )
    def post(self, request: Request, organization: str) -> Response:
        """Mail an invitation. No answer holds its link, because reading the mail proves whose address it is."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        asked = view.parsed(InvitationInput, request.data)
        outcome = invitations_send.invite(
            actor=caller.actor,
            organization=found.row,
            email=asked["email"],
            access=access_fields.access_of(asked["access"]),
            name=asked["name"],
            language=asked["language"],
            reason=asked["reason"],
            idempotency_key=view.idempotency_key(request),
        )
        offers = mail.queue_for_links([outcome.result.link] if outcome.result.link else [], at=caller.at)
        if offers:
            outside_notice.queue_notices(offers=offers, page=view.page_context(request, found))
        return view.done(outcome, status=201, invitation=outcome.result.invitation)


class InvitationResendView(ApiView):
    """Sends an invitation again."""

    verbs: ClassVar[Verbs] = {"POST": (Verb.INVITATION_RESEND,)}

    @extend_schema(
        operation_id="resend_invitation",
        summary="Send an invitation again",
        parameters=[KEY],
        request=EmptyInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str, invitation: uuid.UUID) -> Response:
        """Mail a new link. The service user becomes the sender."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        view.parsed(EmptyInput, request.data)
        row = invitations_queries.find(
            actor=caller.actor,
            verb=Verb.INVITATION_RESEND,
            organization=found.id,
            at=caller.at,
            invitation=invitation,
        )
        outcome = invitations_send.resend(
            actor=caller.actor, invitation=row, idempotency_key=view.idempotency_key(request)
        )
        mail.queue_for_links([outcome.result.link] if outcome.result.link else [], at=caller.at)
        return view.done(outcome)


class InvitationCancelView(ApiView):
    """Cancels an invitation."""

    verbs: ClassVar[Verbs] = {"POST": (Verb.INVITATION_CANCEL,)}

    @extend_schema(
        operation_id="cancel_invitation",
        summary="Cancel an invitation",
        parameters=[KEY],
        request=EmptyInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str, invitation: uuid.UUID) -> Response:
        """Cancel an open invitation: its link stops working."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        view.parsed(EmptyInput, request.data)
        row = invitations_queries.find(
            actor=caller.actor,
            verb=Verb.INVITATION_CANCEL,
            organization=found.id,
            at=caller.at,
            invitation=invitation,
        )
        outcome = invitations_send.cancel(
            actor=caller.actor, invitations=[row], idempotency_key=view.idempotency_key(request)
        )
        return view.done(outcome)
