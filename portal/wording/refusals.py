"""The sentence of a refusal says what happened, what was not changed, and what the person can do."""

import datetime as dt
import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.foundation.errors import Busy, DomainError, LogUnavailable
from delegation.authorization import errors as authorization_errors
from portal.wording import access_problems, catalogue_refusals, cldr, input_problems, staff_refusals
from portal.wording import retry_after as wording_retry_after
from provisioning.accounts import errors as accounts_errors

Data = Mapping[str, Any]
OWN_ACCESS = gettext_lazy("You cannot change or remove your own access. Ask another admin.")
"""For buttons, pages and refusals: the only sentence about this rule."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words a refusal. `field` is the form field that shows it; empty for the whole form."""

    text: str
    status: int
    field: str = ""
    retry_after: int | None = None
    """Whole seconds."""


def sentence_for(error: DomainError) -> Sentence:
    """Return the sentence of this error in the active language. Raises KeyError for a class without a sentence."""
    kind = next(kind for kind in type(error).__mro__ if kind in _SENTENCES or kind is DomainError)
    return _SENTENCES[kind](error.data)


def _money(data: Data) -> str:
    try:
        return cldr.money(Decimal(str(data.get("amount", ""))), str(data.get("currency", "")))
    except InvalidOperation:
        return f"{data.get('amount', '')} {data.get('currency', '')}"


def _day(data: Data, name: str) -> str:
    value = data.get(name)
    end = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(end, dt.datetime):
        return ""
    last = timezone.localtime(end - dt.timedelta(microseconds=1))
    return cldr.date(last)


def _busy(data: Data) -> Sentence:
    seconds = max(1, math.ceil(float(data.get("seconds", 1))))
    text = _("Another change to the same data is in progress. Nothing was changed. Try again in a moment.")
    return Sentence(text, 503, retry_after=seconds)


def _log_unavailable(data: Data) -> Sentence:
    del data
    text = _("The activity log is not available at the moment, so nothing was changed. Try again later.")
    return Sentence(text, 503, retry_after=60)


def _denied(data: Data) -> Sentence:
    texts = {
        "own_membership": str(OWN_ACCESS),
        "own_right": _("You cannot give yourself a right. Nothing was changed. Ask another owner."),
        "outside_sites": _(
            "This includes sites that you do not manage. Nothing was changed. Ask an admin of those sites."
        ),
        "exceeds_authority": _(
            "This person has more access than you can assign. Nothing was changed. Ask an admin."
        ),
        "wrong_state": _("The data has changed. Nothing was saved. Check the page and try again."),
        "organization_closed": _("The organization is closed. Nothing was changed."),
        "not_own_program": _("Only its owner can change how a program signs in. Nothing was changed."),
        "not_your_turn": _("Another person decides about this. Nothing was changed."),
        "not_your_review": _("Only the supplier can stop this review. Nothing was changed."),
        "not_owner": _("You alone can own a program that you create. Nothing was changed."),
    }
    fallback = _(
        "You do not have permission. Nothing was changed. An admin of your organization can give you more access."
    )
    return Sentence(texts.get(str(data.get("reason")), fallback), 403)


def _not_found(data: Data) -> Sentence:
    del data
    text = _(
        "The address may be incomplete, the page may have been removed, or you may not have permission to see it."
    )
    return Sentence(text, 404)


def _last_admin(data: Data) -> Sentence:
    del data
    text = _("The organization must keep an admin. Nothing was changed. Make another person an admin first.")
    return Sentence(text, 409)


def _exceeds_authority(data: Data) -> Sentence:
    field = str(data.get("field", ""))
    amount = _money(data)
    texts = {
        "role": _("You cannot assign this tier. Choose another, or ask an admin."),
        "sites": _("You can assign only the sites you manage. Choose from those."),
        "until": _("You can assign access until %(day)s. Choose that day or an earlier one.")
        % {"day": _day(data, "until")},
        "limit": _("The limit must be %(amount)s or less: you cannot assign more.") % {"amount": amount},
    }
    return Sentence(texts.get(field, _("This is more than you can assign. Nothing was changed.")), 403, field)


def _exceeds_ceiling(data: Data) -> Sentence:
    amount = _money(data)
    text = _("The limit must be %(amount)s or less, as agreed for your organization.") % {"amount": amount}
    return Sentence(text, 409, str(data.get("field", "")))


def _invalid_access(data: Data) -> Sentence:
    field = str(data.get("field", ""))
    text = access_problems.text_of(
        field, str(data.get("problem", "")), currency=str(data.get("currency", ""))
    )
    return Sentence(text, 400, field)


def _not_limitable(number: int) -> str:
    text = ngettext(
        "%(number)d person cannot be limited to these sites. Nothing was changed. Check who is left out.",
        "%(number)d people cannot be limited to these sites. Nothing was changed. Check who is left out.",
        number,
    )
    return text % {"number": number}


def _invalid_input(data: Data) -> Sentence:
    field = str(data.get("field", ""))
    text = input_problems.text_of(str(data.get("problem")), field=field, longest=data.get("longest", ""))
    return Sentence(text, 400, field)


def _already_exists(data: Data) -> Sentence:
    field = str(data.get("field", ""))
    return Sentence(input_problems.in_use(field), 409, field)


def _recipients_refused(data: Data) -> Sentence:
    number = len(data.get("recipients", ()))
    text = ngettext(
        "%(number)d of these people cannot be invited. No invitation was sent. Check who gets an invitation.",
        "%(number)d of these people cannot be invited. No invitation was sent. Check who gets an invitation.",
        number,
    )
    return Sentence(text % {"number": number}, 409, "email")


def _rate_limited(data: Data) -> Sentence:
    seconds = int(data.get("seconds", 60))
    most = data.get("most", "")
    texts = {
        "invitation": _(
            "This invitation was sent less than a minute ago. It was not sent again. Try again in a minute."
        ),
        "address": _(
            "%(most)s invitations were sent to this address in 24 hours. The invitation was not sent. %(again)s"
        ),
        "organization": _(
            "Your organization has sent %(most)s invitations in 24 hours. The invitation was not sent. %(again)s"
        ),
    }
    text = texts.get(str(data.get("what")), texts["invitation"]) % {
        "most": most,
        "again": wording_retry_after.retry_after(seconds),
    }
    return Sentence(text, 429, "email", retry_after=seconds)


def _invitation_gone(data: Data) -> Sentence:
    no_longer_valid = _("This invitation is no longer valid. Ask for a new one.")
    texts = {
        "expired": _("This invitation has expired. Ask for a new one."),
        "used": _("This invitation has been accepted. Sign in with the address it was sent to."),
        "cancelled": _("This invitation was cancelled."),
        "sender_without_authority": no_longer_valid,
        "membership_ended": no_longer_valid,
    }
    return Sentence(texts.get(str(data.get("state")), _("This link does not work.")), 410)


def _catalogue(text: Callable[[Data], str], data: Data) -> Sentence:
    return Sentence(text(data), 409, str(data.get("field", "")))


def _plain(text: Callable[[], str], _data: Data) -> Sentence:
    return Sentence(text(), 409)


_SENTENCES: dict[type[DomainError], Callable[[Data], Sentence]] = {
    Busy: _busy,
    LogUnavailable: _log_unavailable,
    authorization_errors.Denied: _denied,
    authorization_errors.NotFound: _not_found,
    authorization_errors.LastAdmin: _last_admin,
    authorization_errors.ExceedsAuthority: _exceeds_authority,
    authorization_errors.ExceedsCeiling: _exceeds_ceiling,
    authorization_errors.InvalidAccess: _invalid_access,
    authorization_errors.AccessChanged: lambda _data: Sentence(access_problems.changed_meanwhile(), 409),
    authorization_errors.NotLimitable: lambda data: Sentence(
        _not_limitable(len(data.get("reasons", ()))), 409, "sites"
    ),
    authorization_errors.Unchanged: lambda _data: Sentence(
        _("Nothing changes: this access is already in force."), 409
    ),
    authorization_errors.InvalidInput: _invalid_input,
    accounts_errors.NothingToResync: lambda _data: Sentence(
        _("Nothing was sent: no connected system waits for a new attempt or is known to be out of date."), 409
    ),
    authorization_errors.AlreadyExists: _already_exists,
    authorization_errors.AlreadyMember: lambda _data: Sentence(
        _("This address belongs to a person in your organization. Change that person’s access instead."),
        409,
        "email",
    ),
    authorization_errors.AlreadyInvited: lambda _data: Sentence(
        _("This address has a pending invitation. Send it again or cancel it."), 409, "email"
    ),
    authorization_errors.RecipientsRefused: _recipients_refused,
    authorization_errors.RateLimited: _rate_limited,
    authorization_errors.InvitationGone: _invitation_gone,
    authorization_errors.WrongPerson: lambda _data: Sentence(
        _("This invitation is for another address. Sign in with the address it was sent to."), 403
    ),
    authorization_errors.LookNotAllowed: lambda data: Sentence(staff_refusals.look_not_allowed(data), 409),
    authorization_errors.IdempotencyKeyReused: lambda _data: Sentence(
        _("This form was already sent with different contents. Nothing was changed. Reload the page."), 409
    ),
    **{kind: functools.partial(_catalogue, text) for kind, text in catalogue_refusals.TEXTS.items()},
    **{kind: functools.partial(_plain, text) for kind, text in staff_refusals.TEXTS.items()},
}
