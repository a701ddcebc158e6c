"""The pages on which a person lets support look along have these page models."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.forms import BaseForm

from delegation.authorization.verbs import Verb
from delegation.looking_along import queries
from identity.looks import queries as looks_queries
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.looking_along.forms import CODE, HIDDEN, LOOK, PREPARE, SHOWN, AllowForm, RuleForm
from portal.wording import brands, dates


@dataclass(frozen=True, kw_only=True)
class HelpPage(PageModel):
    """Explains looking along, and makes a code."""

    template: ClassVar[str] = "web/looking_along/help.html"

    supplier: str
    phone: str
    """The known number of the supplier; may be empty."""
    form: BaseForm
    look_chosen: bool
    prepare_chosen: bool
    personal_hidden: bool
    personal_shown: bool
    help_url: str
    waiting: str
    """Until when a code of this person waits; empty without one."""
    waiting_look: str
    stop_url: str
    rule: str
    """The standing rule: `look`, `prepare`, or empty."""
    rule_url: str
    """Empty for a reader who may not change it."""
    activity_url: str
    """Empty for a reader who may not see the log."""


@dataclass(frozen=True, kw_only=True)
class CodePage(PageModel):
    """Shows the code, once."""

    template: ClassVar[str] = "web/looking_along/code.html"

    supplier: str
    phone: str
    code: str
    """`123 456`; empty where the page that made it was sent again."""
    until: str
    prepares: bool
    masked: bool
    look: str
    stop_url: str
    help_url: str
    home_url: str


@dataclass(frozen=True, kw_only=True)
class LookRulePage(PageModel):
    """Asks whether support needs a code."""

    template: ClassVar[str] = "web/looking_along/rule.html"

    supplier: str
    form: BaseForm
    code_chosen: bool
    look_chosen: bool
    prepare_chosen: bool
    rule_url: str
    help_url: str


def _supplier(page: PageContext) -> tuple[str, str]:
    brand = brands.brand(page.organization.number_and_brand[1] if settings.BRANDS else "")
    return brand["name"], brand.get("phone", "")


def help_page(page: PageContext, form: AllowForm) -> HelpPage:
    """Return the page that explains and asks. Two statements."""
    supplier, phone = _supplier(page)
    waiting = looks_queries.waiting_code(membership=page.own_membership.id, at=page.at)
    clock = dates.Clock(page.at, page.zone)
    return HelpPage(
        supplier=supplier,
        phone=phone,
        form=form,
        look_chosen=form["mode"].value() == LOOK,
        prepare_chosen=form["mode"].value() == PREPARE,
        personal_hidden=form["personal"].value() == HIDDEN,
        personal_shown=form["personal"].value() == SHOWN,
        help_url=page.url("look_help"),
        waiting=clock.time(waiting[1]) if waiting else "",
        waiting_look=str(waiting[0]) if waiting else "",
        stop_url=page.url("look_stop"),
        rule=queries.rule_mode(organization=page.organization_id),
        rule_url=page.url("look_rule") if Verb.LOOK_RULE_SET in page.abilities else "",
        activity_url=page.url("activity") if page.sees_activity else "",
    )


def code_page(
    page: PageContext, *, code: str, look: str, until: dt.datetime, prepares: bool, masked: bool
) -> CodePage:
    """Return the page that shows the code."""
    supplier, phone = _supplier(page)
    return CodePage(
        supplier=supplier,
        phone=phone,
        code=f"{code[:3]} {code[3:]}" if code else "",
        until=dates.Clock(page.at, page.zone).time(until),
        prepares=prepares,
        masked=masked,
        look=look,
        stop_url=page.url("look_stop"),
        help_url=page.url("look_help"),
        home_url=page.url("home"),
    )


def rule_page(page: PageContext, form: RuleForm) -> LookRulePage:
    """Return the page of the standing rule. One statement."""
    present = queries.rule_mode(organization=page.organization_id) or CODE
    chosen = form["mode"].value() if form.is_bound else present
    return LookRulePage(
        supplier=_supplier(page)[0],
        form=form,
        code_chosen=chosen == CODE,
        look_chosen=chosen == LOOK,
        prepare_chosen=chosen == PREPARE,
        rule_url=page.url("look_rule"),
        help_url=page.url("look_help"),
    )
