"""Two pages say what a pause and a sync of deliveries do, before they begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse

from delegation.applications.queries import ApplicationView
from portal.desk.applications import context, wording
from portal.desk.applications.forms import DURATIONS, PauseForm
from portal.shell.forms import IdempotentForm
from portal.shell.page_model import PageModel
from provisioning.accounts.target_status import TargetStatus


@dataclass(frozen=True, slots=True)
class DurationChoice:
    """Describes a length for `kh.choice`."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class PausePage(PageModel):
    """Shows what a pause stops, before it begins; or what resuming delivers, where deliveries are paused."""

    template: ClassVar[str] = "desk/applications/pause.html"

    name: str
    back_url: str
    until: str
    """Empty where deliveries are not paused."""
    waits: str
    form: PauseForm
    durations: Sequence[DurationChoice]


@dataclass(frozen=True, kw_only=True)
class SyncPage(PageModel):
    """Says what a sync does, before it begins."""

    template: ClassVar[str] = "desk/applications/sync.html"

    name: str
    back_url: str
    paused: str
    is_syncing: bool
    form: IdempotentForm


def pause_page(view: ApplicationView, status: TargetStatus, form: PauseForm) -> PausePage:
    """Return the page that pauses or resumes deliveries."""
    chosen = form["duration"].value()
    return PausePage(
        name=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        until=wording.in_utc(status.paused_until),
        waits=wording.waiting(status),
        form=form,
        durations=[DurationChoice(key, text(), key == chosen) for key, (_hours, text) in DURATIONS.items()],
    )


def sync_page(view: ApplicationView, status: TargetStatus, form: IdempotentForm) -> SyncPage:
    """Return the page that begins a sync."""
    return SyncPage(
        name=context.name_of(view),
        back_url=reverse("staff_application", args=[view.key]),
        paused=wording.in_utc(status.paused_until),
        is_syncing=status.is_syncing,
        form=form,
    )
