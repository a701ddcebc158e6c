"""A bulk action is about ticked rows of the list, or about all people that match its filters.

The list posts to `people_select`, which leads to the action's page, and that page back to the list as it was. The page
reads the selection from its address (`selected_people`): `m` names each ticked person, and `all=1` with the filters of
the list means all that match now. Its own form then names each person by `m`: what is confirmed is what was shown,
whatever the list is by then.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.people import queries as people_queries
from delegation.people.queries import VisibleMember
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.page_context import PageContext
from portal.shell.query_string import HiddenField
from portal.web.people import filters
from portal.web.people.filters import Filters
from portal.wording import cldr, dates

MAX_SELECTED = 300
"""People in one act."""
_WHOLE = "all"


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Describes a button of the bulk bar: its value of `do`, its words, its page, and the verb of that page."""

    name: str
    label: Promise
    route: str
    verb: Verb
    is_danger: bool = False


ACTIONS: Sequence[BulkAction] = (
    BulkAction("access", gettext_lazy("Change access…"), "people_access", Verb.ACCESS_CHANGE),
    BulkAction("sites", gettext_lazy("Limit to sites…"), "people_sites", Verb.ACCESS_CHANGE),
    BulkAction("last_day", gettext_lazy("Plan the last day…"), "people_last_day", Verb.REMOVAL_PLAN),
    BulkAction("remove", gettext_lazy("Remove…"), "people_remove", Verb.MEMBER_REMOVE, is_danger=True),
)
"""In the order of the bar. A new action adds a line here and reads its page's address by `selected_people`."""


class UnusableSelection(Exception):
    """No action can start with this selection; `sentence` says why to people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Selection:
    """Holds the selected people in the order of names, and those that only match, without permission."""

    members: Sequence[VisibleMember]
    left_out: Sequence[VisibleMember] = ()

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the memberships."""
        return [member.membership.id for member in self.members]


@dataclass(frozen=True, slots=True)
class BulkBar:
    """Describes the bar below the list; the fields are the list's filters and order."""

    url: str
    actions: Sequence[BulkAction]
    fields: Sequence[HiddenField]
    select_all: str
    """`Select all 41 people (you are not included)`; empty where all are selected, for none, and for too many."""
    note: str
    """Why not everyone can be selected; may be empty."""
    is_whole: bool
    """Whether all that match are selected, on every page."""
    selected: str
    clear_url: str


Abilities = Mapping[uuid.UUID, Mapping[Verb, policy.Decision]]


def within_maximum(page: PageContext, chosen: Filters, ids: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    """Return the people that the bar below a list of these people can offer; none for too many and for removed ones."""
    return ids if len(ids) <= MAX_SELECTED and not chosen.former and offered(page) else ()


def bulk_bar(page: PageContext, chosen: Filters, ids: Sequence[uuid.UUID], may: Abilities) -> BulkBar | None:
    """Return the bar below a list of these people; None for removed people, and without an action.

    `may` is the list's own decision about those `within_maximum`: it offers the people that an action reaches.
    """
    actions = offered(page)
    if chosen.former or not actions:
        return None
    is_possible = len(ids) <= MAX_SELECTED
    everyone = {member for member in within_maximum(page, chosen, ids) if is_selectable(page, may[member])}
    number = len(everyone)
    is_whole = chosen.everything and number > 0
    selected = ngettext("%(number)s person selected", "All %(number)s people selected", number)
    others = _not_included(page, [member for member in ids if member not in everyone])
    return BulkBar(
        url=page.url("people_select"),
        actions=actions,
        fields=chosen.fields(),
        select_all="" if is_whole or not number else _select_all(number, others),
        note="" if is_possible else too_many(),
        is_whole=is_whole,
        selected=" ".join(filter(None, (selected % {"number": cldr.number(number)}, others))),
        clear_url=chosen.url(page.url("people")),
    )


def _select_all(number: int, others: str) -> str:
    text = ngettext("Select %(number)s person", "Select all %(number)s people", number)
    return " ".join(filter(None, (text % {"number": cldr.number(number)}, others)))


def _not_included(page: PageContext, left_out: Sequence[uuid.UUID]) -> str:
    """Return `(you are not included)`: who matches, and is in no selection; empty where all are."""
    if not left_out:
        return ""
    if list(left_out) == [page.own_membership.id]:
        return _("(you are not included)")
    text = ngettext("(%(number)s is not included)", "(%(number)s are not included)", len(left_out))
    return text % {"number": cldr.number(len(left_out))}


def offered(page: PageContext) -> list[BulkAction]:
    """Return the actions that this reader may do to anyone here."""
    return [action for action in ACTIONS if action.verb in page.abilities]


def is_selectable(page: PageContext, may: Mapping[Verb, policy.Decision]) -> bool:
    """Return whether every action of the bar is allowed for a person. Raises KeyError for a verb that was not asked."""
    verbs = [action.verb for action in offered(page)]
    return bool(verbs) and all(bool(may[verb]) for verb in verbs)


def action_url(page: PageContext, form: QueryDict) -> str:
    """Return where the posted bulk bar leads: to its action's page, or to the list with all people selected.

    Raises UnusableSelection where no people or no action is selected.
    """
    names = display_names.load(organization=page.organization_id)
    chosen = filters.parse(form, names)
    possible = {action.name: action for action in offered(page)}
    action = possible.get(form.get("do", ""))
    if possible and action is None and form.get(_WHOLE):
        return chosen.url(page.url("people"), all="1")
    ticked = shell_forms.identifiers(form.getlist("m"))[:MAX_SELECTED]
    if action is None and ticked:
        raise UnusableSelection(_("Choose an action for the selected people."))
    if action is None or not (ticked or form.get(_WHOLE)):
        raise UnusableSelection(_("No people are selected. Select people first."))
    url = page.url(action.route)
    if form.get(_WHOLE):
        return chosen.url(url, all="1")
    return query_string.with_values(url, {"m": list(map(str, ticked))})


def selected_people(page: PageContext, parameters: QueryDict, *, verb: Verb) -> Selection:
    """Return the people that an address or a form selects, present and former, as far as the reader may see them.

    Of people named by `m`, none is left out: the command refuses. Raises NotFound for none, for too many, and for one
    that the reader may not see; UnusableSelection where all that match are too many, or where the reader
    may do `verb` to none.
    """
    if is_whole(parameters):
        return _matching(page, parameters, verb)
    return Selection(visible_people(page, named_people(parameters)))


def is_whole(parameters: QueryDict) -> bool:
    """Return whether all people that match are selected."""
    return parameters.get(_WHOLE) == "1"


def named_people(parameters: QueryDict) -> list[uuid.UUID]:
    """Return the people that `m` names. Raises NotFound for none and for too many."""
    memberships = shell_forms.identifiers(parameters.getlist("m"))
    if not memberships or len(memberships) > MAX_SELECTED:
        raise NotFound
    return memberships


def _matching(page: PageContext, parameters: QueryDict, verb: Verb) -> Selection:
    names = display_names.load(organization=page.organization_id)
    criteria = filters.to_query(filters.parse(parameters, names))
    rows = people_queries.matching(
        actor=page.viewer, organization=page.organization_id, at=page.at, filters=criteria
    )
    ids = people_queries.first_ids(rows=rows, limit=MAX_SELECTED)
    if len(ids) > MAX_SELECTED:
        raise UnusableSelection(too_many())
    members = visible_people(page, ids)
    asked = {*(action.verb for action in offered(page)), verb}
    may = policy.abilities(actor=page.viewer, memberships=ids, at=page.at, verbs=asked) if ids else {}
    selectable = {member for member in ids if all(map(bool, may[member].values()))}
    allowed = [member for member in members if member.membership.id in selectable]
    if not allowed:
        raise UnusableSelection(_("You do not have permission for any of the selected people."))
    return Selection(allowed, [member for member in members if member.membership.id not in selectable])


def visible_people(page: PageContext, memberships: Sequence[uuid.UUID]) -> list[VisibleMember]:
    """Return these people. Raises NotFound where the reader may not see one of them."""
    members = people_queries.visible(
        actor=page.viewer, organization=page.organization_id, at=page.at, ids=memberships
    )
    if len(members) != len(memberships):
        raise NotFound
    return members


def to_list(request: HttpRequest, page: PageContext, reason: UnusableSelection) -> HttpResponseRedirect:
    """Lead to the list, which says why no action can start."""
    messages.warning(request, reason.sentence)
    return HttpResponseRedirect(page.list_url)


def too_many() -> str:
    """Return the sentence about a selection above the maximum."""
    return _("You can select at most %(number)d people at a time. Filter the list first.") % {
        "number": MAX_SELECTED
    }


def report_left_out(request: HttpRequest, page: PageContext, selection: Selection) -> None:
    """Name the people who match, without permission, on the next page; the list has said it of the reader."""
    others = [one.membership for one in selection.left_out if one.membership.id != page.own_membership.id]
    names = [member.user.name for member in others]
    if names:
        text = ngettext(
            "%(names)s is not included: you do not have permission for this person.",
            "%(names)s are not included: you do not have permission for these people.",
            len(names),
        )
        messages.info(request, text % {"names": dates.name_list(names, most=5)})
