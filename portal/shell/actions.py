"""Buttons: drawn where the policy allows, switched off with the reason where it does not, else absent."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb

Action = dict[str, Any]


def action(decision: Decision, *, verb: Verb, url: str) -> Action | None:
    """{url, why} as `kh.action` takes it."""
    if decision:
        return {"url": url, "why": ""}
    why = _why(verb).get(decision.reason, "")
    return {"url": "", "why": why} if why else None


def _why(verb: Verb) -> Mapping[str, str]:
    if verb is Verb.MEMBER_REMOVE:
        own = _("You cannot remove yourself. Ask another admin.")
    else:
        own = _("You cannot change your own access. Ask another admin.")
    return {
        "own_membership": own,
        "outside_sites": _("This colleague also works at sites that you do not look after."),
        "exceeds_authority": _("This colleague holds more than you may give."),
        "wrong_state": "",
        "organization_closed": _("The organization is closed."),
    }
