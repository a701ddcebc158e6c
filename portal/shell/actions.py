"""A button is enabled where the policy allows, switched off with the reason where it refuses, or absent."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.authorization.policy import Decision
from portal.wording import refusals


@dataclass(frozen=True, slots=True)
class Action:
    """Describes a button for `kh.action`: `url` leads to its page; with a `reason` it is switched off."""

    url: str
    reason: str = ""


def action(decision: Decision, *, url: str) -> Action | None:
    """Return the button of this decision; None where the reason would not help the reader."""
    if decision:
        return Action(url)
    reason = _reasons().get(decision.reason, "")
    return Action("", reason) if reason else None


def _reasons() -> Mapping[str, str]:
    return {
        "own_membership": str(refusals.OWN_ACCESS),
        "outside_sites": _("This person has sites that you do not manage."),
        "exceeds_authority": _("This person has more access than you can assign."),
        "wrong_state": "",
        "organization_closed": _("The organization is closed."),
    }
