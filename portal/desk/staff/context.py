"""The pages of staff rights show who has which, and give and end one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse

from delegation.applications import queries as applications_queries
from delegation.authorization.verbs import Verb
from delegation.staff import queries
from delegation.staff.queries import StaffRightView
from portal.desk.staff import wording
from portal.desk.staff.forms import (
    CUSTOMER,
    EVERYTHING,
    ON_A_DAY,
    UNIT,
    WITHOUT_END,
    EndRightForm,
    RightForm,
)
from portal.shell.page_model import PageModel
from portal.signin.staff import pages
from portal.signin.staff.reader import StaffReader
from portal.wording import dates, time_zones

_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RightLine:
    """Describes a staff right; `given_by` is empty for the system, `end_url` for a reader who ends no rights."""

    name: str
    is_blocked: bool
    role: str
    scope: str
    end: str
    since: str
    given_by: str
    end_url: str


@dataclass(frozen=True, kw_only=True)
class RightsPage(PageModel):
    """Lists the staff rights in force that the reader's own rights cover."""

    template: ClassVar[str] = "desk/staff/list.html"

    give_url: str
    """Empty for a reader who gives no rights."""
    rows: Sequence[RightLine]


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """Describes a role for `kh.choice`."""

    value: str
    label: str
    sentence: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class GiveRightPage(PageModel):
    """Asks who gets which role, for what, until when and why."""

    template: ClassVar[str] = "desk/staff/give.html"

    back_url: str
    has_members: bool
    sign_in_url: str
    form: RightForm
    roles: Sequence[RoleChoice]
    for_everything: bool
    for_unit: bool
    for_customer: bool
    without_end: bool
    on_a_day: bool
    example: str


@dataclass(frozen=True, kw_only=True)
class EndRightPage(PageModel):
    """Asks why this right ends."""

    template: ClassVar[str] = "desk/staff/end.html"

    back_url: str
    right: RightLine
    form: EndRightForm
    clients: Sequence[str] = ()
    """The clients that the person owns: they need another owner, if the person leaves."""


def rights_of(reader: StaffReader) -> list[StaffRightView]:
    """Read the rights in force now. Three statements."""
    return queries.rights_between(actor=reader.actor, begin=reader.at, end=reader.at + _TICK, at=reader.at)


def list_page(reader: StaffReader) -> RightsPage:
    """Return the list."""
    return RightsPage(
        give_url=reverse("staff_right_give") if Verb.STAFF_RIGHT_GIVE in reader.verbs else "",
        rows=[_line(reader, right) for right in rights_of(reader)],
    )


def _line(reader: StaffReader, right: StaffRightView) -> RightLine:
    may_end = Verb.STAFF_RIGHT_END in reader.verbs
    return RightLine(
        name=right.name,
        is_blocked=not right.is_active,
        role=pages.ROLES[right.role](),
        scope=wording.scope_of(right),
        end=wording.end_of(right.valid_until),
        since=time_zones.date_time(right.valid_from, None),
        given_by=right.given_by,
        end_url=reverse("staff_right_end", args=[right.id]) if may_end else "",
    )


def give_page(form: RightForm, *, has_members: bool, sign_in_url: str) -> GiveRightPage:
    """Return the form."""
    role, scope, end = (form[name].value() for name in ("role", "scope", "end"))
    return GiveRightPage(
        back_url=reverse("staff_rights"),
        has_members=has_members,
        sign_in_url=sign_in_url,
        form=form,
        roles=[
            RoleChoice(key, name(), wording.ALLOWED[key](), checked=role == key)
            for key, name in pages.ROLES.items()
        ],
        for_everything=scope == EVERYTHING,
        for_unit=scope == UNIT,
        for_customer=scope == CUSTOMER,
        without_end=end == WITHOUT_END,
        on_a_day=end == ON_A_DAY,
        example=dates.example_day(),
    )


def end_page(reader: StaffReader, right: StaffRightView, form: EndRightForm) -> EndRightPage:
    """Return the page that asks before the right ends."""
    return EndRightPage(
        back_url=reverse("staff_rights"),
        right=_line(reader, right),
        form=form,
        clients=applications_queries.owned_by(user=right.user),
    )
