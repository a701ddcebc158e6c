"""The reader chooses a colleague as second admin, whose access panel opens with the tier chosen, or invites one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from delegation.access import assignable
from delegation.access import queries as access_queries
from delegation.authorization import policy
from delegation.authorization.errors import Denied
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.queries import PeopleFilter
from portal.http.request_context import Request
from portal.shell import components, list_address, page_context, page_model, query_string
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import HiddenField
from portal.wording import access

_ROWS = 20
_WITH_TIER = {"tier": components.ADMIN_TIER}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Describes a colleague who can be made an admin; `url` opens the panel with the tier chosen."""

    name: str
    email: str
    access: str
    url: str


@dataclass(frozen=True, kw_only=True)
class SecondAdminPage(PageModel):
    """Shows colleagues who can be made an admin."""

    template: ClassVar[str] = "web/people/second_admin.html"

    q: str
    search_url: str
    hidden_fields: Sequence[HiddenField]
    """The list of people that the page leads back to, which the search form sends along."""
    coming: Sequence[str]
    """A sentence for each person who is about to become an admin."""
    candidates: Sequence[Candidate]
    is_cut: bool
    """Whether there are more people than the page shows."""
    invite_url: str
    """Empty for a reader who may not invite."""
    back_url: str


@require_safe
@page_context.organization_page
def choose(request: Request, page: PageContext) -> HttpResponse:
    """Show the page. Raises Denied for a reader who cannot assign the tier."""
    options = assignable.assignable_options(
        actor=page.viewer, verb=Verb.ACCESS_CHANGE, organization=page.organization_id, at=page.at
    )
    tier = options.tier(components.ADMIN_TIER)
    if Verb.ACCESS_CHANGE not in page.abilities or tier is None or not tier.assignable:
        raise Denied(reason="no_permission")
    criteria = PeopleFilter(text=query_string.text(request.GET, "q"))
    rows = people_queries.matching(
        actor=page.viewer, organization=page.organization_id, at=page.at, filters=criteria
    )
    found = people_queries.page(rows=rows, filters=criteria, at=page.at, size=_ROWS)
    may_invite = Verb.MEMBER_INVITE in page.abilities
    model = SecondAdminPage(
        q=criteria.text,
        search_url=request.path,
        hidden_fields=query_string.hidden_fields({list_address.PARAMETER: page.list_query}),
        coming=components.coming_admins(page),
        candidates=_candidates(page, found),
        is_cut=found.next is not None,
        invite_url=query_string.with_values(page.url("invite"), _WITH_TIER) if may_invite else "",
        back_url=page.list_url,
    )
    return page_model.render(request, model)


def _candidates(page: PageContext, found: people_queries.PeoplePage) -> list[Candidate]:
    memberships = [row.id for row in found.rows]
    verb = Verb.ACCESS_CHANGE
    may = policy.abilities(actor=page.viewer, memberships=memberships, at=page.at, verbs=[verb])
    assignments = access_queries.assignments(memberships=memberships, at=page.at)
    return [
        Candidate(
            name=row.user.name,
            email=row.user.email,
            access=access.tiers(assignments.get(row.id, [])),
            url=query_string.with_values(page.url("person_access", membership=row.id), _WITH_TIER),
        )
        for row in found.rows
        if may[row.id][verb] and not any(one.is_admin for one in assignments.get(row.id, []))
    ]
