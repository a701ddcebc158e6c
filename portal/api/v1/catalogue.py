"""Programs of catalogue owners read the catalogue, preview and apply a file, or propose it to a second person.

No program agrees to a proposal: a person does, on the page of the desk.
"""

import uuid
from collections.abc import Sequence
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.authorization import policy
from delegation.authorization.authorities import Authority
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import catalog_text, checked_file, commands, queries, rules, stored_catalogue
from delegation.organizations import queries as organizations_queries
from delegation.staff import readings
from delegation.staff.readings import Reading
from portal.api.permissions import Audience
from portal.api.v1 import catalogue_fields, view
from portal.api.v1.catalogue_fields import (
    CatalogueAppliedSerializer,
    CatalogueSerializer,
    FileDifferenceSerializer,
    FileInput,
    ProposalSerializer,
    ProposedSerializer,
    SeenFileInput,
)
from portal.api.v1.view import KEY, ApiView, Verbs

_PROPOSALS = "/api/v1/catalogue/proposals/"


class CatalogueView(ApiView):
    """Reads the catalogue in force, and applies a file."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.CATALOGUE_VIEW,), "POST": (Verb.CATALOGUE_APPLY,)}

    @extend_schema(
        operation_id="read_catalogue", summary="Read the catalogue in force", responses=CatalogueSerializer
    )
    def get(self, request: Request) -> Response:
        """Read it as a file: business units, applications, entitlements, roles, templates and conflicts."""
        if Verb.CATALOGUE_VIEW not in policy.staff_verbs(own=_own(request)):
            raise Denied(reason="no_permission")
        stored = stored_catalogue.load()
        return Response({"version": stored.version, "file": catalog_text.text_of(stored)})

    @extend_schema(
        operation_id="apply_catalogue",
        summary="Apply a catalogue file",
        parameters=[KEY],
        request=SeenFileInput,
        responses=CatalogueAppliedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Apply it, as far as the difference is the one that was seen, and as one person may decide it."""
        asked = view.parsed(SeenFileInput, request.data)
        outcome = commands.apply(
            actor=view.caller_of(request).actor,
            catalogue=catalogue_fields.parsed_file(catalogue_fields.file_of(asked)),
            seen=asked["seen"],
            idempotency_key=view.idempotency_key(request),
        )
        answer = view.done(outcome)
        answer.data |= {"roles": outcome.result.roles, "unregistered": outcome.result.unregistered}
        return answer


class CataloguePreviewView(ApiView):
    """Shows what a file would change."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CATALOGUE_PROPOSE,)}

    @extend_schema(
        operation_id="preview_catalogue",
        summary="Preview a catalogue file",
        request=FileInput,
        responses=FileDifferenceSerializer,
    )
    def post(self, request: Request) -> Response:
        """Compare it with the catalogue and count the people affected, by customer; nothing is changed."""
        caller = view.caller_of(request)
        if not policy.is_for_all(own=_own(request), verb=Verb.CATALOGUE_PROPOSE):
            raise Denied(reason="no_permission")
        text = catalogue_fields.file_of(view.parsed(FileInput, request.data))
        checked = checked_file.preview(catalogue=catalogue_fields.parsed_file(text), at=caller.at)
        listed = [row.id for row in checked.affected.listed]
        readings.record(actor=caller.actor, what=Reading.ORGANIZATION, organizations=listed, at=caller.at)
        found = catalogue_fields.difference(
            checked,
            needs_second=rules.needs_second_person(checked, at=caller.at),
            customers=organizations_queries.views_of(ids=listed),
        )
        return Response(found)


class CatalogueProposalsView(ApiView):
    """Proposes a file."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"POST": (Verb.CATALOGUE_PROPOSE,)}

    @extend_schema(
        operation_id="propose_catalogue",
        summary="Propose a catalogue file to a second person",
        parameters=[KEY],
        request=SeenFileInput,
        responses={202: ProposedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Let it wait for another catalogue owner than the program's; `Location` is where its state is read."""
        asked = view.parsed(SeenFileInput, request.data)
        text = catalogue_fields.file_of(asked)
        catalogue_fields.parsed_file(text)
        outcome = commands.propose(
            actor=view.caller_of(request).actor,
            file=text,
            seen=asked["seen"],
            idempotency_key=view.idempotency_key(request),
        )
        answer = view.done(outcome, status=202, proposal=outcome.result.proposal)
        answer["Location"] = f"{_PROPOSALS}{outcome.result.proposal}"
        return answer


class CatalogueProposalView(ApiView):
    """Reads one proposal."""

    audiences: ClassVar = (Audience.SUPPLIER,)
    verbs: ClassVar[Verbs] = {"GET": (Verb.CATALOGUE_VIEW,)}

    @extend_schema(
        operation_id="read_catalogue_proposal", summary="Read a proposal", responses=ProposalSerializer
    )
    def get(self, request: Request, proposal: uuid.UUID) -> Response:
        """Read its state. Raises NotFound for a right for some of the business units alone, as for an unknown id."""
        found = queries.find(proposal=proposal)
        if found is None or not policy.is_for_all(own=_own(request), verb=Verb.CATALOGUE_VIEW):
            raise NotFound
        return Response(catalogue_fields.proposal_row(found))


def _own(request: Request) -> Sequence[Authority]:
    caller = view.caller_of(request)
    return policy.staff_authorities(actor=caller.actor, at=caller.at)
