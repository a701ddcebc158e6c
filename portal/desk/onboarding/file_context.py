"""The page of a file of customers shows what is wrong in it, what it would onboard, and what it has onboarded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.desk.onboarding import customer_table
from portal.desk.onboarding.applied_lines import AppliedLine
from portal.desk.onboarding.checked_lines import EXISTS, NEW, WRONG, CheckedLine
from portal.desk.onboarding.file_forms import CustomersForm
from portal.shell.page_model import PageModel
from portal.wording import cldr

LISTED = 200
"""Lines of the page; the download has all."""


@dataclass(frozen=True, slots=True)
class FaultLine:
    """Names a line that cannot be onboarded, and why."""

    line: str
    name: str
    faults: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class OnboardFilePage(PageModel):
    """Asks for a file of customers, and shows its check and its progress."""

    template: ClassVar[str] = "desk/onboarding/file.html"

    form: CustomersForm
    file_url: str
    list_url: str
    columns: Sequence[str]
    required: Sequence[str]
    checked: bool
    counts: Sequence[str]
    """What the check found; empty before it."""
    progress: str
    """What this request has onboarded; empty for a check."""
    faults: Sequence[FaultLine]
    more_faults: str
    button: str
    """Onboards what is left; empty without any."""
    continues: bool
    """Whether a script presses the button: a part was onboarded, and none of it was refused."""
    seen: str


def file_page(
    form: CustomersForm, lines: Sequence[CheckedLine], applied: Sequence[AppliedLine]
) -> OnboardFilePage:
    """Return the page before the check, after it, and after each part that was onboarded."""
    refused = {one.line.line: one.refusal for one in applied if one.refusal}
    wrong = [
        _fault(one, refused.get(one.line, "")) for one in lines if one.state == WRONG or one.line in refused
    ]
    left = sum(one.state == NEW and one.line not in refused for one in lines)
    return OnboardFilePage(
        form=form,
        file_url=reverse("staff_onboard_file"),
        list_url=reverse("staff_organizations"),
        columns=customer_table.OPTIONAL,
        required=customer_table.REQUIRED,
        checked=bool(lines),
        counts=_counts(left, sum(one.state == EXISTS for one in lines), len(wrong)) if lines else [],
        progress=_progress(applied, left) if applied else "",
        faults=wrong[:LISTED],
        more_faults=_more(len(wrong) - LISTED) if len(wrong) > LISTED else "",
        button=_button(left, is_next=bool(applied)) if left else "",
        continues=bool(left and applied and not refused),
        seen=form.digest if lines else "",
    )


def _fault(one: CheckedLine, refusal: str) -> FaultLine:
    faults = [f"{column}: {text}" if column else text for column, text in one.faults]
    return FaultLine(cldr.number(one.line), one.name, [refusal] if refusal else faults)


def _counts(left: int, existing: int, wrong: int) -> list[str]:
    return [
        text % {"number": cldr.number(number)}
        for number, text in (
            (left, ngettext("%(number)s customer to onboard", "%(number)s customers to onboard", left)),
            (existing, _("%(number)s onboarded")),
            (wrong, ngettext("%(number)s line is wrong", "%(number)s lines are wrong", wrong)),
        )
        if number
    ]


def _progress(applied: Sequence[AppliedLine], left: int) -> str:
    done = sum(bool(one.key) for one in applied)
    text = ngettext("%(number)s customer was onboarded.", "%(number)s customers were onboarded.", done)
    now = text % {"number": cldr.number(done)}
    if not left:
        return now
    return _("%(now)s Continue with the others.") % {"now": now}


def _button(left: int, *, is_next: bool) -> str:
    if is_next:
        text = ngettext("Continue with %(number)s customer", "Continue with %(number)s customers", left)
    else:
        text = ngettext("Onboard %(number)s customer", "Onboard %(number)s customers", left)
    return text % {"number": cldr.number(left)}


def _more(number: int) -> str:
    text = ngettext("%(number)s more line is wrong.", "%(number)s more lines are wrong.", number)
    return text % {"number": cldr.number(number)}
