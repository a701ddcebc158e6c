"""Buttons: enabled where the policy allows, disabled with the reason where it refuses, or absent."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb


@dataclass(frozen=True, slots=True)
class Action:
    """A button as `kh.action` draws it: with an address, or switched off with the reason."""

    url: str
    reason: str = ""


def action(decision: Decision, *, verb: Verb, url: str) -> Action | None:
    """The button of this decision; None where the reason is of no use to the reader."""
    if decision:
        return Action(url)
    reason = _reasons(verb).get(decision.reason, "")
    return Action("", reason) if reason else None


def _reasons(verb: Verb) -> Mapping[str, str]:
    if verb is Verb.MEMBER_REMOVE:
        own = _("You cannot remove yourself. Ask another admin.")
    else:
        own = _("You cannot change your own access. Ask another admin.")
    return {
        "own_membership": own,
        "outside_sites": _("This person has sites that you do not manage."),
        "exceeds_authority": _("This person has more access than you can assign."),
        "wrong_state": "",
        "organization_closed": _("The organization is closed."),
    }
