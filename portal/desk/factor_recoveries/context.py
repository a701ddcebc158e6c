"""The pages of a request to replace a lost second factor show the person, the proof, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from delegation.authorization.verbs import Verb
from delegation.factor_recoveries import queries
from delegation.factor_recoveries.queries import RecoveryView
from delegation.people import sessions
from delegation.people.queries import VisibleMember
from portal.desk.factor_recoveries.forms import DecideForm, OpenForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, factor_changes, factor_recoveries


@dataclass(frozen=True, slots=True)
class RecognitionChoice:
    """Describes a way of recognition for `kh.choice`."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class OpenRecoveryPage(PageModel):
    """Asks how the person was recognized."""

    template: ClassVar[str] = "desk/factor_recoveries/open.html"

    name: str
    email: str
    phone: str
    """The work phone in the directory, to call back."""
    signs_in_with: str
    back_url: str
    form: OpenForm
    recognitions: Sequence[RecognitionChoice]


@dataclass(frozen=True, kw_only=True)
class RecoveryPage(PageModel):
    """Shows a request, with the decisions that the reader can take."""

    template: ClassVar[str] = "desk/factor_recoveries/detail.html"

    name: str
    email: str
    customer: str
    back_url: str
    state: str
    recognition: str
    proof: str
    opened: str
    decided_by: str
    usable: str
    """From when to when the person can use it; empty before an agreement."""
    used: str
    form: DecideForm
    agrees: bool
    """Whether the reader can agree: another person than the one who opened it."""
    is_own: bool
    refuses: bool


def open_page(page: PageContext, member: VisibleMember, form: OpenForm) -> OpenRecoveryPage:
    """Return the form. One statement."""
    user = member.membership.user
    return OpenRecoveryPage(
        name=member.membership.shown_name,
        email=user.email or "",
        phone=user.phone,
        signs_in_with=factor_changes.sign_in_methods(sessions.factors(user=user)),
        back_url=page.url("staff_person", membership=member.membership.id),
        form=form,
        recognitions=[
            RecognitionChoice(code, text(), form["recognition"].value() == code)
            for code, text in factor_recoveries.RECOGNITIONS.items()
        ],
    )


def recovery_page(page: PageContext, found: RecoveryView, form: DecideForm) -> RecoveryPage:
    """Return the request. Two statements."""
    clock, is_own = dates.Clock(page.at, page.zone), found.opener == page.viewer.id
    waits = found.state == "open"
    usable = ""
    if found.usable_from is not None:
        ends = (found.usable_from, found.ends_at)
        usable = " – ".join(clock.date_time(one, seconds=False) for one in ends)
    return RecoveryPage(
        name=found.person,
        email=found.email,
        customer=page.organization.name,
        back_url=page.url("staff_person", membership=found.membership),
        state=factor_recoveries.STATES[found.state](),
        recognition=factor_recoveries.RECOGNITIONS[found.recognition](),
        proof=queries.proof_of(found),
        opened=f"{found.opened_by}, {clock.date_time(found.opened_at, seconds=False)}",
        decided_by=found.decided_by,
        usable=usable,
        used=clock.date_time(found.used_at, seconds=False) if found.used_at else "",
        form=form,
        agrees=waits and not is_own and Verb.FACTOR_RECOVERY_AGREE in page.abilities,
        is_own=is_own and waits,
        refuses=found.is_live and Verb.FACTOR_RECOVERY_REFUSE in page.abilities,
    )
