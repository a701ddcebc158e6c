"""Programs of the supplier read and keep the contacts of a customer."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.verbs import Verb
from delegation.customer_contacts import commands, queries
from delegation.customer_contacts.new_contact import NewContact
from delegation.staff.readings import Reading
from portal.api.permissions import Audience
from portal.api.v1 import view
from portal.api.v1.customer import customer_of
from portal.api.v1.fields import ActSerializer, InputSerializer
from portal.api.v1.view import KEY, ApiView, Verbs
from portal.wording import record_events

_KINDS = sorted(record_events.CONTACT_KINDS)


class ContactSerializer(serializers.Serializer[Any]):
    """Shows a contact."""

    id = serializers.UUIDField(source="contact")
    kind = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    valid_from = serializers.DateTimeField(help_text="Since when this is known.")


class ContactsSerializer(serializers.Serializer[Any]):
    """Shows the contacts, by kind and name."""

    items = ContactSerializer(many=True)


class ContactInput(InputSerializer):
    """Reads a contact, who has a mail address or a telephone number."""

    kind = serializers.ChoiceField(_KINDS)
    name = serializers.CharField(max_length=200)
    email = serializers.CharField(required=False, default="", allow_blank=True, max_length=254)
    phone = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)


class ContactAddedSerializer(ActSerializer):
    """Shows the act, and the contact that it added."""

    contact = serializers.UUIDField()


class EndInput(InputSerializer):
    """Reads an empty object."""


class ContactsView(ApiView):
    """Lists and adds contacts."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "POST": (Verb.CUSTOMER_CONTACT_ADD,)}

    @extend_schema(
        operation_id="list_contacts", summary="List a customer's contacts", responses=ContactsSerializer
    )
    def get(self, request: Request, organization: str) -> Response:
        """List the contacts that are known now."""
        customer = customer_of(request, organization, Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
        found = queries.in_force(organization=customer.id, at=customer.caller.at)
        return Response({"items": [ContactSerializer(one).data for one in found]})

    @extend_schema(
        operation_id="add_contact",
        summary="Add a contact",
        parameters=[KEY],
        request=ContactInput,
        responses={201: ContactAddedSerializer},
    )
    def post(self, request: Request, organization: str) -> Response:
        """Add a contact."""
        customer = customer_of(request, organization, Verb.CUSTOMER_CONTACT_ADD)
        outcome = commands.add(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            new=NewContact(**view.parsed(ContactInput, request.data)),
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome, status=201, contact=outcome.result.contact)


class OneContactView(ApiView):
    """Changes a contact."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"PUT": (Verb.CUSTOMER_CONTACT_CHANGE,)}

    @extend_schema(
        operation_id="change_contact",
        summary="Change a contact",
        parameters=[KEY],
        request=ContactInput,
        responses=ActSerializer,
    )
    def put(self, request: Request, organization: str, contact: uuid.UUID) -> Response:
        """Change what is known of a contact from now on."""
        customer = customer_of(request, organization, Verb.CUSTOMER_CONTACT_CHANGE)
        outcome = commands.change(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            contact=contact,
            new=NewContact(**view.parsed(ContactInput, request.data)),
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class ContactEndView(ApiView):
    """Ends a contact."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CUSTOMER_CONTACT_END,)}

    @extend_schema(
        operation_id="end_contact",
        summary="End a contact",
        parameters=[KEY],
        request=EndInput,
        responses=ActSerializer,
    )
    def post(self, request: Request, organization: str, contact: uuid.UUID) -> Response:
        """End a contact now; the history keeps it."""
        customer = customer_of(request, organization, Verb.CUSTOMER_CONTACT_END)
        view.parsed(EndInput, request.data)
        outcome = commands.end(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            contact=contact,
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)
