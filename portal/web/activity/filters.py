"""The filters of the log are named in the address and shown on the page."""

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.activity import people_in_events
from delegation.activity.scope import LogScope
from delegation.authorization.verbs import Topic
from delegation.people import queries as people_queries
from portal.shell import query_string
from portal.shell.query_string import ActiveFilter, FilterMenu

FAILED = "failed"
"""The value of `what` for deliveries that failed."""


def options() -> Mapping[str, Mapping[str, str]]:
    """Return the choices of each parameter of the address."""
    return {
        "what": {
            Topic.INVITATIONS.value: _("Invitations"),
            Topic.ACCESS.value: _("Access"),
            Topic.REMOVALS.value: _("Removals"),
            Topic.SIGN_IN.value: _("Sign-in"),
            Topic.SYSTEMS.value: _("System updates"),
            Topic.MAILS.value: _("Mail"),
            Topic.STAFF.value: _("Viewed by %(supplier)s") % {"supplier": settings.SUPPLIER_NAME},
            FAILED: _("Failed updates and mail"),
        },
        "outcome": {"done": _("Done"), "refused": _("Refused"), "observed": _("Recorded")},
    }


def active(
    scope: LogScope, values: Mapping[str, str], options: Mapping[str, Mapping[str, str]], url: str
) -> list[ActiveFilter]:
    """Return the filters that are on, also the person. Two statements where the log is filtered by person."""
    labels = {name: label for name, (label, _any_label) in _labels().items() if values[name]}
    if values["person"]:
        labels["person"] = _("Person")
        options = {**options, "person": {values["person"]: _name(scope, uuid.UUID(values["person"]))}}
    return [
        query_string.active_filter(label=label, name=name, options=options[name], values=values, url=url)
        for name, label in labels.items()
    ]


def menus(values: Mapping[str, str], options: Mapping[str, Mapping[str, str]], url: str) -> list[FilterMenu]:
    """Return the filters that are off."""
    return [
        query_string.menu(
            label=label, name=name, options=options[name], values=values, url=url, any_label=any_label
        )
        for name, (label, any_label) in _labels().items()
        if not values[name]
    ]


def _labels() -> Mapping[str, tuple[str, str]]:
    """Return each filter's label, and the label of its absence."""
    return {"what": (_("Type"), _("All changes")), "outcome": (_("Result"), _("Any result"))}


def _name(scope: LogScope, membership: uuid.UUID) -> str:
    users = people_queries.users(among=scope.memberships, memberships=[membership])
    return (
        people_in_events.shown_names(users=users, organization=scope.organization).get(
            users[0], _("Unknown person")
        )
        if users
        else _("No such person")
    )
