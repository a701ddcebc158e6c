"""The start page has this page model."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity import queries as activity_queries
from delegation.activity import scope as activity_scope
from delegation.applications import queries as applications_queries
from delegation.applications.queries import Service
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.continuity_grades import queries as grade_queries
from delegation.departures import queries as departures_queries
from delegation.invitations import queries as invitations_queries
from delegation.people import queries as people_queries
from portal.shell import attention, components, current_holds, reader_summary, timeline
from portal.shell import unconfirmed as shell_unconfirmed
from portal.shell.components import Callout, Contact
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.removal_retries import Retry
from portal.shell.timeline import TimelineEvent
from portal.shell.unconfirmed import Notice
from portal.web.home import admin_questions, continuity_note
from portal.web.home.continuity_note import Confirmation, GradeLine
from portal.wording import access, brands, dates, supplier_texts
from portal.wording.hold_notices import HoldNotice

_ICON = "box"
"""Of an application without an icon in the catalogue."""
_EVENTS = 5


@dataclass(frozen=True, slots=True)
class ServiceTile:
    """Describes a service for `kh.tile`.

    `url` begins a sign-in there; empty where the service takes none from here.
    """

    name: str
    icon: str
    url: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Task:
    """Describes a task of an admin, with the page where it is done."""

    text: str
    sub: str
    url: str
    label: str
    retry: Retry | None = None
    """Set for a removal that a system has not confirmed, where the reader may have it tried again now."""


@dataclass(frozen=True, kw_only=True)
class HomePage(PageModel):
    """Shows services, tasks and the newest events."""

    template: ClassVar[str] = "web/home/index.html"

    lead: str
    """The reader's part in the organization, in one sentence."""
    holds: Sequence[HoldNotice] = ()
    """What the supplier has stopped for the organization."""
    note: Callout | None
    services: Sequence[ServiceTile]
    is_admin: bool
    """Whether the page has a section for tasks, even without any."""
    is_updating: bool
    """Whether a system is waited for: a script asks again, less and less often."""
    here_url: str
    todo: Sequence[Task]
    events: Sequence[TimelineEvent]
    events_url: str
    """Empty for a reader who may not see the log."""
    admins: Sequence[Contact]
    grade: GradeLine | None = None
    """The continuity grade, for admins."""
    confirmation: Confirmation | None = None
    """Asks a working admin once a year."""


def home_page(page: PageContext, clock: dates.Clock) -> HomePage:
    """Return the start page of this reader."""
    names = display_names.load(organization=page.organization_id)
    rights = entitlements.rights_of(memberships=[page.own_membership.id], at=page.at)[page.own_membership.id]
    own_rights = entitlements.by_application(rights)
    reader = page.own_membership.id
    admins = grade_queries.admins_of(organization=page.organization_id, at=page.at, reader=reader)
    services = {service.key: service for service in applications_queries.services()}
    is_admin = reader_summary.manages_people(page)
    events = _events(page, names, clock)  # before the tasks: a system updated in between counts as updated
    accounts = _visible_accounts(page) if is_admin else []
    removals = shell_unconfirmed.notices(page, clock) if is_admin else []
    return HomePage(
        lead=(reader_summary.managed_people(page) if is_admin else "")
        or reader_summary.rights_sentence(rights, names, clock),
        holds=current_holds.notices(page, names, clock),
        services=[
            _service_tile(page, services[key], own_rights[key], names)
            for key in own_rights
            if key in services
        ],
        is_admin=is_admin,
        is_updating=bool(accounts or removals),
        here_url=page.url("home"),
        todo=[*map(_unconfirmed, removals), *_tasks(page, accounts, names)] if is_admin else [],
        events=events,
        events_url=page.url("activity") if page.sees_activity else "",
        admins=[Contact(admin.row.user.name, admin.row.user.email or "") for admin in admins],
        **continuity_note.parts(page, admins, is_admin=is_admin),
    )


def _service_tile(
    page: PageContext, service: Service, rights: Sequence[Right], names: DisplayNames
) -> ServiceTile:
    main = max(rights, key=lambda right: (right.takes_amount, right.amount or 0))
    return ServiceTile(
        name=supplier_texts.in_language(service.name),
        icon=service.icon or _ICON,
        url=page.url("open", application=service.key) if service.initiate_login_uri else "",
        sentence=_("You can %(do)s.") % {"do": access.right(main, text=names.entitlements[main.entitlement])},
    )


def polled_content(model: HomePage) -> object:
    """Return what the updating part shows."""
    return [(task.text, task.sub, task.retry is None) for task in model.todo], model.events


def _unconfirmed(removal: Notice) -> Task:
    return Task(removal.text, removal.attempts, removal.url, _("View"), removal.retry)


def _tasks(page: PageContext, accounts: Sequence[tuple[uuid.UUID, str]], names: DisplayNames) -> list[Task]:
    """Return the reader's other tasks as an admin, most urgent first."""
    rows = [_out_of_date(page, accounts, names)] if accounts else []
    rows += [Task(text, sub, url, _("View")) for text, sub, url in admin_questions.questions(page)]
    rows += _planned_leavers(page)
    scope = invitations_queries.pending_scope(
        actor=page.viewer, organization=page.organization_id, at=page.at
    )
    pending = invitations_queries.pending_keys(among=scope, filters=invitations_queries.PendingFilter())
    expired = [invitation for invitation in pending if invitation.expires_at <= page.at]
    for number, text, sub in (
        (len(expired), *_expired_invitations(len(expired))),
        (len(pending) - len(expired), *_pending_invitations(len(pending) - len(expired))),
    ):
        if number:
            rows.append(Task(text, sub, page.url("people"), _("View")))
    return rows


def _planned_leavers(page: PageContext) -> list[Task]:
    """Name the people whose access ends soon, as far as the reader may see them."""
    if Verb.MEMBER_VIEW not in page.abilities:
        return []
    leavers = departures_queries.planned_leavers(organization=page.organization_id, at=page.at)
    visible = people_queries.visible_ids(
        actor=page.viewer,
        organization=page.organization_id,
        at=page.at,
        ids={leaver.membership for leaver in leavers},
    )
    clock = dates.Clock(page.at, page.zone)
    text = _("%(name)s’s access ends on %(day)s at %(time)s")
    return [
        Task(
            text
            % {"name": leaver.name, "day": clock.day(leaver.ends_at), "time": clock.time(leaver.ends_at)},
            _("Planned. Check what needs a decision before."),
            page.url("person_last_day", membership=leaver.membership),
            _("View"),
        )
        for leaver in leavers
        if leaver.membership in visible
    ]


def _visible_accounts(page: PageContext) -> list[tuple[uuid.UUID, str]]:
    """Return the accounts out of date of people that the reader may see, as (membership, application)."""
    if Verb.MEMBER_VIEW not in page.abilities:
        return []
    accounts = attention.accounts_needing_attention(page)
    visible = people_queries.visible_ids(
        actor=page.viewer,
        organization=page.organization_id,
        at=page.at,
        ids={membership for membership, _key in accounts},
    )
    return [(membership, key) for membership, key in accounts if membership in visible]


def _out_of_date(page: PageContext, accounts: Sequence[tuple[uuid.UUID, str]], names: DisplayNames) -> Task:
    number = len({membership for membership, _key in accounts})
    keys = sorted({key for _membership, key in accounts})
    systems = [supplier_texts.in_language(names.applications.get(key, {"en": key})) for key in keys]
    text = ngettext(
        "%(number)s person’s access is out of date in %(systems)s",
        "%(number)s people’s access is out of date in %(systems)s",
        number,
    )
    return Task(
        text=text % {"number": components.counted(number), "systems": dates.name_list(systems)},
        sub=_next_step(page),
        url=attention.people_url(page),
        label=_("View"),
    )


def _next_step(page: PageContext) -> str:
    """Return the button on the person's page for readers who may resync; the supplier's telephone for others."""
    if Verb.ACCOUNT_RESYNC in page.abilities:
        return _("Open the person’s page and select “Sync now”.")
    brand = brands.brand()
    text = _("Failed updates are retried automatically. If this continues, call %(supplier)s, %(phone)s.")
    return text % {"supplier": brand["name"], "phone": brand["phone"]}


def _expired_invitations(number: int) -> tuple[str, str]:
    text = ngettext("%(number)s invitation has expired", "%(number)s invitations have expired", number)
    return text % {"number": components.counted(number)}, _("Renew or cancel them.")


def _pending_invitations(number: int) -> tuple[str, str]:
    text = ngettext("%(number)s pending invitation", "%(number)s pending invitations", number)
    return text % {"number": components.counted(number)}, _("You can send an invitation again.")


def _events(page: PageContext, names: DisplayNames, clock: dates.Clock) -> Sequence[TimelineEvent]:
    if not page.sees_activity:
        return ()
    event_page = activity_queries.page(
        scope=activity_scope.log_scope(actor=page.viewer, organization=page.organization_id, at=page.at),
        filters=activity_queries.EventFilter(hide_prompt_deliveries=True),
        size=_EVENTS,
    )
    return timeline.timeline(page, event_page.events, names, clock)


def openable_service(page: PageContext, application: str) -> Service | None:
    """Return the service, if the reader has any right in it and it can be opened from here; else None."""
    rights = entitlements.rights_of(memberships=[page.own_membership.id], at=page.at, application=application)
    services = (service for service in applications_queries.services() if service.key == application)
    service = next(services, None)
    return service if service and service.initiate_login_uri and rights[page.own_membership.id] else None
