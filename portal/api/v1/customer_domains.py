"""Programs of the supplier read and set the mail domains of a customer, and have a DNS record looked up."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization.verbs import Verb
from delegation.domain_verifications import queries
from delegation.domain_verifications.queries import OwnDomain
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import MAX_DOMAINS
from delegation.staff.readings import Reading
from portal.api.permissions import Audience
from portal.api.v1 import view
from portal.api.v1.customer import customer_of
from portal.api.v1.fields import ActSerializer, InputSerializer
from portal.api.v1.view import KEY, ApiView, Verbs
from provisioning.domain_checks import checks


class DomainSerializer(serializers.Serializer[Any]):
    """Shows a mail domain with the TXT record that proves it."""

    domain = serializers.CharField()
    record_name = serializers.CharField()
    record_value = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True, help_text="Since when it is verified now.")
    lapsed_at = serializers.DateTimeField(allow_null=True)


class DomainsSerializer(serializers.Serializer[Any]):
    """Shows the mail domains, by name."""

    items = DomainSerializer(many=True)


class DomainsInput(InputSerializer):
    """Reads all mail domains from now on."""

    domains = serializers.ListField(child=serializers.CharField(max_length=253), max_length=MAX_DOMAINS)


class DomainInput(InputSerializer):
    """Reads the domain to look up."""

    domain = serializers.CharField(max_length=253)


class DomainAnswerSerializer(serializers.Serializer[Any]):
    """Shows what the DNS answered."""

    answer = serializers.ChoiceField(["found", "not_found", "unreachable"])


class DomainsView(ApiView):
    """Reads and sets the mail domains."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,), "PUT": (Verb.MAIL_DOMAINS_SET,)}

    @extend_schema(
        operation_id="list_mail_domains",
        summary="List a customer's mail domains",
        responses=DomainsSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """List the mail domains with the record that each needs."""
        customer = customer_of(request, organization, Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
        found = queries.own_domains(organization=customer.organization.row)
        return Response({"items": [_domain(one) for one in found]})

    @extend_schema(
        operation_id="set_mail_domains",
        summary="Set a customer's mail domains",
        parameters=[KEY],
        request=DomainsInput,
        responses=ActSerializer,
    )
    def put(self, request: Request, organization: str) -> Response:
        """Set the mail domains; one that is left out is no longer verified."""
        customer = customer_of(request, organization, Verb.MAIL_DOMAINS_SET)
        outcome = organizations_commands.set_mail_domains(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            domains=view.parsed(DomainsInput, request.data)["domains"],
            idempotency_key=view.idempotency_key(request),
        )
        return view.done(outcome)


class DomainCheckView(ApiView):
    """Looks the record of a domain up."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.MAIL_DOMAIN_VERIFY,)}

    @extend_schema(
        operation_id="check_mail_domain",
        summary="Look the record of a mail domain up",
        request=DomainInput,
        responses=DomainAnswerSerializer,
    )
    def post(self, request: Request, organization: str) -> Response:
        """Ask the DNS now; the domain is verified where the record is found. Ten seconds pass between two questions."""
        customer = customer_of(request, organization, Verb.MAIL_DOMAIN_VERIFY)
        asked = view.parsed(DomainInput, request.data)
        answer = checks.check(
            actor=customer.caller.actor,
            organization=customer.organization.row,
            domain=asked["domain"].strip().lower(),
        )
        return Response({"answer": answer.value})


def _domain(one: OwnDomain) -> dict[str, Any]:
    return dict(
        DomainSerializer(
            {
                "domain": one.domain,
                "record_name": one.record.name,
                "record_value": one.record.value,
                "verified_at": one.verified_at,
                "lapsed_at": one.lapsed_at,
            }
        ).data
    )
