"""The effect of a change of access lists people with the same effect in one group, and those who are left out."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.access import queries as access_queries
from delegation.access import site_limits
from delegation.access.queries import AssignmentView
from delegation.authorization import entitlements, policy
from delegation.authorization.entitlements import Right, SiteRef
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.people.queries import VisibleMember
from portal.shell.page_context import PageContext
from portal.web.access import left_out, preview
from portal.web.access.bulk_forms import SitesForm
from portal.web.access.forms import AccessForm
from portal.web.access.left_out import SHOWN_NAMES, LeftOut
from portal.web.access.preview import Preview
from portal.wording import access, admin_rights, dates
from portal.wording.admin_rights import AdminRights

_SHOWN_LINES = 3
"""Lines about the present access of a group; more are folded."""


@dataclass(frozen=True, slots=True)
class EffectGroup:
    """Describes the people whose change is the same."""

    title: str
    """`Mikko Laine, Päivi Korhonen and Jüri Tamm`."""
    names: Sequence[str]
    """All of them, where the title does not name all."""
    now: Sequence[str]
    """What they hold now: `Now: Approver, all sites`; where that differs, a line for each access with the names."""
    effect: Preview

    @property
    def first_now(self) -> Sequence[str]:
        """Return the lines that are not folded."""
        return self.now[:_SHOWN_LINES]

    @property
    def more_now(self) -> Sequence[str]:
        """Return the folded lines."""
        return self.now[_SHOWN_LINES:]


@dataclass(frozen=True, slots=True)
class BulkEffect:
    """Describes the effect on each person. `nothing` is shown where it cannot be said yet."""

    groups: Sequence[EffectGroup] = ()
    left_out: Sequence[LeftOut] = ()
    left_out_ids: Sequence[uuid.UUID] = ()
    number: int = 0
    """People whose access changes."""
    nothing: str = ""
    invalid: str = ""
    changed: str = ""
    """The people with access that has changed since the form was opened; may be empty."""

    @property
    def summary(self) -> str:
        """Return `Changes 2 people, leaves out 1.`."""
        if not self.groups and not self.left_out_ids:
            return ""
        text = ngettext("Changes %(number)d person", "Changes %(number)d people", self.number)
        parts = [text % {"number": self.number}] if self.groups else []
        if number := len(self.left_out_ids):
            parts.append(_("leaves out %(number)d") % {"number": number})
        return f"{dates.first_upper(', '.join(parts))}."


@dataclass(frozen=True, slots=True)
class People:
    """Holds the selected people with what they hold now; the number of statements is constant."""

    page: PageContext
    names: DisplayNames
    members: Sequence[VisibleMember]
    assignments: Mapping[uuid.UUID, Sequence[AssignmentView]]
    rights: Mapping[uuid.UUID, Sequence[Right]]
    refused: Mapping[uuid.UUID, str]
    """Why the reader may not change a person's access."""

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the memberships in the order of names."""
        return [member.membership.id for member in self.members]

    @property
    def changeable(self) -> Sequence[VisibleMember]:
        """Return the people whose access the reader may change."""
        return [member for member in self.members if member.membership.id not in self.refused]

    def assigned_to(self, membership: uuid.UUID) -> Sequence[AssignmentView]:
        """Return what a person holds now."""
        return self.assignments.get(membership, ())


def load(page: PageContext, members: Sequence[VisibleMember]) -> People:
    """Read what these people hold now."""
    ids = [member.membership.id for member in members]
    may = policy.abilities(actor=page.viewer, memberships=ids, at=page.at, verbs=[Verb.ACCESS_CHANGE])
    decisions = {member: may[member][Verb.ACCESS_CHANGE] for member in ids}
    return People(
        page=page,
        names=display_names.load(organization=page.organization_id),
        members=members,
        assignments=access_queries.assignments(memberships=ids, at=page.at),
        rights=entitlements.rights_of(memberships=ids, at=page.at),
        refused={
            member: left_out.of_decision(decision) for member, decision in decisions.items() if not decision
        },
    )


_Holding = tuple[AdminRights, Sequence[Right]]
_After = Callable[[uuid.UUID], _Holding]


def change_effect(people: People, form: AccessForm) -> BulkEffect:
    """Return what changes when everyone gets the access of this form. A person who has it already is left out."""
    page = people.page
    errors = preview.errors_of(page, form) if form.is_bound else [_("Choose a tier to see what changes.")]
    if errors:
        return _unclear(people, errors)
    refused = dict(people.refused)
    for member in people.ids:
        if [one.access for one in people.assigned_to(member)] == [form.access]:
            refused.setdefault(member, left_out.unchanged())
    rights = entitlements.hypothetical_rights(
        organization=page.organization_id, access=form.access, at=page.at
    )
    after = admin_rights.requested(form.access, form.options), rights
    return _effect(people, refused, lambda _member: after)


def sites_effect(people: People, form: SitesForm) -> BulkEffect:
    """Return what changes when everyone is limited to the sites of this form."""
    shown = form.with_initial()
    if not shown.is_bound:
        return _unclear(people, [_("Choose sites to see what changes.")])
    if errors := shown.preview_errors():
        return _unclear(people, errors)
    page, sites, refused = people.page, shown.chosen, dict(people.refused)
    limited = site_limits.limit(
        actor=page.viewer,
        organization=page.organization_id,
        at=page.at,
        held={
            member: [one.access for one in people.assigned_to(member)]
            for member in people.ids
            if member not in refused
        },
        sites=sites,
    )
    refused |= {member: left_out.of_site_limit(reason) for member, reason in limited.refused.items()}
    refs = [SiteRef(site.id, site.name, "") for site in people.names.sites.values() if site.id in sites]

    def after(member: uuid.UUID) -> _Holding:
        (assignment,) = people.assigned_to(member)
        admin = admin_rights.rights(assignment.verbs, limited.kept[member])
        rights = [_limited(right, refs) for right in people.rights[member]]
        return AdminRights(admin, assignment.assignable_roles), [right for right in rights if right.sites]

    return _effect(people, refused, after)


def _limited(right: Right, sites: Sequence[SiteRef]) -> Right:
    own = {site.id for site in right.sites}
    return replace(
        right, all_sites=False, sites=tuple(site for site in sites if right.all_sites or site.id in own)
    )


def _unclear(people: People, errors: Sequence[str]) -> BulkEffect:
    """Return who is left out whatever is chosen, and why more cannot be said."""
    return replace(_effect(people, people.refused, None), nothing=" ".join(errors))


@dataclass(slots=True)
class _Group:
    """Collects the people with the same effect."""

    names: list[str] = field(default_factory=list)
    now: dict[str, list[str]] = field(default_factory=dict)
    """The names by what these people hold now."""


def _effect(people: People, refused: Mapping[uuid.UUID, str], after: _After | None) -> BulkEffect:
    """Group the people who are not refused by effect. Without `after`, only who is left out is said."""
    by_reason: dict[str, list[str]] = {}
    groups: list[tuple[Preview, _Group]] = []
    by_holding: dict[object, tuple[Preview, _Group]] = {}
    for one in people.members:
        member, name = one.membership.id, one.membership.user.name
        if member in refused:
            by_reason.setdefault(refused[member], []).append(name)
        elif after is not None:
            key = _held_key(people, member)
            if key not in by_holding:
                by_holding[key] = _group_of(groups, _changes(people, member, after(member)))
            _preview, group = by_holding[key]
            group.names.append(name)
            group.now.setdefault(_held(people, member), []).append(name)
    return BulkEffect(
        groups=[_effect_group(effect, group) for effect, group in sorted(groups, key=_losses_first)],
        left_out=[LeftOut(reason, names) for reason, names in by_reason.items()],
        left_out_ids=[member for member in people.ids if member in refused],
        number=len(people.members) - len(refused),
    )


def _group_of(groups: list[tuple[Preview, _Group]], effect: Preview) -> tuple[Preview, _Group]:
    """Return the group of this effect; a new one where no group has it."""
    found = next((one for one in groups if one[0] == effect), None)
    if found is None:
        found = effect, _Group()
        groups.append(found)
    return found


def _losses_first(group: tuple[Preview, _Group]) -> tuple[bool, bool]:
    effect, _members = group
    return not effect.losses, not effect.swaps


def _held_key(people: People, member: uuid.UUID) -> object:
    """Return what is equal for people whose change is the same."""
    accesses = sorted(str(one.access.to_json()) for one in people.assigned_to(member))
    rights = [
        (one.entitlement, one.all_sites, one.sites, one.limit, one.valid_until)
        for one in people.rights[member]
    ]
    return tuple(accesses), tuple(rights)


def _changes(people: People, member: uuid.UUID, after: _Holding) -> Preview:
    before = admin_rights.current(people.assigned_to(member)), people.rights[member]
    changes = preview.compare(people.page, people.names, before=before, after=after)
    return preview.of_changes(changes, nothing=_("What these people can do now stays the same."))


def _held(people: People, member: uuid.UUID) -> str:
    clock = dates.Clock(people.page.at, people.page.zone)
    return access.summary(people.assigned_to(member), clock) or _("no access")


def _now(group: _Group) -> list[str]:
    if len(group.now) == 1:
        return [_("Now: %(access)s") % {"access": held} for held in group.now]
    return [
        _("Now, %(names)s: %(access)s") % {"names": dates.name_list(names, most=SHOWN_NAMES), "access": held}
        for held, names in group.now.items()
    ]


def _effect_group(effect: Preview, group: _Group) -> EffectGroup:
    names = group.names
    return EffectGroup(
        title=dates.name_list(names, most=SHOWN_NAMES),
        names=names if len(names) > SHOWN_NAMES else [],
        now=_now(group),
        effect=effect,
    )
