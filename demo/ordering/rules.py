"""An order is judged when it is placed, and when it is approved, by what SCIM says at that instant."""

import datetime as dt
import decimal
from collections.abc import Container

from demo.ordering import orders
from demo.service import current_visit, language, lists, money, people

SEE = "ordering:orders.see"
PLACE = "ordering:orders.place"
APPROVE = "ordering:orders.approve"
CURRENCY = "EUR"
NOTHING = "Nothing was ordered."


class Refused(Exception):
    """The order may not be placed; `field` has the reason, and the text says it to the person."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(f"{sentence} {language.text(NOTHING)}")
        self.field = field


class MayNotApprove(Exception):
    """The order may not be approved by this person, or no longer; the text says why."""


def judge(
    visit: current_visit.Visit,
    order_list: orders.Orders,
    *,
    amount: decimal.Decimal,
    site: str,
    known: Container[str],
    members: list[people.Person],
) -> str:
    """Return why the order waits for an approver, or an empty text for an order within the limits.

    Raises Refused where this person may not order for this site now, or no member could approve the amount.
    """
    rights = visit.rights
    if not rights.may(PLACE):
        raise Refused(language.text("You may not place orders here."))
    check_site(rights, site, known)
    for limit in rights.limits_at(PLACE, site):
        reason = above(limit, amount, order_list.used(limit, visit.person.sub, at=visit.at))
        if not reason:
            continue
        if not approvers(visit, order_list, members, amount=amount, site=site, orderer=visit.person.sub):
            raise Refused(reason, field="amount")
        return reason
    return ""


def check_site(rights: people.Rights, site: str, known: Container[str]) -> None:
    allowed = rights.sites(PLACE)
    if allowed is not None and site not in allowed:
        names = lists.joined(allowed.values(), style="standard")
        english = "You may order for {sites} only."
        if len(allowed) > 1:
            english = "You may order for one of these sites only: {sites}."
        raise Refused(language.text(english, sites=names), field="site")
    if site not in known:
        raise Refused(language.text("Choose a site of your organization."), field="site")


def above(limit: people.Limit, amount: decimal.Decimal, used: decimal.Decimal) -> str:
    """Say why an amount is not within a limit; empty where it is."""
    if limit.currency != CURRENCY:
        english = "Your limit is in {limit}, and this shop sells in {currency}."
        return language.text(english, limit=limit.currency, currency=CURRENCY)
    requested, most = money.show(amount), money.show(limit.amount)
    if limit.period == "order":
        above_order = language.text("{amount} is above your limit of {most}.", amount=requested, most=most)
        return above_order if amount > limit.amount else ""
    if used + amount <= limit.amount:
        return ""
    english = f"{{amount}} on top of {{before}} is above your limit of {{most}} per {limit.period}."
    return language.text(english, amount=requested, before=money.show(used), most=most)


def approvers(
    visit: current_visit.Visit,
    order_list: orders.Orders,
    members: list[people.Person],
    *,
    amount: decimal.Decimal,
    site: str,
    orderer: str,
) -> list[people.Person]:
    """Return the members who may approve this amount for this site now; never the orderer."""
    return [
        person
        for person in members
        if person.sub != orderer
        and not why_not(person, visit.organization, order_list, amount=amount, site=site, at=visit.at)
    ]


def why_not(
    person: people.Person,
    organization: people.Organization,
    order_list: orders.Orders,
    *,
    amount: decimal.Decimal,
    site: str,
    at: dt.datetime,
) -> str:
    """Say why a person may not approve this amount for this site; empty where they may."""
    rights = person.rights(organization, at=at)
    sites = rights.sites(APPROVE)
    if not rights.may(APPROVE) or (sites is not None and site not in sites):
        return language.text("You may not approve orders for this site.")
    reasons = (
        above(limit, amount, order_list.approved(limit, person.sub, at=at))
        for limit in rights.limits_at(APPROVE, site)
    )
    return next(filter(None, reasons), "")


def judge_approval(
    visit: current_visit.Visit,
    order_list: orders.Orders,
    members: list[people.Person],
    order: orders.Order,
) -> None:
    """Raise MayNotApprove where this person may not approve the order, or the orderer may no longer order."""
    if order.sub == visit.person.sub:
        raise MayNotApprove(language.text("You may not approve your own order."))
    amount, at = order.amount, visit.at
    if reason := why_not(visit.person, visit.organization, order_list, amount=amount, site=order.site, at=at):
        raise MayNotApprove(reason)
    orderer = next((person for person in members if person.sub == order.sub), None)
    if orderer is None or not orderer.rights(visit.organization, at=at).may(PLACE):
        raise MayNotApprove(language.text("{name} may no longer order.", name=order.by))
