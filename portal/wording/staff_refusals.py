"""The texts of what staff alone are refused stand apart, so that `refusals` has room for others."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization import errors

TEXTS: Mapping[type[DomainError], Callable[[], str]] = {
    errors.LastOwner: lambda: _(
        "The last owner cannot be removed. Nothing was changed. Make another person an owner first."
    ),
    errors.OwnerExists: lambda: _(
        "There is an owner already. Nothing was changed. Owners give rights to other staff."
    ),
    errors.AuditorApart: lambda: _(
        "An auditor cannot have another role. Nothing was changed. End the other right first."
    ),
    errors.AlreadySuspended: lambda: _("This customer is suspended already. Nothing was changed."),
    errors.NotSuspended: lambda: _("This customer is not suspended. Nothing was changed."),
    errors.NothingToRecover: lambda: _(
        "This person has no second sign-in method that could be replaced. Nothing was changed."
    ),
    errors.OwnRecovery: lambda: _(
        "You opened this request. Nothing was changed. Another member of senior support must agree."
    ),
    errors.RecoveryOver: lambda: _(
        "This request was decided or used already, or its time is over. Nothing was changed."
    ),
    errors.AnsweredRecently: lambda: _(
        "This admin was asked a short time ago and is still an admin. Nothing was changed."
    ),
    errors.ClaimClosed: lambda: _("This question is closed already. Nothing was changed."),
    errors.TakeoverClosed: lambda: _("This report is closed already. Nothing was changed."),
    errors.HasAdmin: lambda: _("This customer has a working admin. Nothing was changed."),
    errors.CaseStep: lambda: _("The case is at another step. Nothing was changed. Look at it again."),
    errors.CaseStopped: lambda: _(
        "An objection waits for a decision. Nothing was changed. Decide on the objection first."
    ),
    errors.CaseWaits: lambda: _("The time for objections is not over. Nothing was changed."),
    errors.CaseChanged: lambda: _(
        "The person or the proofs have changed since the page was shown. Nothing was changed. Look at them again."
    ),
    errors.OwnCase: lambda: _(
        "You take part in this case already, so another person must do this. Nothing was changed."
    ),
    errors.ProofsMissing: lambda: _(
        "The accepted proofs do not suffice. Nothing was changed. Two independent proofs are needed."
    ),
    errors.DomainVerifiedLate: lambda: _(
        "The customer’s domain was verified after the case or its request began. It is no proof. Nothing was changed."
    ),
    errors.NoticesReturned: lambda: _(
        "No notice has reached a person. Nothing was changed. Send a letter by post first."
    ),
    errors.TierMissing: lambda: _(
        "The catalogue lacks the tier interim_admin or organization_admin. Nothing was changed. Add it first."
    ),
    errors.HandoverNotReady: lambda: _(
        "The successor is not ready: accepted, and with a second factor. Nothing was changed."
    ),
    errors.HandoverOver: lambda: _("This handover is over. Nothing was changed."),
    errors.ReviewOver: lambda: _("This was decided already, or the review is over. Nothing was changed."),
    errors.HasMembers: lambda: _(
        "A person has joined. Nothing was changed. The customer’s own admins invite people from now on."
    ),
}
"""The text of each of these refusals; their answer is 409."""


def look_not_allowed(data: Mapping[str, Any]) -> str:
    """Return why the standing rule of a customer does not allow a look now."""
    if data.get("problem") == "signed_out":
        return _("This person is not signed in. Ask them to sign in first.")
    if data.get("problem") == "stopped":
        return _("This person stopped the looking along. Ask them for a code.")
    if data.get("problem") == "code":
        return _("This person has made a code. Ask them for it.")
    return _("This organization has no rule for it. Ask the caller for a code.")
