"""This page model asks before a removal, and says what ends, what closes and what is not affected."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import continuity
from delegation.access import queries as access_queries
from delegation.authorization.verbs import Verb
from delegation.impacts import Impact, ImpactKind
from delegation.people import queries as people_queries
from delegation.people import removal_impact
from delegation.people.queries import VisibleMember
from portal.shell import query_string
from portal.shell.components import Contact
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.people import detail_context, removal_decisions
from portal.web.people.forms import RemovalForm
from portal.web.people.removal_decisions import OpenDecision
from portal.wording import access, dates, supplier_texts
from provisioning.accounts import expected
from provisioning.accounts.expected import AffectedSystem


@dataclass(frozen=True, slots=True)
class Blocked:
    """Says why the removal is impossible, and what the next step is."""

    text: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Ending:
    """Describes one thing that ends at once."""

    text: str
    value: str


@dataclass(frozen=True, slots=True)
class ClosingSystem:
    """Describes what happens in a connected system, its last use, and the usual time until it confirms."""

    name: str
    what: str
    last_used: str
    usual: str


@dataclass(frozen=True, slots=True)
class Leaver:
    """Holds facts by which the reader recognizes the person; `namesake` is another person with the same name."""

    question: str
    email: str
    title: str
    """The job title; may be empty."""
    access: str
    last_seen: str
    namesake_text: str = ""
    namesake_url: str = ""


@dataclass(frozen=True, kw_only=True)
class RemovalPage(PageModel):
    """Asks for confirmation before colleagues are removed."""

    template: ClassVar[str] = "web/people/remove_confirm.html"

    title: str
    sub: str
    blocked: Blocked | None
    """Set where the removal is impossible: the page has no button then."""
    endings: Sequence[Ending]
    decisions: Sequence[OpenDecision]
    """What only the leavers have, with proposals for a successor."""
    closing_systems: Sequence[ClosingSystem]
    not_affected: str
    elsewhere: str
    """What stays in other organizations; empty for nothing."""
    leaver: Leaver | None
    """Where one person is removed."""
    people: Sequence[Contact]
    """Where several are removed."""
    form: forms.BaseForm
    ids: Sequence[str]
    """Of the people, sent as `m`."""
    button: str
    restore_note: str
    remove_url: str
    last_day_url: str
    """The page that plans the removal; empty for a reader who may not."""
    suspend_url: str
    """The page that suspends instead, for one person; may be empty."""
    back_url: str
    back_label: str


def removal_page(
    page: PageContext, leavers: Sequence[VisibleMember], form: RemovalForm, *, of: uuid.UUID | None
) -> RemovalPage:
    """Return the page, with the impact of this removal; `of` is the person in its address, None for a selection."""
    clock = dates.Clock(page.at, page.zone)
    ids = [leaver.membership.id for leaver in leavers]
    counts = removal_impact.removal_impact(actor=page.viewer, leavers=leavers, at=page.at)
    single = leavers[0] if len(leavers) == 1 else None
    title = _title(leavers)
    return RemovalPage(
        title=title,
        button=title,
        sub=_("from %(organization)s. Nothing has happened yet.") % {"organization": page.organization.name},
        blocked=blocked(page, leavers),
        endings=endings(page, counts),
        decisions=removal_decisions.open_decisions(page, counts.decisions, names(leavers)),
        closing_systems=closing_systems(ids, counts, clock),
        not_affected=not_affected(),
        elsewhere=stays_elsewhere(page, single),
        leaver=_leaver(page, single, clock) if single else None,
        people=[] if single else [contact(leaver) for leaver in leavers],
        form=form,
        ids=[str(membership) for membership in ids],
        remove_url=page.url("person_remove", membership=of) if of else page.url("people_remove"),
        last_day_url=_last_day_url(page, ids, of),
        suspend_url=_suspend_url(page, of),
        back_url=page.url("person", membership=of) if of else page.list_url,
        back_label=single.membership.user.name if single else _("People"),
        restore_note=_restore_note(single),
    )


def _restore_note(single: VisibleMember | None) -> str:
    if single is None:
        return _("You can restore them later. Sessions and invitations are not restored.")
    text = _("You can restore %(name)s later. Sessions and invitations are not restored.")
    return text % {"name": single.membership.user.name}


def _suspend_url(page: PageContext, of: uuid.UUID | None) -> str:
    return page.url("person_suspend", membership=of) if of and Verb.MEMBER_SUSPEND in page.abilities else ""


def _last_day_url(page: PageContext, ids: Sequence[uuid.UUID], of: uuid.UUID | None) -> str:
    if Verb.REMOVAL_PLAN not in page.abilities:
        return ""
    if of:
        return page.url("person_last_day", membership=of)
    return query_string.with_values(page.url("people_last_day"), {"m": list(map(str, ids))})


def _title(leavers: Sequence[VisibleMember]) -> str:
    if len(leavers) == 1:
        return _("Remove %(name)s") % {"name": leavers[0].membership.user.name}
    number = len(leavers)
    return ngettext("Remove %(number)d person", "Remove %(number)d people", number) % {"number": number}


def names(leavers: Sequence[VisibleMember]) -> str:
    """Return the names of the leavers."""
    return dates.name_list([leaver.membership.user.name for leaver in leavers], most=3)


def contact(leaver: VisibleMember) -> Contact:
    """Return name and address of a leaver."""
    return Contact(leaver.membership.user.name, leaver.membership.user.email)


def blocked(page: PageContext, leavers: Sequence[VisibleMember]) -> Blocked | None:
    """Return why these people cannot leave; None where they can."""
    working = continuity.working_admins(organization=page.organization_id, at=page.at)
    staying = [admin for admin in working if admin.id not in {leaver.membership.id for leaver in leavers}]
    if not working or staying:
        return None
    text = ngettext(
        "%(names)s is the only admin. The organization must keep an admin.",
        "%(names)s are the only admins. The organization must keep an admin.",
        len(working),
    )
    return Blocked(
        text=text % {"names": dates.name_list([admin.user.name for admin in working])},
        url=page.url("second_admin"),
        label=_("Choose a second admin"),
    )


def endings(page: PageContext, counts: removal_impact.RemovalImpact) -> list[Ending]:
    """Return what ends at once."""
    text = _("Sign-in to %(organization)s") % {"organization": page.organization.name}
    rows = [Ending(text, _("blocked"))]
    if number := counts.sessions:
        value = ngettext("%(number)d session ends", "%(number)d sessions end", number)
        rows.append(Ending(_signed_in_to(settings.SUPPLIER_NAME), value % {"number": number}))
    services = [supplier_texts.in_language(name) for name in counts.services]
    rows += [Ending(_signed_in_to(name), _("ends")) for name in services]
    joined = [impact for impact in (*counts.endings, *counts.decisions) if impact.kind in _ENDINGS]
    return [*rows, *(_ENDINGS[impact.kind](impact) for impact in joined)]


def _sent_invitations(impact: Impact) -> Ending:
    value = ngettext("%(number)d is cancelled", "%(number)d are cancelled", impact.number)
    return Ending(_("Pending invitations sent by this person"), value % {"number": impact.number})


def _service_user(impact: Impact) -> Ending:
    return Ending(_("Program %(name)s") % {"name": impact.name}, _("ends"))


_ENDINGS: Mapping[ImpactKind, Callable[[Impact], Ending]] = {
    ImpactKind.SENT_INVITATIONS: _sent_invitations,
    ImpactKind.SERVICE_USER: _service_user,
}


def _signed_in_to(service: str) -> str:
    return _("Signed in to %(service)s") % {"service": service}


def closing_systems(
    memberships: Sequence[uuid.UUID], counts: removal_impact.RemovalImpact, clock: dates.Clock
) -> list[ClosingSystem]:
    """Return what happens in each connected system."""
    return [
        _closing_system(system, counts, clock) for system in expected.expected_impact(memberships=memberships)
    ]


def _closing_system(
    system: AffectedSystem, counts: removal_impact.RemovalImpact, clock: dates.Clock
) -> ClosingSystem:
    used = counts.last_used.get(system.application)
    usual = dates.span(system.usually_takes) if system.usually_takes is not None else _("not known yet")
    if system.down_since is not None:
        usual = _("no answer since %(when)s") % {"when": clock.when(system.down_since)}
    return ClosingSystem(
        name=supplier_texts.in_language(system.name),
        what=_("Account is closed"),
        last_used=clock.last_sign_in(used),
        usual=usual,
    )


def not_affected() -> str:
    """Return what stays."""
    return _("Past orders, addresses, invoices and the activity log.")


def stays_elsewhere(page: PageContext, single: VisibleMember | None) -> str:
    """Return which access to other organizations stays; empty for none."""
    if single is None:
        return ""
    others = people_queries.in_other_organizations(actor=page.viewer, member=single.membership, at=page.at)
    if not others:
        return ""
    names = dates.name_list([other.organization.name for other in others], most=5)
    return _("Access to %(organizations)s stays too.") % {"organizations": names}


def _leaver(page: PageContext, single: VisibleMember, clock: dates.Clock) -> Leaver:
    membership = single.membership
    assignments = access_queries.assignments(memberships=[membership.id], at=page.at).get(membership.id, [])
    other = people_queries.same_name(actor=page.viewer, member=membership, at=page.at)
    return Leaver(
        question=_("Is this the right %(name)s?") % {"name": membership.user.name},
        email=membership.user.email,
        title=membership.title,
        access=access.summary(assignments, clock),
        last_seen=detail_context.last_seen(page, single, clock),
        namesake_text=f"{other.user.name}, {other.user.email}" if other else "",
        namesake_url=page.url("person", membership=other.id) if other else "",
    )
