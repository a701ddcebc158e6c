"""A form remembers the access that it was shown: where it has changed since, the form says so and saves nothing."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.people.queries import VisibleMember
from portal.shell import forms as shell_forms
from portal.wording import access, dates

Shown = Mapping[uuid.UUID, Sequence[uuid.UUID]]
"""The ids of the assignments that the form was shown, by membership."""
_FIELD = "shown"


def field_value(assignments: Mapping[uuid.UUID, Sequence[AssignmentView]]) -> str:
    """Return the value of the hidden field. It is one for everyone, because Django limits the fields of a form."""
    return " ".join(
        f"{member}:{','.join(str(one.id) for one in held)}" for member, held in assignments.items()
    )


def of_form(form: QueryDict) -> Shown:
    """Return what a sent form was shown; what names no membership is ignored."""
    parts = [part.partition(":") for part in form.get(_FIELD, "").split()]
    members = [(shell_forms.identifier(member), held.split(",")) for member, _colon, held in parts]
    return {member: shell_forms.identifiers(held) for member, held in members if member is not None}


def has_changed(shown: Shown, member: uuid.UUID, held: Collection[AssignmentView]) -> bool:
    """Return whether a member holds other access than the form was shown."""
    return member in shown and set(shown[member]) != {one.id for one in held}


def notice(shown: Shown, member: VisibleMember, held: Sequence[AssignmentView], clock: dates.Clock) -> str:
    """Return what has changed since the form was shown; empty where nothing has. Two statements after a change."""
    membership = member.membership.id
    if not has_changed(shown, membership, held):
        return ""
    before = access_queries.shown_assignments(membership=membership, ids=shown[membership])
    # Its end is by now the instant of the change.
    before = [replace(assignment, valid_until=None) for assignment in before]
    text = _(
        "%(name)s’s access has changed since you opened this page. Before: %(before)s. Now: %(now)s. "
        "What you save replaces it."
    )
    return text % {
        "name": member.membership.user.name,
        "before": access.summary(before, clock) or _("no access"),
        "now": access.summary(held, clock) or _("no access"),
    }


def notice_about(
    shown: Shown, members: Sequence[VisibleMember], held: Mapping[uuid.UUID, Sequence[AssignmentView]]
) -> str:
    """Return whose access has changed since the form was shown; empty where none has."""
    ids = [member.membership.id for member in members]
    changed = {member for member in ids if has_changed(shown, member, held.get(member, ()))}
    names = [member.membership.user.name for member in members if member.membership.id in changed]
    text = ngettext(
        "The access of %(names)s has changed since you opened this page. Check it below.",
        "The access of %(names)s has changed since you opened this page. Check it below.",
        len(names),
    )
    return text % {"names": dates.name_list(names, most=5)} if names else ""
