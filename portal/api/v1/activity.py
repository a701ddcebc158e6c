"""The activity log of an organization is read, newest first, as codes and instants."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import personal_data
from delegation.activity import queries as activity_queries
from delegation.activity import scope as activity_scope
from delegation.activity.events import EventView
from delegation.activity.queries import EventFilter
from delegation.authorization import event_types
from delegation.authorization.verbs import Topic, Verb
from portal.api import pagination
from portal.api.v1 import view
from portal.api.v1.fields import PageParameters
from portal.api.v1.view import ApiView, Verbs

_TOPICS = [topic.value for topic in Topic if topic not in {Topic.OTHER, Topic.NOT_LOGGED}]
_SHOWN = frozenset({"access", "state", "expires_at"})
"""The keys of `before` and `after` that are shown; others hold digests of secrets, or belong to other systems."""


class EventSerializer(serializers.Serializer[Any]):
    """Shows an event. Types and keys only grow."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    act = serializers.UUIDField(help_text="Events of one act share it.")
    type = serializers.CharField()
    outcome = serializers.CharField(help_text="done, refused or observed.")
    cause = serializers.CharField(help_text="The type of the act whose consequence this is, or empty.")
    actor = serializers.UUIDField()
    actor_kind = serializers.CharField(help_text="person, staff, service, connection or system.")
    actor_name = serializers.CharField()
    subject = serializers.UUIDField()
    subject_kind = serializers.CharField()
    subject_name = serializers.CharField()
    email = serializers.CharField(help_text="Of an invitation.")
    reason = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField()
    authentic = serializers.BooleanField(help_text="False for a row that was changed in the database.")


class ActivityPageSerializer(serializers.Serializer[Any]):
    """Shows a page of events, newest first."""

    items = EventSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ActivityParameters(PageParameters):
    """Reads the filters of the log."""

    topic = serializers.ChoiceField(_TOPICS, required=False)


class ActivityView(ApiView):
    """Reads the log."""

    verbs: ClassVar[Verbs] = {"GET": (Verb.ACTIVITY_VIEW,)}

    @extend_schema(
        operation_id="list_activity",
        summary="Read the activity log",
        parameters=[ActivityParameters],
        responses=ActivityPageSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        """Read the events that the service user may see: for an owner of some sites, those of their people."""
        caller, found = view.caller_of(request), view.organization_of(request, organization)
        view.require_ability(request, Verb.ACTIVITY_VIEW)
        asked = view.query(ActivityParameters, request)
        before = pagination.row_of(asked["after"])
        filters = EventFilter(
            verbs=event_types.event_types(Topic(asked["topic"])) if "topic" in asked else None, before=before
        )
        scope = activity_scope.log_scope(actor=caller.actor, organization=found.id, at=caller.at)
        page = activity_queries.page(scope=scope, filters=filters, size=asked["limit"])
        if before and page.events and page.newer is None:
            raise pagination.invalid_cursor()
        return Response(pagination.page([_event(event) for event in page.events], last=page.older))


def _event(event: EventView) -> dict[str, Any]:
    return {
        "id": str(event.id),
        "at": event.at.isoformat(),
        "act": str(event.act),
        "type": event.verb,
        "outcome": event.outcome,
        "cause": event.cause,
        "actor": str(event.actor),
        "actor_kind": event.actor_kind,
        "actor_name": event.personal.get(personal_data.ACTOR_LABEL, ""),
        "subject": str(event.subject),
        "subject_kind": event.subject_kind,
        "subject_name": event.personal.get(personal_data.SUBJECT_LABEL, ""),
        "email": event.email,
        "reason": event.personal.get("reason", ""),
        "before": {name: value for name, value in event.before.items() if name in _SHOWN},
        "after": {name: value for name, value in event.after.items() if name in _SHOWN},
        "authentic": event.is_authentic,
    }
