"""Buttons: enabled where the policy allows, disabled with the reason where it refuses, or absent."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb

Action = dict[str, Any]


def action(decision: Decision, *, verb: Verb, url: str) -> Action | None:
    """{url, why} for the component `kh.action`."""
    if decision:
        return {"url": url, "why": ""}
    reason = _reasons(verb).get(decision.reason, "")
    return {"url": "", "why": reason} if reason else None


def _reasons(verb: Verb) -> Mapping[str, str]:
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
