import dataclasses
import decimal
import functools
import secrets
from typing import cast

import flask

from demo.ordering import orders, rules
from demo.service import current_visit, forms, lists, money, parts, people, people_page

REFUSED = 422
FORBIDDEN = 403
SHOWN_APPROVERS = 3
OWN_SITE = ""
KEY = "demo.orders"
LATEST = 50

blueprint = flask.Blueprint("pages", __name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrderRequest:
    amount: decimal.Decimal
    site: str
    reference: str
    once: str


@blueprint.record_once
def open_orders(state: flask.blueprints.BlueprintSetupState) -> None:
    built = state.app.extensions[parts.KEY]
    state.app.extensions[KEY] = orders.Orders(built.settings.store / "orders.jsonl")


def order_list() -> orders.Orders:
    return cast("orders.Orders", flask.current_app.extensions[KEY])


@blueprint.get("/")
@current_visit.needed
def home(visit: current_visit.Visit) -> current_visit.Answer:
    everybodys = visit.rights.may(rules.SEE)
    orders_shown = order_list().by_organization(
        visit.organization.id, None if everybodys else visit.person.sub
    )
    return flask.render_template(
        "home.html",
        visit=visit,
        may=people_page.may(visit.rights, NAMES),
        orders=orders_shown[:LATEST],
        everybodys=everybodys,
    )


NAMES = {
    "ordering:orders.see": "See the orders of your organization",
    "ordering:orders.place": "Place orders",
    "ordering:orders.approve": "Approve orders of others",
    "ordering:invoices.see": "See invoices",
}


@blueprint.get("/order")
@current_visit.needed
def order(visit: current_visit.Visit) -> current_visit.Answer:
    return form(visit, typed={"once": secrets.token_urlsafe(16)}, errors={})


@blueprint.post("/order")
@current_visit.needed
def place(visit: current_visit.Visit) -> current_visit.Answer:
    typed = flask.request.form.to_dict()
    errors, request = parse_form(typed)
    if not request:
        return form(visit, typed=typed, errors=errors), REFUSED
    try:
        placed = decide(visit, request)
    except rules.Refused as refusal:
        return form(visit, typed=typed, errors={refusal.field: str(refusal)}), REFUSED
    return flask.redirect(flask.url_for("pages.placed", number=placed.number))


def parse_form(typed: dict[str, str]) -> tuple[dict[str, str], OrderRequest | None]:
    """Give a sentence for each field that cannot be read, or the order as requested."""
    errors: dict[str, str] = {}
    amount = decimal.Decimal(0)
    try:
        amount = money.parse(typed.get("amount", ""))
    except ValueError as error:
        errors["amount"] = str(error)
    for field in ("site", "reference", "once"):
        if sentence := forms.unreadable(typed.get(field, "")):
            errors[field] = sentence
    if errors:
        return errors, None
    rest = {field: typed.get(field, "") for field in ("site", "reference", "once")}
    return {}, OrderRequest(amount=amount, **rest)


def decide(visit: current_visit.Visit, request: OrderRequest) -> orders.Order:
    """Place an order once.

    Raises Refused.
    """
    known = sites(visit)
    judge = functools.partial(
        rules.judge,
        visit,
        order_list(),
        amount=request.amount,
        site=request.site,
        known=known,
        members=members(visit),
    )
    return order_list().place(
        judge=judge,
        once=f"{visit.session.id}:{request.once}" if request.once else "",
        organization=visit.organization.id,
        sub=visit.person.sub,
        by=visit.person.name,
        amount=request.amount,
        currency=rules.CURRENCY,
        site=request.site,
        site_name=known.get(request.site, ""),
        reference=request.reference,
    )


def members(visit: current_visit.Visit) -> list[people.Person]:
    return parts.current().people.members(visit.organization.id)


def sites(visit: current_visit.Visit) -> dict[str, str]:
    """Give the delivery addresses this shop knows for the organization, by id."""
    return parts.current().people.sites(visit.organization.id) or {OWN_SITE: "Main address"}


def form(visit: current_visit.Visit, *, typed: dict[str, str], errors: dict[str, str]) -> str:
    known, allowed = sites(visit), visit.rights.sites(rules.PLACE)
    may_place = visit.rights.may(rules.PLACE)
    yours = {key: name for key, name in known.items() if allowed is None or key in allowed}
    return flask.render_template(
        "order.html", visit=visit, typed=typed, errors=errors, yours=yours, may_place=may_place
    )


@blueprint.get("/orders/<int:number>")
@current_visit.needed
def placed(visit: current_visit.Visit, number: int) -> current_visit.Answer:
    order_placed = order_or_404(visit, number)
    can_approve = []
    if order_placed.waits:
        can_approve = rules.approvers(
            visit,
            order_list(),
            members(visit),
            amount=order_placed.amount,
            site=order_placed.site,
            orderer=order_placed.sub,
        )
    return flask.render_template(
        "placed.html",
        visit=visit,
        order=order_placed,
        approvers=lists.joined([person.name for person in can_approve][:SHOWN_APPROVERS], style="or"),
        may_approve=visit.person in can_approve,
    )


@blueprint.post("/orders/<int:number>/approve")
@current_visit.needed
def approve(visit: current_visit.Visit, number: int) -> current_visit.Answer:
    order_or_404(visit, number)
    judge = functools.partial(rules.judge_approval, visit, order_list(), members(visit))
    try:
        order_list().approve(number, judge=judge, sub=visit.person.sub, by=visit.person.name)
    except rules.MayNotApprove as refusal:
        title = "The order is not approved."
        page = flask.render_template("message.html", visit=visit, title=title, sentence=str(refusal))
        return page, FORBIDDEN
    return flask.redirect(flask.url_for("pages.placed", number=number))


def order_or_404(visit: current_visit.Visit, number: int) -> orders.Order:
    own = None if visit.rights.may(rules.SEE) else visit.person.sub
    visible = order_list().by_organization(visit.organization.id, own)
    return next((order for order in visible if order.number == number), None) or flask.abort(404)


@blueprint.get("/people")
@current_visit.needed
def people_list(visit: current_visit.Visit) -> current_visit.Answer:
    return flask.render_template("people.html", visit=visit, page=people_page.page(visit, flask.request.args))
