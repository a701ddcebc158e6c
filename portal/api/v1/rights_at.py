"""Who could do what at an instant, and what one person could do, are read with the events that gave each right."""

import dataclasses
import datetime as dt
import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from delegation.activity import people_in_events
from delegation.activity import scope as activity_scope
from delegation.activity.scope import LogScope
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceilings, display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.staff import readings
from delegation.staff.readings import Reading
from identity.organizations.queries import OrganizationView
from portal.api import pagination
from portal.api.permissions import Audience
from portal.api.v1 import rights_at_fields, view
from portal.api.v1.customer import customer_of
from portal.api.v1.rights_at_fields import (
    CouldPageSerializer,
    InstantParameters,
    QuestionParameters,
    RightsAtSerializer,
)
from portal.api.v1.view import ApiView, Verbs
from portal.shell import access_answers
from portal.shell.access_answers import ExplainedMatch
from portal.shell.access_questions import Question
from portal.shell.explanation import RightsExplanation
from portal.wording import admin_rights, dates


def _wrong(field: str, text: str, code: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(text, code)]})


class WhoCouldView(ApiView):
    """Answers who could do something."""

    audiences: ClassVar = (Audience.CUSTOMERS, Audience.SUPPLIER)
    verbs: ClassVar[Verbs] = {"GET": (Verb.ACTIVITY_VIEW,)}

    @extend_schema(
        operation_id="who_could",
        summary="Read who could do something at an instant",
        parameters=[QuestionParameters],
        responses=CouldPageSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """Read who could, among the people whose events the service user may see, with the grounds of each."""
        caller, found = view.caller_of(request), _asked_organization(request, organization, Reading.ANSWER)
        asked = view.query(QuestionParameters, request)
        after = pagination.row_of(asked["after"])
        names = display_names.load(organization=found.id)
        question = _question(asked, request, found.id, names)
        scope = activity_scope.log_scope(actor=caller.actor, organization=found.id, at=caller.at)
        page = view.page_context(request, found)
        people = access_answers.answer(page, question, scope)
        order = [match.assignment for match in people.matches]
        if after and after not in order:
            raise pagination.invalid_cursor()
        start = order.index(after) + 1 if after else 0
        end = start + asked["limit"]
        shown = people.matches[start:end]
        rows = [_match(row) for row in access_answers.explain(page, question, people, shown, names)]
        return Response(pagination.page(rows, last=order[end - 1] if end < len(order) else None))


class RightsAtView(ApiView):
    """Answers what one person could do."""

    audiences: ClassVar = (Audience.CUSTOMERS, Audience.SUPPLIER)
    verbs: ClassVar[Verbs] = {"GET": (Verb.ACTIVITY_VIEW,)}

    @extend_schema(
        operation_id="read_rights_at",
        summary="Read what a person could do at an instant",
        parameters=[InstantParameters],
        responses=RightsAtSerializer,
    )
    def get(self, request: Request, organization: str, person: uuid.UUID) -> Response:
        """Read the rights of a present or former person, with the grounds of each."""
        caller, found = view.caller_of(request), _asked_organization(request, organization)
        at = _instant(view.query(InstantParameters, request), request)
        scope = activity_scope.log_scope(actor=caller.actor, organization=found.id, at=caller.at)
        name = _name(person, found.id, scope)
        if caller.organization is None:
            readings.record(
                actor=caller.actor,
                what=Reading.RIGHTS,
                organizations=[found.id],
                at=caller.at,
                membership=person,
            )
        page = dataclasses.replace(view.page_context(request, found), at=at)
        names, clock = display_names.load(organization=found.id), dates.Clock(page.at, page.zone)
        explanation = RightsExplanation(page, [person], names, clock)
        rights = [_right(right, explanation) for right in explanation.rights]
        return Response({"at": at.isoformat(), "name": name, "rights": rights})


def _right(right: Right, explanation: RightsExplanation) -> dict[str, Any]:
    assignment = explanation.assignments_by_id[right.assignment]
    event = explanation.giving_event(assignment)
    given = (event.proof, event.sent, event.reason) if event else (None, None, "")
    return {
        "application": right.application,
        "entitlement": right.entitlement,
        **rights_at_fields.reach(right, assignment),
        "grounds": rights_at_fields.grounds(assignment, *given),
    }


def _asked_organization(request: Request, key: str, reading: Reading | None = None) -> OrganizationView:
    """Return the program's own organization, or a customer of the supplier's program, whose log notes the reading."""
    if view.caller_of(request).organization is None:
        customer = customer_of(request, key, Verb.ACTIVITY_VIEW, reading=reading)
        return customer.organization
    found = view.organization_of(request, key)
    view.require_ability(request, Verb.ACTIVITY_VIEW)
    return found


def _match(row: ExplainedMatch) -> dict[str, Any]:
    return {
        "person": str(row.match.membership),
        "name": row.name,
        **rights_at_fields.reach(row.match.right, row.assignment),
        "grounds": rights_at_fields.grounds(row.assignment, row.assigned, row.sent, row.reason),
        "ended": rights_at_fields.proof(row.ended),
    }


def _question(
    asked: dict[str, Any], request: Request, organization: uuid.UUID, names: DisplayNames
) -> Question:
    """Return the question. Raises ValidationError for what the organization has not."""
    could, over, site = asked["could"], asked.get("over"), asked.get("site")
    is_verb = could in {verb.value for verb in admin_rights.admin_abilities()}
    if not is_verb and could not in ceilings.ever_offered(organization=organization):
        raise _wrong("could", "The organization was never offered this.", "unknown")
    if is_verb and over is not None:
        raise _wrong("over", "Leave the amount out: it limits orders only.", "not_applicable")
    if site is not None and site not in names.sites:
        raise _wrong("site", "The organization has no such site.", "unknown")
    return Question(could, over, names.sites[site] if site else None, _instant(asked, request))


def _instant(asked: dict[str, Any], request: Request) -> dt.datetime:
    now = view.caller_of(request).at
    at: dt.datetime = asked.get("at", now)
    if at > now:
        raise _wrong("at", "Name an instant that has passed.", "future")
    return at


def _name(person: uuid.UUID, organization: uuid.UUID, scope: LogScope) -> str:
    """Return the person's name. Raises NotFound for one whose events the service user may not see."""
    members = people_in_events.members(memberships=[person], organization=organization)
    if person not in members or not (scope.whole or scope.memberships.filter(id=person).exists()):
        raise NotFound
    return members[person].name
