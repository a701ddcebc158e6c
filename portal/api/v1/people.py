"""People of an organization are listed and read."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.access import queries as access_queries
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.queries import PeopleFilter, VisibleMember
from portal.api import pagination
from portal.api.v1 import access_fields, view
from portal.api.v1.access_fields import AssignmentSerializer
from portal.api.v1.fields import PageParameters
from portal.api.v1.view import ApiView, Verbs


class PersonSerializer(serializers.Serializer[Any]):
    """Shows a person, present or former."""

    id = serializers.UUIDField(help_text="Of the person in this organization; every address here has it.")
    user = serializers.UUIDField(help_text="Of the person everywhere: `sub` of OpenID Connect.")
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    former = serializers.BooleanField(help_text="True once the person was removed.")
    access = AssignmentSerializer(many=True, help_text="What the person has now; empty for a former one.")


class PeoplePageSerializer(serializers.Serializer[Any]):
    """Shows a page of people, in the order of names."""

    items = PersonSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `after` of the next page; null on the last.")


class PeopleParameters(PageParameters):
    """Reads the filters of the list of people."""

    search = serializers.CharField(
        required=False, default="", max_length=200, help_text="Beginnings of words of name, address or site."
    )
    role = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}$", required=False, help_text="Only this role.")
    site = serializers.UUIDField(required=False, help_text="Only people with access at this site.")
    former = serializers.BooleanField(required=False, default=False, help_text="Removed people instead.")


class PeopleView(ApiView):
    """Lists those people of an organization that the service user may see."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,)}

    @extend_schema(
        operation_id="list_people",
        summary="List people",
        parameters=[PeopleParameters],
        responses=PeoplePageSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """List the people that the service user may see, in the order of names."""
        caller = view.caller_of(request)
        found = view.organization_of(request, organization)
        view.require_ability(request, Verb.MEMBER_VIEW)
        asked = view.query(PeopleParameters, request)
        filters = _filter(asked)
        readable = people_queries.readable(actor=caller.actor, organization=found.id, at=caller.at)
        rows = people_queries.narrowed(rows=readable, organization=found.id, at=caller.at, filters=filters)
        page = people_queries.page(
            rows=rows, filters=filters, at=caller.at, among=readable, size=asked["limit"]
        )
        if filters.after and page.rows and page.previous is None:
            raise pagination.invalid_cursor()
        members = [VisibleMember(row, former=filters.former) for row in page.rows]
        return Response(pagination.page(_people(members, request), last=page.next))


class PersonView(ApiView):
    """Reads one person."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.MEMBER_VIEW,)}

    @extend_schema(operation_id="read_person", summary="Read a person", responses=PersonSerializer)
    def get(self, request: Request, organization: str, person: uuid.UUID) -> Response:
        """Read a present or former person. One that the service user may not see is answered as an unknown id."""
        caller = view.caller_of(request)
        found = view.organization_of(request, organization)
        member = people_queries.get(
            actor=caller.actor, organization=found.id, at=caller.at, membership=person
        )
        return Response(_people([member], request)[0])


def _filter(asked: dict[str, Any]) -> PeopleFilter:
    return PeopleFilter(
        text=asked["search"],
        roles=[asked["role"]] if "role" in asked else (),
        sites=[asked["site"]] if "site" in asked else (),
        former=asked["former"],
        after=pagination.row_of(asked["after"]),
    )


def _people(members: list[VisibleMember], request: Request) -> list[dict[str, Any]]:
    """Show these members with their access. One statement."""
    rows = [member.membership for member in members]
    at = view.caller_of(request).at
    assignments = access_queries.assignments(memberships=[row.id for row in rows], at=at)
    return [
        {
            "id": str(member.membership.id),
            "user": str(member.membership.user_id),
            "name": member.membership.shown_name,
            "email": member.membership.user.email,
            "phone": "" if member.former else member.membership.user.phone,
            "former": member.former,
            "access": access_fields.describe(assignments.get(member.membership.id, [])),
        }
        for member in members
    ]
