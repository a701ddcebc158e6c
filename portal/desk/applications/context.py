"""The pages of applications show the list, and one application with its clients and its connected system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.applications import queries
from delegation.applications.queries import ApplicationView
from delegation.authorization.verbs import Verb
from portal.desk.applications import client_rows, wording
from portal.desk.applications.client_rows import ClientRow
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, dates, supplier_texts
from provisioning.accounts import target_status
from provisioning.accounts.target_status import DeliveryTimes, TargetStatus


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """Describes an application in the list; `state` and `paused` are empty where no system is connected."""

    name: str
    key: str
    url: str
    unit: str
    clients: str
    state: str
    paused: str
    waits: str


@dataclass(frozen=True, kw_only=True)
class ApplicationsPage(PageModel):
    """Lists the applications that the reader's rights cover, those whose system is down first."""

    template: ClassVar[str] = "desk/applications/list.html"

    rows: Sequence[ApplicationLine]
    register_url: str
    """Empty for a reader who registers none."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Describes accounts that fail for one reason."""

    reason: str
    accounts: str
    since: str
    duration: str
    next_try: str


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """Describes the connected system; empty texts are not shown."""

    state: str
    address: str
    waits: str
    differs: str
    most_within: str
    slowest: str
    last_answer: str
    synced: str
    connected_since: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Says in one sentence that the system is down, or that its deliveries are paused."""

    strong: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ApplicationPage(PageModel):
    """Shows one application; an address is empty where the reader may not, or where no system is connected."""

    template: ClassVar[str] = "desk/applications/detail.html"

    name: str
    facts: Sequence[str]
    list_url: str
    trouble: Trouble | None
    is_paused: bool
    clients: Sequence[ClientRow]
    system: SystemFacts | None
    failures: Sequence[FailureRow]
    add_client_url: str
    connect_url: str
    change_url: str
    exchanges_url: str
    preview_url: str
    pause_url: str
    sync_url: str


def list_page(reader: StaffReader) -> ApplicationsPage:
    """Return the list. Five statements."""
    views = queries.applications(actor=reader.actor, at=reader.at)
    ids = [view.id for view in views]
    systems = target_status.of_applications(applications=ids, at=reader.at)
    clients = queries.clients(applications=ids, at=reader.at)
    lines = [_line(view, systems.get(view.id), len(clients[view.id])) for view in views]
    return ApplicationsPage(
        rows=sorted(lines, key=lambda line: line.state != "failed"),
        register_url=reverse("staff_application_register")
        if Verb.APPLICATION_REGISTER in reader.verbs
        else "",
    )


def _line(view: ApplicationView, status: TargetStatus | None, clients: int) -> ApplicationLine:
    waits = wording.waiting(status) if status else ""
    return ApplicationLine(
        name=name_of(view),
        key=view.key,
        url=reverse("staff_application", args=[view.key]),
        unit=view.unit,
        clients=cldr.number(clients),
        state=wording.state_of(status) if status else "",
        paused=wording.in_utc(status.paused_until) if status else "",
        waits=_("Waiting: %(what)s") % {"what": waits} if waits else "",
    )


def name_of(view: ApplicationView) -> str:
    """Return the application's name in the active language."""
    return supplier_texts.in_language(view.name)


def detail_page(reader: StaffReader, view: ApplicationView) -> ApplicationPage:
    """Return the page of one application. Six statements, three without a connected system."""
    status = target_status.of_applications(applications=[view.id], at=reader.at).get(view.id)
    clients = queries.clients(applications=[view.id], at=reader.at)[view.id]
    return ApplicationPage(
        name=name_of(view),
        facts=[view.key, view.unit, _("since %(day)s") % {"day": cldr.date(view.created_at.date())}],
        list_url=reverse("staff_applications"),
        trouble=_trouble(reader, status) if status else None,
        is_paused=status is not None and status.paused_until is not None,
        clients=[client_rows.row(reader, view, client) for client in clients],
        system=_system(reader, status) if status else None,
        failures=_failures(reader, status) if status else (),
        add_client_url=_url(reader, Verb.CLIENT_REGISTER, "staff_client_add", view),
        connect_url="" if status else _url(reader, Verb.TARGET_REGISTER, "staff_application_system", view),
        change_url=_url(reader, Verb.TARGET_UPDATE, "staff_application_system", view) if status else "",
        exchanges_url=_url(reader, Verb.TARGET_UPDATE, "staff_application_exchanges", view) if status else "",
        preview_url=_url(reader, Verb.RECORD_PREVIEW, "staff_application_preview", view),
        pause_url=_url(reader, Verb.TARGET_PAUSE, "staff_application_pause", view) if status else "",
        sync_url=_url(reader, Verb.TARGET_SYNC, "staff_application_sync", view) if status else "",
    )


def _url(reader: StaffReader, verb: Verb, route: str, view: ApplicationView) -> str:
    return reverse(route, args=[view.key]) if verb in reader.verbs else ""


def _trouble(reader: StaffReader, status: TargetStatus) -> Trouble | None:
    waits = wording.waiting(status)
    waiting = _("Waiting: %(what)s") % {"what": waits} + "." if waits else _("Nothing waits.")
    if status.paused_until is not None:
        until = _("Deliveries are paused until %(when)s.") % {"when": wording.in_utc(status.paused_until)}
        return Trouble(until, waiting)
    if status.down_since is None:
        return None
    since = dates.wait((reader.at - status.down_since).total_seconds())
    tried = _("Next attempt %(when)s.") % {
        "when": wording.next_try(status.next_try_at, reader.at) or _("now")
    }
    return Trouble(_("No updates for %(time)s.") % {"time": since}, f"{waiting} {tried}")


def connect_url(reader: StaffReader, view: ApplicationView) -> str:
    """Return where a system is connected; empty where there is one, or the reader may not. Two statements."""
    status = target_status.of_applications(applications=[view.id], at=reader.at).get(view.id)
    return _url(reader, Verb.TARGET_REGISTER, "staff_application_system", view) if status is None else ""


def _system(reader: StaffReader, status: TargetStatus) -> SystemFacts:
    confirmed = target_status.confirmations(target=status.id, at=reader.at)
    differs = target_status.differing(target=status.id)
    return SystemFacts(
        state=wording.state_of(status),
        address=status.base_url,
        waits=wording.waiting(status) or _("nothing"),
        differs=wording.accounts(differs) if differs else "",
        **_durations(confirmed),
        synced=_("under way") if status.is_syncing else wording.in_utc(status.synced_at),
        connected_since=wording.in_utc(status.created_at),
    )


def _durations(confirmed: DeliveryTimes) -> Mapping[str, str]:
    within, slowest = confirmed.most_within, confirmed.slowest
    return {
        "most_within": dates.span(within) if within is not None else "",
        "slowest": dates.span(slowest) if slowest is not None else "",
        "last_answer": wording.in_utc(confirmed.last_at),
    }


def _failures(reader: StaffReader, status: TargetStatus) -> list[FailureRow]:
    return [
        FailureRow(
            reason=wording.REASONS[group.code]() if group.code in wording.REASONS else group.code,
            accounts=wording.counted(group.accounts),
            since=wording.in_utc(group.since),
            duration=dates.wait((reader.at - group.since).total_seconds()),
            next_try=wording.next_try(group.next_try_at, reader.at),
        )
        for group in target_status.failures(target=status.id)
    ]
