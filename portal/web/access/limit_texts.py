"""The field for a limit has a hint, and errors for amounts that are not accepted."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.access.assignable import TierOption
from delegation.authorization.values import AmountLimit
from portal.wording import access, amounts, cldr


def error(typed: str, problem: amounts.Unclear | amounts.OtherUnit, *, currency: str) -> str:
    """Return the error at the field of a limit in this currency."""
    if not typed.strip():
        return _("Enter a limit.")
    if isinstance(problem, amounts.OtherUnit):
        return _other_unit(problem, currency)
    if problem.could_mean:
        return _("Enter %(amount)s without a separator: %(typed)s can be read in two ways.") % {
            "amount": problem.could_mean,
            "typed": typed.strip(),
        }
    return _("Enter the limit as an amount, for example 5 000 or 5 000.50.")


def _other_unit(problem: amounts.OtherUnit, currency: str) -> str:
    if problem.is_period:
        text = _("Enter only the amount, without “%(typed)s”. The label says what the limit counts for.")
        return text % {"typed": problem.typed}
    values = {"currency": currency, "typed": problem.typed}
    return _("Enter the limit in %(currency)s. %(typed)s is another currency.") % values


def hint(tier: TierOption, *, kept: Iterable[AmountLimit]) -> str:
    """Return the highest amount for a tier, and the stored limits that an empty field keeps."""
    return " ".join(filter(None, (_kept(kept), _most(tier))))


def _kept(limits: Iterable[AmountLimit]) -> str:
    texts = dict.fromkeys(access.limit(limit.amount, limit.currency, limit.period) for limit in limits)
    if not texts:
        return ""
    text = _("Now: %(limits)s. Leave this empty to keep it, or enter one limit for everything.")
    return text % {"limits": cldr.joined(list(texts))}


def _most(tier: TierOption) -> str:
    if tier.max_amount is None:
        return ""
    most = cldr.money(tier.max_amount, tier.currency)
    if tier.max_from_ceiling:
        agreed = {"amount": most, "supplier": settings.SUPPLIER_NAME}
        return _("Up to %(amount)s, as agreed with %(supplier)s.") % agreed
    return _("You can assign up to %(amount)s.") % {"amount": most}
