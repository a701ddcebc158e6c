"""The pages of the catalogue show what is in force, what a file changes, and the proposals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.catalogue import queries, stored_catalogue
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.queries import ProposalView
from delegation.catalogue.stored_catalogue import StoredCatalogue
from portal.desk.catalogue import difference_view
from portal.desk.catalogue.difference_view import DifferenceView
from portal.desk.catalogue.forms import DecisionForm, FileForm
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import catalogue_changes, cldr, dates, supplier_texts, time_zones


@dataclass(frozen=True, slots=True)
class CatalogueTier:
    """Describes a tier: its version, and what its holders can do."""

    name: str
    description: str
    version: str
    since: str
    can: str


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """Lists what people can do in an application."""

    name: str
    can: Sequence[str]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """Describes a proposal in a list; `decision` is empty while it waits."""

    what: str
    proposed: str
    decision: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CataloguePage(PageModel):
    """Shows the catalogue in force and the proposals."""

    template: ClassVar[str] = "desk/catalogue/list.html"

    check_url: str
    """Empty for a reader whose right is not for everything."""
    tiers: Sequence[CatalogueTier]
    applications: Sequence[ApplicationRow]
    waiting: Sequence[ProposalRow]
    decided: Sequence[ProposalRow]


@dataclass(frozen=True, kw_only=True)
class FilePage(PageModel):
    """Asks for a file, and lists all its errors."""

    template: ClassVar[str] = "desk/catalogue/file.html"

    back_url: str
    ready_made_url: str
    form: FileForm
    problems: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CheckPage(PageModel):
    """Shows what a file changes, before it is applied or proposed."""

    template: ClassVar[str] = "desk/catalogue/check.html"

    back_url: str
    form: FileForm
    difference: DifferenceView
    nothing: bool
    needs_second: bool
    most: str
    """How many people may lose something by one person's decision."""


@dataclass(frozen=True, kw_only=True)
class ProposalPage(PageModel):
    """Shows a proposal with its difference as it is now, and asks the second person."""

    template: ClassVar[str] = "desk/catalogue/proposal.html"

    back_url: str
    proposed_by: str
    proposed_at: str
    state: str
    """What became of it; empty while it waits."""
    void: bool
    own: bool
    """Whether the reader proposed it."""
    lose: str
    """How many people would have lost something when it was proposed; `gain` is the same for gains."""
    gain: str
    file: str
    difference: DifferenceView | None
    """None where no agreement is possible."""
    form: DecisionForm


def list_page(*, may_change: bool) -> CataloguePage:
    """Return the catalogue in force. Seven statements."""
    stored = stored_catalogue.load()
    return CataloguePage(
        check_url=reverse("staff_catalogue_check") if may_change else "",
        tiers=_tiers(stored),
        applications=_applications(stored),
        waiting=[_proposal(row) for row in queries.waiting()] if may_change else [],
        decided=[_proposal(row) for row in queries.decided()] if may_change else [],
    )


def _tiers(stored: StoredCatalogue) -> list[CatalogueTier]:
    catalogue = stored.catalogue
    return [
        CatalogueTier(
            name=supplier_texts.in_language(role.name),
            description=supplier_texts.in_language(role.description),
            version=cldr.number(stored.versions[role.key].number),
            since=cldr.date(stored.versions[role.key].since),
            can=_joined([catalogue_changes.entitlement(key, catalogue) for key in role.entitlements]),
        )
        for role in catalogue.roles
    ]


def _joined(texts: Sequence[str]) -> str:
    return dates.first_upper(cldr.joined(texts)) if texts else "–"


def _applications(stored: StoredCatalogue) -> list[ApplicationRow]:
    rows = []
    for key, name in stored.applications.items():
        texts = [spec.text for spec in stored.catalogue.entitlements if spec.key.partition(":")[0] == key]
        can = [dates.first_upper(supplier_texts.in_language(text)) for text in texts]
        rows.append(ApplicationRow(supplier_texts.in_language(name), can))
    return rows


def _proposal(row: ProposalView) -> ProposalRow:
    loses = catalogue_changes.people(row.lose)
    return ProposalRow(
        what=_("Would take something from %(people)s") % {"people": loses},
        proposed=f"{proposer(row)}, {time_zones.date_time(row.proposed_at, None)}",
        decision=decision(row),
        url=reverse("staff_catalogue_proposal", args=[row.id]),
    )


def proposer(row: ProposalView) -> str:
    """Return who proposed the file."""
    if row.owner:
        return _("%(program)s, a program of %(owner)s") % {"program": row.proposed_by, "owner": row.owner}
    return row.proposed_by or _("Management command")


def decision(row: ProposalView) -> str:
    """Return what became of a proposal, with the person and the time; empty while it waits."""
    texts = {
        "applied": _("Applied with the agreement of %(name)s, %(moment)s"),
        "refused": _("Refused by %(name)s, %(moment)s"),
        "withdrawn": _("Withdrawn by %(name)s, %(moment)s"),
        "void": _("Void since %(moment)s: the catalogue changed"),
    }
    if row.decided_at is None:
        return ""
    name = row.decided_by or _("Management command")
    return texts[row.state] % {"name": name, "moment": time_zones.date_time(row.decided_at, None)}


def file_page(form: FileForm) -> FilePage:
    """Return the form with the errors of the file."""
    ready_made = f"{reverse('staff_catalogue_check')}?ready-made"
    return FilePage(
        back_url=reverse("staff_catalogue"), ready_made_url=ready_made, form=form, problems=form.problems
    )


def check_page(form: FileForm, checked: CheckedFile, *, needs_second: bool, most: int) -> CheckPage:
    """Return what the file changes."""
    return CheckPage(
        back_url=reverse("staff_catalogue"),
        form=form,
        difference=difference_view.view_of(checked),
        nothing=checked.difference.is_empty,
        needs_second=needs_second,
        most=catalogue_changes.people(most),
    )


def proposal_page(
    reader: StaffReader, row: ProposalView, checked: CheckedFile | None, form: DecisionForm
) -> ProposalPage:
    """Return the proposal; `checked` is None for one that was decided."""
    void = checked is not None and checked.version != row.version
    return ProposalPage(
        back_url=reverse("staff_catalogue"),
        proposed_by=proposer(row),
        proposed_at=time_zones.date_time(row.proposed_at, None),
        state=decision(row),
        void=void,
        own=row.proposer == reader.actor.id,
        lose=catalogue_changes.people(row.lose),
        gain=catalogue_changes.people(row.gain),
        file=row.file,
        difference=difference_view.view_of(checked) if checked is not None and not void else None,
        form=form,
    )
