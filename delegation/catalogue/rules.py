"""An offer to an organization holds valid keys and limits."""

from collections.abc import Mapping

from delegation.authorization import access_validation, input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.values import AmountLimit


def check_offer(offer: Mapping[str, AmountLimit | None]) -> None:
    """Raise InvalidInput for a key or a limit that no offer can hold."""
    for key, limit in offer.items():
        input_cleaning.line(key, field="entitlement", longest=80, required=True)
        if limit is not None and (problem := access_validation.limit_problem(limit=limit)):
            raise InvalidInput(field="limit", problem=problem)


def stored_limit(limit: AmountLimit, *, takes_amount: bool) -> AmountLimit:
    """Return the limit as it is stored and logged: without an amount where the entitlement takes none."""
    return limit if takes_amount else AmountLimit(None, "")
