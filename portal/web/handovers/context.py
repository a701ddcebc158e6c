"""The pages of a handover have these page models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.forms import BaseForm
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.access import assignable
from delegation.authorization.verbs import Verb
from delegation.handovers import queries
from delegation.handovers.queries import EndedHandover, HandoverView
from delegation.people import queries as people_queries
from delegation.people.queries import PeopleFilter
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.handovers import ended_lines
from portal.web.handovers.ended_lines import EndedLine
from portal.web.handovers.forms import LEAVE, NEW, FateForm, SuccessorForm
from portal.wording import dates, supplier_texts

_ROWS = 20


@dataclass(frozen=True, slots=True)
class HandoverTask:
    """Describes a step of a handover; `url` leads to a page where it is taken."""

    what: str
    sub: str
    is_done: bool
    url: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class RunningHandover:
    """Describes a handover that goes on, for its giver or its successor."""

    title: str
    lead: str
    tasks: Sequence[HandoverTask]
    answer_url: str
    accepts: bool
    """Whether the reader is asked to take over."""
    close_label: str
    key: str
    """The idempotency key of its buttons."""


@dataclass(frozen=True, slots=True)
class SuccessorChoice:
    """Describes a colleague who can take over, for `kh.choice`."""

    value: str
    name: str
    email: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class HandoverPage(PageModel):
    """Shows the reader's handovers, and for an admin without one the choice of a successor."""

    template: ClassVar[str] = "web/handovers/overview.html"

    running: Sequence[RunningHandover]
    ended: Sequence[EndedLine]
    """The newest ones that are over."""
    chooses: bool
    """Whether the reader can begin a handover."""
    q: str
    here_url: str
    people: Sequence[SuccessorChoice]
    is_cut: bool
    new_value: str
    new_checked: bool
    form: BaseForm
    back_url: str


@dataclass(frozen=True, slots=True)
class FateChoice:
    """Describes what can become of the giver, for `kh.choice`."""

    value: str
    label: str
    sentence: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class CompletePage(PageModel):
    """Asks what becomes of the giver, and says what the act does."""

    template: ClassVar[str] = "web/handovers/complete.html"

    name: str
    organization: str
    fates: Sequence[FateChoice]
    form: BaseForm
    here_url: str
    back_url: str


def _people(page: PageContext, text: str, chosen: object) -> tuple[list[SuccessorChoice], bool]:
    """Return the colleagues who can take over and match this text, and whether there are more."""
    criteria = PeopleFilter(text=text)
    rows = people_queries.matching(
        actor=page.viewer, organization=page.organization_id, at=page.at, filters=criteria
    )
    found = people_queries.page(rows=rows, filters=criteria, at=page.at, size=_ROWS)
    able = queries.candidates(
        organization=page.organization_id, at=page.at, among=[row.id for row in found.rows]
    )
    choices = [
        SuccessorChoice(str(row.id), row.user.name, row.user.email, chosen == str(row.id))
        for row in found.rows
        if row.id in able
    ]
    return choices, found.next is not None


def overview_page(
    page: PageContext,
    running: Sequence[HandoverView],
    ended: Sequence[EndedHandover],
    *,
    chooses: bool,
    text: str,
    form: SuccessorForm,
) -> HandoverPage:
    """Return the page of the reader's handovers."""
    chosen = form["successor"].value()
    people, is_cut = _people(page, text, chosen) if chooses else ([], False)
    return HandoverPage(
        running=[_running(page, one) for one in running],
        ended=[ended_lines.line(page, one) for one in ended],
        chooses=chooses,
        q=text,
        here_url=page.url("handover"),
        people=people,
        is_cut=is_cut,
        new_value=NEW,
        new_checked=chosen == NEW,
        form=form,
        back_url=page.url("my_access"),
    )


def _running(page: PageContext, one: HandoverView) -> RunningHandover:
    is_giver = one.giver.user_id == page.viewer.id
    names = {
        "giver": one.giver.shown_name,
        "successor": one.successor_name,
        "day": dates.Clock(page.at, page.zone).day(one.ends_at),
    }
    title = _("Handover to %(successor)s") if is_giver else _("Take over from %(giver)s")
    lead = _("Nothing changes before the last step. The handover ends by itself on %(day)s.")
    return RunningHandover(
        title=title % names,
        lead=lead % names,
        tasks=_giver_tasks(page, one, names) if is_giver else _successor_tasks(one, names),
        answer_url=page.url("handover_answer", handover=one.id),
        accepts=not is_giver and not one.is_accepted,
        close_label=_("Cancel the handover") if is_giver else _("Not me"),
        key=one.id.hex,
    )


def _giver_tasks(page: PageContext, one: HandoverView, names: dict[str, str]) -> list[HandoverTask]:
    is_ready = one.is_accepted and one.is_able
    joins = (
        []
        if one.successor
        else [HandoverTask(_("%(successor)s joins") % names, _("Invited by mail"), is_done=False)]
    )
    return [
        HandoverTask(_("Choose a successor"), one.successor_name, is_done=True),
        *joins,
        HandoverTask(_("%(successor)s accepts") % names, one.successor_email, one.is_accepted),
        HandoverTask(
            _("%(successor)s has a second factor") % names,
            _("An authenticator app or a passkey"),
            one.is_able,
        ),
        HandoverTask(
            _("Choose what becomes of you"),
            _("Stay with a lower tier, or leave. Then it is done in one step."),
            is_done=False,
            url=page.url("handover_complete", handover=one.id) if is_ready else "",
            label=_("Complete the handover…") if is_ready else "",
        ),
    ]


def _successor_tasks(one: HandoverView, names: dict[str, str]) -> list[HandoverTask]:
    return [
        HandoverTask(
            _("Accept"),
            _("You get everything that %(giver)s holds, besides your own access.") % names,
            one.is_accepted,
        ),
        HandoverTask(
            _("Set up a second factor"),
            _("An authenticator app or a passkey"),
            one.is_able,
            url="" if one.is_able else reverse("mfa_index"),
            label="" if one.is_able else _("My security"),
        ),
        HandoverTask(_("%(giver)s completes it") % names, _("You get a mail then."), is_done=False),
    ]


def complete_page(page: PageContext, one: HandoverView, form: FateForm, tiers: Sequence[str]) -> CompletePage:
    """Return the page that asks what becomes of the giver. Four statements."""
    options = assignable.assignable_options(
        actor=page.viewer, verb=Verb.ACCESS_CHANGE, organization=page.organization_id, at=page.at
    )
    chosen = form["fate"].value()
    known = [tier for tier in options.tiers if tier.key in tiers]
    leave = _("Your access to %(organization)s ends at once, in every system.")
    return CompletePage(
        name=one.successor_name,
        organization=page.organization.name,
        fates=[
            *(
                FateChoice(
                    tier.key,
                    _("Stay as %(tier)s") % {"tier": supplier_texts.in_language(tier.name)},
                    supplier_texts.in_language(tier.description),
                    chosen == tier.key,
                )
                for tier in known
            ),
            FateChoice(LEAVE, _("Leave"), leave % {"organization": page.organization.name}, chosen == LEAVE),
        ],
        form=form,
        here_url=page.url("handover_complete", handover=one.id),
        back_url=page.url("handover"),
    )
