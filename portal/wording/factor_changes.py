"""Changes of passwords and factors are worded here for the activity log and for the mail to the person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delegation.authorization.event_types import Observation
from portal.wording import dates


@dataclass(frozen=True, slots=True)
class FactorChange:
    """Words a change of a factor.

    `activity` continues a sentence that begins with the person's name; `notice` is a sentence to the person.
    """

    activity: str | Promise
    notice: str | Promise


CHANGES: Mapping[tuple[str, str], FactorChange] = {
    (Observation.PASSWORD_CHANGED, ""): FactorChange(
        gettext_lazy("changed the password"), gettext_lazy("Your password was changed.")
    ),
    (Observation.PASSWORD_RESET, ""): FactorChange(
        gettext_lazy("reset the password by e-mail"),
        gettext_lazy("Your password was reset with a link from your e-mail."),
    ),
    (Observation.FACTOR_ADDED, "totp"): FactorChange(
        gettext_lazy("connected an authenticator app"), gettext_lazy("An authenticator app was connected.")
    ),
    (Observation.FACTOR_ADDED, "webauthn"): FactorChange(
        gettext_lazy("added a passkey"), gettext_lazy("A passkey was added.")
    ),
    (Observation.FACTOR_ADDED, "recovery_codes"): FactorChange(
        gettext_lazy("created recovery codes"), gettext_lazy("Recovery codes were created.")
    ),
    (Observation.FACTOR_REMOVED, "totp"): FactorChange(
        gettext_lazy("removed the authenticator app"), gettext_lazy("The authenticator app was removed.")
    ),
    (Observation.FACTOR_REMOVED, "webauthn"): FactorChange(
        gettext_lazy("removed a passkey"), gettext_lazy("A passkey was removed.")
    ),
    (Observation.FACTOR_REMOVED, "recovery_codes"): FactorChange(
        gettext_lazy("removed the recovery codes"), gettext_lazy("The recovery codes were removed.")
    ),
    (Observation.FACTOR_RESET, "totp"): FactorChange(
        gettext_lazy("replaced the authenticator app"), gettext_lazy("The authenticator app was replaced.")
    ),
    (Observation.FACTOR_RESET, "webauthn"): FactorChange(
        gettext_lazy("replaced a passkey"), gettext_lazy("A passkey was replaced.")
    ),
    (Observation.FACTOR_RESET, "recovery_codes"): FactorChange(
        gettext_lazy("created new recovery codes"),
        gettext_lazy("New recovery codes were created. The old codes no longer work."),
    ),
}
"""By verb and by the type of factor, empty for the password."""
OTHER_SESSIONS_ENDED = gettext_lazy("You were signed out in your other browsers.")
"""A further sentence to a person whose first second factor ended sessions."""
PASSWORD_VERBS = frozenset({Observation.PASSWORD_CHANGED, Observation.PASSWORD_RESET})


def activity(verb: str, facts: Mapping[str, Any]) -> str:
    """Return `connected an authenticator app`; `added a sign-in method` for a type that has no sentence of its own."""
    if verb == Observation.SESSION_ENDED:
        weak = facts.get("ended_by") == "assurance"
        return _("was signed out of a browser without the second sign-in method") if weak else _("signed out")
    change = CHANGES.get((verb, "")) or CHANGES.get((verb, str(facts.get("factor", ""))))
    if change is not None:
        return str(change.activity)
    return {
        Observation.FACTOR_ADDED: _("added a sign-in method"),
        Observation.FACTOR_REMOVED: _("removed a sign-in method"),
        Observation.FACTOR_RESET: _("replaced a sign-in method"),
    }[Observation(verb)]


def sign_in_methods(types: Collection[str]) -> str:
    """Return `Passkey, password and code`."""
    words = {
        "webauthn": _("passkey"),
        "password": _("password"),
        "totp": _("code"),
    }
    return dates.first_upper(dates.name_list([word for kind, word in words.items() if kind in types]))
