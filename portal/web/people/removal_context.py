"""The page model of the question before a removal: what stops, what closes, what stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import continuity
from delegation.access import queries as access_queries
from delegation.people import queries as people_queries
from delegation.people import removal_impact
from delegation.people.queries import VisibleMember
from portal.shell.components import Contact
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.people import detail_context
from portal.web.people.forms import RemovalForm
from portal.wording import access, admin_abilities, dates
from provisioning.accounts import progress
from provisioning.accounts.progress import AffectedSystem


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why the removal is impossible, and the way out."""

    text: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends at once."""

    text: str
    value: str


@dataclass(frozen=True, slots=True)
class ClosingSystem:
    """What happens in another system, when it was last used, and how long it usually takes."""

    name: str
    what: str
    last_used: str
    usual: str


@dataclass(frozen=True, slots=True)
class Leaver:
    """Enough about one person to recognise them."""

    question: str
    email: str
    work: str
    last_seen: str
    namesake_text: str = ""
    namesake_url: str = ""


@dataclass(frozen=True, kw_only=True)
class RemovalPage(PageModel):
    """What stops when these colleagues are removed."""

    template: ClassVar[str] = "web/people/remove_confirm.html"

    title: str
    sub: str
    blocked: Blocked | None
    """Without a button where it is set."""
    endings: Sequence[Ending]
    closing_systems: Sequence[ClosingSystem]
    not_affected: str
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
    back_url: str
    back_label: str


def removal_page(
    page: PageContext, leavers: Sequence[VisibleMember], form: RemovalForm, *, remove_url: str, back_url: str
) -> RemovalPage:
    """The question, with what the removal would do."""
    clock = dates.Clock(page.at, page.zone)
    ids = [one.membership.id for one in leavers]
    closing = progress.expected_impact(memberships=ids)
    counts = removal_impact.removal_impact(leavers=leavers, at=page.at)
    single = leavers[0] if len(leavers) == 1 else None
    title = _title(leavers)
    return RemovalPage(
        title=title,
        button=title,
        sub=_("from %(organization)s. Nothing has happened yet.") % {"organization": page.organization.name},
        blocked=_blocked(page, leavers),
        endings=_endings(page, counts),
        closing_systems=[_closing_system(system, counts, clock) for system in closing],
        not_affected=_not_affected(page, single),
        leaver=_leaver(page, single, clock) if single else None,
        people=[] if single else [_contact(leaver) for leaver in leavers],
        form=form,
        ids=[str(membership) for membership in ids],
        remove_url=remove_url,
        back_url=back_url,
        back_label=single.membership.user.name if single else _("People"),
        restore_note=_("You can restore them later. Sessions and invitations are not restored.")
        if not single
        else _("You can restore %(name)s later. Sessions and invitations are not restored.")
        % {"name": single.membership.user.name},
    )


def _title(leavers: Sequence[VisibleMember]) -> str:
    if len(leavers) == 1:
        return _("Remove %(name)s") % {"name": leavers[0].membership.user.name}
    number = len(leavers)
    return ngettext("Remove %(number)d person", "Remove %(number)d people", number) % {"number": number}


def _contact(leaver: VisibleMember) -> Contact:
    return Contact(leaver.membership.user.name, leaver.membership.user.email)


def _blocked(page: PageContext, leavers: Sequence[VisibleMember]) -> Blocked | None:
    working = continuity.working_admins(organization=page.organization_id, at=page.at)
    staying = [one for one in working if one.id not in {leaver.membership.id for leaver in leavers}]
    if not working or staying:
        return None
    return Blocked(
        text=_("%(name)s is the only admin. Without an admin, people cannot be invited or removed.")
        % {"name": dates.listed([one.user.name for one in working])},
        url=page.url("invite") + "?tier=organization_admin",
        label=_("Invite a second admin"),
    )


def _endings(page: PageContext, counts: removal_impact.RemovalImpact) -> list[Ending]:
    text = _("Sign-in to %(organization)s") % {"organization": page.organization.name}
    rows = [Ending(text, _("blocked"))]
    if number := counts.sessions:
        value = ngettext("%(number)d session ends", "%(number)d sessions end", number)
        rows.append(Ending(_signed_in_to(settings.SUPPLIER_NAME), value % {"number": number}))
    services = [admin_abilities.in_language(name) for name in counts.services]
    rows += [Ending(_signed_in_to(name), _("ends")) for name in services]
    if number := counts.invitations:
        value = ngettext("%(number)d is cancelled", "%(number)d are cancelled", number)
        text = _("Pending invitations sent by this person")
        rows.append(Ending(text, value % {"number": number}))
    return rows


def _signed_in_to(service: str) -> str:
    return _("Signed in to %(service)s") % {"service": service}


def _closing_system(
    one: AffectedSystem, counts: removal_impact.RemovalImpact, clock: dates.Clock
) -> ClosingSystem:
    used = counts.last_used.get(one.application)
    usual = dates.span(one.usually_takes) if one.usually_takes is not None else _("no data yet")
    if one.down_since is not None:
        usual = _("no answer since %(when)s") % {"when": clock.when(one.down_since)}
    return ClosingSystem(
        name=admin_abilities.in_language(one.name),
        what=_("Account is closed"),
        last_used=clock.when(used) if used else _("never"),
        usual=usual,
    )


def _not_affected(page: PageContext, single: VisibleMember | None) -> str:
    stays = _("Past orders, addresses, invoices and the activity log.")
    if single is None:
        return stays
    others = people_queries.in_other_organizations(actor=page.viewer, member=single.membership, at=page.at)
    if not others:
        return stays
    names = dates.listed([other.organization.name for other in others], most=5)
    return " ".join([stays, _("Access to %(organizations)s stays too.") % {"organizations": names}])


def _leaver(page: PageContext, single: VisibleMember, clock: dates.Clock) -> Leaver:
    one = single.membership
    grants = access_queries.assignments(memberships=[one.id], at=page.at).get(one.id, [])
    other = people_queries.same_name(actor=page.viewer, member=one, at=page.at)
    return Leaver(
        question=_("Is this the right %(name)s?") % {"name": one.user.name},
        email=one.user.email,
        work=", ".join(part for part in (one.title, access.summary(grants, clock)) if part),
        last_seen=detail_context.last_seen(page, single, clock),
        namesake_text=f"{other.user.name}, {other.user.email}" if other else "",
        namesake_url=page.url("person", membership=other.id) if other else "",
    )
