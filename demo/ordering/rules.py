"""An order is judged when it is placed, by what SCIM says at that instant."""

import decimal
from collections.abc import Container

from demo.ordering import orders
from demo.service import current_visit, money, people

SEE = "ordering:orders.see"
PLACE = "ordering:orders.place"
CURRENCY = "EUR"
NOTHING = "Nothing was ordered."


class Refused(Exception):
    """The order may not be placed; `field` has the reason, and the text says it to the person."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(f"{sentence} {NOTHING}")
        self.field = field


def judge(
    visit: current_visit.Visit,
    order_list: orders.Orders,
    *,
    amount: decimal.Decimal,
    site: str,
    known: Container[str],
) -> None:
    """Raise Refused where this person may not order this amount for this site now."""
    rights = visit.rights
    if not rights.may(PLACE):
        raise Refused("You may not place orders here.")
    check_site(rights, site, known)
    for limit in rights.limits_at(PLACE, site):
        check_limit(limit, amount, order_list.used(limit, visit.person.sub, at=visit.at))


def check_site(rights: people.Rights, site: str, known: Container[str]) -> None:
    allowed = rights.sites(PLACE)
    if allowed is not None and site not in allowed:
        names = " and ".join(allowed.values())
        raise Refused(f"You may order for {names} only.", field="site")
    if site not in known:
        raise Refused("Choose a site of your organization.", field="site")


def check_limit(limit: people.Limit, amount: decimal.Decimal, used: decimal.Decimal) -> None:
    if limit.currency != CURRENCY:
        raise Refused(
            f"Your limit is in {limit.currency}, and this shop sells in {CURRENCY}.", field="amount"
        )
    requested, most = money.show(amount), money.show(limit.amount)
    if limit.period == "order":
        if amount > limit.amount:
            raise Refused(f"{requested} is above your limit of {most}.", field="amount")
    elif used + amount > limit.amount:
        before = money.show(used)
        raise Refused(
            f"{requested} on top of {before} is above your limit of {most} per {limit.period}.",
            field="amount",
        )
