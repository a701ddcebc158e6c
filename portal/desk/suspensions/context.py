"""The pages that suspend and resume a customer show what ends and what works again, before it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.suspensions import queries
from delegation.suspensions.queries import SuspensionEffects, SuspensionView
from portal.desk.suspensions.forms import ON_A_DAY, WITHOUT_END, ResumeForm, SuspendForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import cldr, dates, supplier_texts, suspension_notices
from provisioning.accounts import queries as accounts_queries


@dataclass(frozen=True, slots=True)
class SuspensionChoice:
    """Describes a reason for `kh.choice`."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class SuspendPage(PageModel):
    """Shows what a suspension ends, and asks why and until when."""

    template: ClassVar[str] = "desk/suspensions/suspend.html"

    customer: str
    back_url: str
    form: SuspendForm
    reasons: Sequence[SuspensionChoice]
    without_end: bool
    on_a_day: bool
    example: str
    ends: Sequence[str]
    """What ends at once, a sentence each."""
    systems: Sequence[str]
    """The names of the connected systems that close the people's accounts."""


@dataclass(frozen=True, kw_only=True)
class ResumePage(PageModel):
    """Shows what works again, before a customer is resumed."""

    template: ClassVar[str] = "desk/suspensions/resume.html"

    customer: str
    back_url: str
    form: ResumeForm
    suspension: str
    """The id of the suspension that is shown, which the form sends."""
    since: str
    reason: str
    end: str
    suspended_by: str
    """Empty for a suspension by a command."""


def suspend_page(page: PageContext, form: SuspendForm) -> SuspendPage:
    """Return what a suspension would end now, and the form. Two statements."""
    effects = queries.effects(organization=page.organization_id, at=page.at)
    systems = accounts_queries.systems_of(organization=page.organization_id)
    return SuspendPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        form=form,
        reasons=[
            SuspensionChoice(code, text(), form["reason"].value() == code)
            for code, text in suspension_notices.REASONS.items()
        ],
        without_end=form["end"].value() == WITHOUT_END,
        on_a_day=form["end"].value() == ON_A_DAY,
        example=dates.example_day(),
        ends=list(_ends(effects)),
        systems=[supplier_texts.in_language(one.name) for one in systems],
    )


def _ends(effects: SuspensionEffects) -> Iterable[str]:
    """Yield a sentence for everything that ends; sign-in stops also where no person has joined."""
    stopped = ngettext(
        "%(number)s person can no longer sign in for this customer",
        "%(number)s people can no longer sign in for this customer",
        effects.people,
    )
    yield _counted(effects.people, stopped) if effects.people else _("No person has joined yet")
    yield from (_counted(number, text) for number, text in _also_ends(effects) if number)


def _also_ends(effects: SuspensionEffects) -> Iterable[tuple[int, str]]:
    yield (
        effects.elsewhere,
        ngettext(
            "%(number)s of them belongs to another customer too, and keeps that access",
            "%(number)s of them belong to another customer too, and keep that access",
            effects.elsewhere,
        ),
    )
    yield (
        effects.sessions,
        ngettext("%(number)s open session ends", "%(number)s open sessions end", effects.sessions),
    )
    yield (
        effects.service_users,
        ngettext("%(number)s program stops", "%(number)s programs stop", effects.service_users),
    )
    invitations = ngettext(
        "%(number)s pending invitation is cancelled",
        "%(number)s pending invitations are cancelled",
        effects.invitations,
    )
    yield effects.invitations, invitations


def _counted(number: int, text: str) -> str:
    return text % {"number": cldr.number(number)}


def resume_page(page: PageContext, suspension: SuspensionView, form: ResumeForm) -> ResumePage:
    """Return the suspension and what its end does."""
    clock = dates.Clock(page.at, page.zone)
    end = suspension.resume_at
    return ResumePage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        form=form,
        suspension=str(suspension.id),
        since=clock.date_time(suspension.since, seconds=False),
        reason=suspension_notices.REASONS[suspension.reason](),
        end=_("Last day %(day)s") % {"day": clock.last_day(end)} if end else _("Without end"),
        suspended_by=suspension.suspended_by,
    )
