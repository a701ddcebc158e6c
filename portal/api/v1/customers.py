"""Programs of the supplier search and read customers, and onboard one."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization import policy
from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.customer_contacts.new_contact import MAX_CONTACTS, NewContact
from delegation.onboarding import commands as onboarding_commands
from delegation.onboarding.new_customer import MAX_ADMINS, FirstAdmin, NewCustomer
from delegation.organizations import queries as organizations_queries
from delegation.organizations.new_organization import MAX_DOMAINS, NewOrganization
from delegation.organizations.queries import CustomerRow
from delegation.staff.readings import Reading
from portal.api import pagination
from portal.api.permissions import Audience
from portal.api.v1 import offer_fields, view
from portal.api.v1.customer import customer_of
from portal.api.v1.customer_contacts import ContactInput
from portal.api.v1.fields import ActSerializer, InputSerializer, PageParameters
from portal.api.v1.offer_fields import OfferInput
from portal.api.v1.view import KEY, ApiView, Verbs
from portal.web.invitations import mail

_MOST_SITES, _MOST_UNITS = 500, 50


class NumberSerializer(serializers.Serializer[Any]):
    """Shows the number by which a business unit knows a customer."""

    unit = serializers.CharField(help_text="The key of the business unit.")
    name = serializers.CharField()
    number = serializers.CharField()


class CustomerSerializer(serializers.Serializer[Any]):
    """Shows a customer in a list."""

    key = serializers.CharField(help_text="Names the customer in addresses.")
    name = serializers.CharField()
    register_id = serializers.CharField(help_text="May be empty.")
    suspended = serializers.BooleanField()
    numbers = NumberSerializer(many=True)


class CustomersPageSerializer(serializers.Serializer[Any]):
    """Shows a page of customers, in the order of names."""

    items = CustomerSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class CustomerDetailSerializer(CustomerSerializer):
    """Shows a customer."""

    language = serializers.CharField()
    time_zone = serializers.CharField()
    mail_domains = serializers.ListField(child=serializers.CharField())


class SearchParameters(PageParameters):
    """Reads what is searched for."""

    text = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Words of the name or of a contact, a customer number, a business ID, or a mail domain.",
    )


class SiteInput(InputSerializer):
    """Reads a site."""

    name = serializers.CharField(max_length=120)
    external_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)


class AdminInput(InputSerializer):
    """Reads a first admin, who is invited."""

    email = serializers.CharField(max_length=254)
    name = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    language = serializers.CharField(required=False, default="en", max_length=10)


class CustomerInput(InputSerializer):
    """Reads a customer to onboard: with `template`, what is offered is that template's."""

    key = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    register_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)
    language = serializers.CharField(required=False, default="en", max_length=10)
    time_zone = serializers.CharField(required=False, default="Europe/Helsinki", max_length=60)
    numbers = serializers.DictField(
        child=serializers.CharField(max_length=40), help_text="The customer number by business unit."
    )
    sites = serializers.ListField(child=SiteInput(), required=False, default=list, max_length=_MOST_SITES)
    mail_domains = serializers.ListField(
        child=serializers.CharField(max_length=253), required=False, default=list, max_length=MAX_DOMAINS
    )
    contacts = serializers.ListField(
        child=ContactInput(), required=False, default=list, max_length=MAX_CONTACTS
    )
    admins = serializers.ListField(child=AdminInput(), min_length=1, max_length=MAX_ADMINS)
    template = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)
    offer = serializers.ListField(
        child=OfferInput(), required=False, default=list, max_length=offer_fields.MOST
    )

    def validate_numbers(self, numbers: dict[str, str]) -> dict[str, str]:
        """Require a business unit, and bound their number. Raises ValidationError."""
        if not 1 <= len(numbers) <= _MOST_UNITS:
            raise serializers.ValidationError("Name the customer number of a business unit.", "required")
        return numbers


class OnboardedSerializer(ActSerializer):
    """Shows the act, and the key of the new customer."""

    organization = serializers.CharField()


class CustomersView(ApiView):
    """Searches customers, and onboards one."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "POST": (Verb.ORGANIZATION_CREATE,)}

    @extend_schema(
        operation_id="list_organizations",
        summary="Search customers",
        parameters=[SearchParameters],
        responses=CustomersPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List the customers that the program's rights cover, or those of them that match."""
        caller = view.caller_of(request)
        asked = view.query(SearchParameters, request)
        own = policy.staff_authorities(actor=caller.actor, at=caller.at)
        if Verb.MEMBER_VIEW not in policy.staff_verbs(own=own):
            raise Denied(reason="no_permission")
        after = pagination.row_of(asked["after"])
        page = organizations_queries.customers(
            own=own,
            actor=caller.actor,
            at=caller.at,
            text=asked["text"].strip(),
            after=after,
            with_people=False,
            size=asked["limit"],
        )
        if after and page.rows and page.previous is None:
            raise pagination.invalid_cursor()
        return Response(pagination.page([_row(row) for row in page.rows], last=page.next))

    @extend_schema(
        operation_id="onboard_organization",
        summary="Onboard a customer",
        parameters=[KEY],
        request=CustomerInput,
        responses={201: OnboardedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Create the customer, set what it is offered, and mail its first admins their invitations."""
        caller = view.caller_of(request)
        asked = view.parsed(CustomerInput, request.data)
        outcome = onboarding_commands.onboard(
            actor=caller.actor, customer=_customer(asked), idempotency_key=view.idempotency_key(request)
        )
        mail.queue_each(outcome.result.links, at=caller.at)
        return view.done(outcome, status=201, organization=outcome.result.key)


class CustomerView(ApiView):
    """Reads one customer."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,)}

    @extend_schema(
        operation_id="read_organization", summary="Read a customer", responses=CustomerDetailSerializer
    )
    def get(self, request: Request, organization: str) -> Response:
        """Read one customer. Its admins see in their log that the supplier read it."""
        customer = customer_of(request, organization, Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
        row = customer.organization.row
        more = {"language": row.language, "time_zone": row.time_zone, "mail_domains": row.mail_domains}
        return Response(_row(customer.found) | more)


def _row(row: CustomerRow) -> dict[str, Any]:
    return {
        "key": row.organization.key,
        "name": row.organization.name,
        "register_id": row.register_id,
        "suspended": row.organization.is_suspended,
        "numbers": [{"unit": one.unit_key, "name": one.unit, "number": one.number} for one in row.numbers],
    }


def _customer(asked: dict[str, Any]) -> NewCustomer:
    new = NewOrganization(
        key=asked["key"],
        name=asked["name"],
        register_id=asked["register_id"],
        language=asked["language"],
        time_zone=asked["time_zone"],
        sites=[(site["name"], site["external_id"]) for site in asked["sites"]],
        numbers=asked["numbers"],
        mail_domains=asked["mail_domains"],
    )
    return NewCustomer(
        organization=new,
        admins=[FirstAdmin(**admin) for admin in asked["admins"]],
        offer=offer_fields.of_input(asked, units=list(asked["numbers"])),
        contacts=[NewContact(**contact) for contact in asked["contacts"]],
    )
