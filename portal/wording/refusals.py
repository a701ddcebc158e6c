"""What a refusal says to a person: what happened, what still holds, what to do. Codes and data come from the error."""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.foundation.errors import Busy, DomainError
from delegation.authorization import errors as authorization_errors
from portal.wording import cldr
from portal.wording import retry_after as wording_retry_after
from provisioning.accounts import errors as refusals

Data = Mapping[str, Any]
CONTROL_CHARACTERS = gettext_lazy("This contains characters that are not allowed.")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`field` names what a form should show it at; empty for the whole form."""

    text: str
    status: int
    field: str = ""
    retry_after: int | None = None
    """Whole seconds."""


def sentence_for(error: DomainError) -> Sentence:
    """The sentence for this error, in the language that is active. Raises KeyError for a class nobody wrote one for."""
    kind = next(kind for kind in type(error).__mro__ if kind in _SENTENCES or kind is DomainError)
    return _SENTENCES[kind](error.data)


def _money(data: Data) -> str:
    try:
        return cldr.money(Decimal(str(data.get("amount", ""))), str(data.get("currency", "")))
    except InvalidOperation:
        return f"{data.get('amount', '')} {data.get('currency', '')}"


def _day(data: Data, name: str) -> str:
    value = data.get(name)
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, dt.datetime):
        return ""
    last = timezone.localtime(moment - dt.timedelta(microseconds=1))
    return cldr.date(last)


def _busy(data: Data) -> Sentence:
    seconds = max(1, math.ceil(float(data.get("seconds", 1))))
    text = _("Another change to the same data is in progress. Nothing was changed. Try again in a moment.")
    return Sentence(text, 503, retry_after=seconds)


def _denied(data: Data) -> Sentence:
    texts = {
        "own_membership": _("You cannot change your own access. Nothing was changed. Ask another admin."),
        "outside_sites": _(
            "This includes sites that you do not manage. Nothing was changed. Ask an admin of those sites."
        ),
        "exceeds_authority": _(
            "This person has more access than you can assign. Nothing was changed. Ask an organization admin."
        ),
        "wrong_state": _("The data has changed. Nothing was saved. Check the page and try again."),
        "organization_closed": _("The organization is closed. Nothing was changed."),
    }
    fallback = _(
        "You do not have permission. Nothing was changed. An admin of your organization can give you more access."
    )
    return Sentence(texts.get(str(data.get("reason")), fallback), 403)


def _not_found(data: Data) -> Sentence:
    del data
    return Sentence(
        _(
            "The address may be incomplete, the page may have been removed, or you may not have permission to see it."
        ),
        404,
    )


def _last_admin(data: Data) -> Sentence:
    del data
    text = _("The organization must keep an admin. Nothing was changed. Make another person an admin first.")
    return Sentence(text, 409)


def _beyond_authority(data: Data) -> Sentence:
    field = str(data.get("field", ""))
    amount = _money(data)
    texts = {
        "role": _("You cannot assign this tier. Choose another, or ask an organization admin."),
        "sites": _("You can assign only the sites you manage. Choose from those."),
        "until": _("You can assign access until %(day)s. Choose that day or an earlier one.")
        % {"day": _day(data, "until")},
        "limit": _("The limit must be %(amount)s or less: you cannot assign more.") % {"amount": amount},
    }
    return Sentence(texts.get(field, _("This is more than you can assign. Nothing was changed.")), 403, field)


def _beyond_ceiling(data: Data) -> Sentence:
    amount = _money(data)
    text = _("The limit must be %(amount)s or less, as agreed for your company.") % {"amount": amount}
    return Sentence(text, 409, str(data.get("field", "")))


def _bad_access(data: Data) -> Sentence:
    field, problem = str(data.get("field", "")), str(data.get("problem", ""))
    texts = {
        ("role", "unknown"): _("Choose a tier."),
        ("sites", "missing"): _("Choose at least one site."),
        ("sites", "both"): _("Choose all sites or some of them, not both."),
        ("sites", "unknown"): _("One of the sites no longer exists. Choose again."),
        ("until", "past"): _("The day is in the past. Choose a later one."),
        ("until", "too_late"): _("The day is too far away. Choose an earlier one."),
        ("until", "not_an_instant"): _("This is not a day. Enter it like this: 31.12.2026."),
        ("limit", "decimals"): _("Enter a limit with at most two decimals."),
        ("limit", "too_large"): _("The limit is too large."),
        ("limit", "not_a_number"): _("The limit must be a number."),
        ("limit", "period"): _("Choose the period of the limit."),
        ("limit", "missing"): _("Enter a limit."),
        ("limit", "unknown"): _("This tier has no such limit. Leave it empty."),
        ("limit", "negative"): _("The limit must be more than 0."),
        ("limit", "zero"): _(
            "A limit of 0 allows no orders. Choose a tier without orders, or a higher limit."
        ),
        ("limit", "currency"): _("The limit must be in %(currency)s.")
        % {"currency": data.get("currency", "")},
    }
    return Sentence(
        texts.get((field, problem), _("This access cannot be assigned. Check what you entered.")), 400, field
    )


def _nothing_differs(data: Data) -> Sentence:
    del data
    text = _("No connected system is known to be out of date. There is nothing to sync.")
    return Sentence(text, 409)


def _bad_input(data: Data) -> Sentence:
    texts = {
        "missing": _("Fill this in."),
        "too_long": _("This is too long: %(longest)s characters at most.")
        % {"longest": data.get("longest", "")},
        "characters": str(CONTROL_CHARACTERS),
        "address": _("This is not an e-mail address."),
        "web_address": _("Enter a full web address that begins with https://."),
        "insecure": _("The address must begin with https://, because secrets are sent to it."),
        "new_token_required": _(
            "The address belongs to another system. Nothing was changed. Enter that system’s access token too."
        ),
        "unknown": _("This is not one of the choices. Choose again."),
    }
    text = texts.get(str(data.get("problem")), _("This cannot be saved. Check what you entered."))
    return Sentence(text, 400, str(data.get("field", "")))


def _taken(data: Data) -> Sentence:
    return Sentence(_("This already exists. Choose another."), 409, str(data.get("field", "")))


def _already_member(data: Data) -> Sentence:
    del data
    text = _("This address belongs to a person in your organization. Change that person’s access instead.")
    return Sentence(text, 409, "email")


def _already_invited(data: Data) -> Sentence:
    del data
    text = _("This address has a pending invitation. Send it again or cancel it.")
    return Sentence(text, 409, "email")


def _too_often(data: Data) -> Sentence:
    seconds = int(data.get("seconds", 60))
    most = data.get("most", "")
    texts = {
        "invitation": _(
            "This invitation was sent less than a minute ago. It was not sent again. Try again in a minute."
        ),
        "address": _(
            "This address has received %(most)s invitations in 24 hours. The invitation was not sent. %(again)s"
        ),
        "organization": _(
            "Your company has sent %(most)s invitations in 24 hours. The invitation was not sent. %(again)s"
        ),
    }
    text = texts.get(str(data.get("what")), texts["invitation"]) % {
        "most": most,
        "again": wording_retry_after.retry_after(seconds),
    }
    return Sentence(text, 429, "email", retry_after=seconds)


def _invitation_gone(data: Data) -> Sentence:
    texts = {
        "expired": _("This invitation has expired. Ask for a new one."),
        "used": _("This invitation has been accepted. Sign in with the address it was sent to."),
        "cancelled": _("This invitation was cancelled."),
        "sender_without_authority": _("This invitation was cancelled."),
    }
    return Sentence(texts.get(str(data.get("state")), _("This link does not work.")), 410)


def _wrong_person(data: Data) -> Sentence:
    del data
    return Sentence(
        _("This invitation is for another address. Sign in with the address it was sent to."), 403
    )


def _asked_otherwise(data: Data) -> Sentence:
    del data
    return Sentence(
        _("This form was already sent with different contents. Nothing was changed. Reload the page."), 409
    )


_SENTENCES: dict[type[DomainError], Callable[[Data], Sentence]] = {
    Busy: _busy,
    authorization_errors.Denied: _denied,
    authorization_errors.NotFound: _not_found,
    authorization_errors.LastAdmin: _last_admin,
    authorization_errors.ExceedsAuthority: _beyond_authority,
    authorization_errors.ExceedsCeiling: _beyond_ceiling,
    authorization_errors.InvalidAccess: _bad_access,
    authorization_errors.Unchanged: lambda _data: Sentence(
        _("Nothing changes: this access is already in force."), 409
    ),
    authorization_errors.InvalidInput: _bad_input,
    refusals.NothingToResync: _nothing_differs,
    authorization_errors.AlreadyExists: _taken,
    authorization_errors.AlreadyMember: _already_member,
    authorization_errors.AlreadyInvited: _already_invited,
    authorization_errors.RateLimited: _too_often,
    authorization_errors.InvitationGone: _invitation_gone,
    authorization_errors.WrongPerson: _wrong_person,
    authorization_errors.IdempotencyKeyReused: _asked_otherwise,
}
