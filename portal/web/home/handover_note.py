"""A handover that goes on is the first thing that its giver and its successor see."""

from django.utils.translation import gettext as _

from delegation.handovers import queries
from portal.shell.components import Callout
from portal.shell.page_context import PageContext
from portal.wording import dates


def handover_note(page: PageContext) -> Callout | None:
    """Return the note about the reader's oldest handover. One statement without any."""
    running = queries.of_person(organization=page.organization_id, user=page.viewer.id, at=page.at)
    if not running:
        return None
    one = running[0]
    names = {"giver": one.giver.shown_name, "successor": one.successor_name}
    is_giver = one.giver.user_id == page.viewer.id
    title = _("Your handover to %(successor)s goes on.") if is_giver else _("%(giver)s hands over to you.")
    ends = _("It ends by itself on %(day)s.") % {"day": dates.Clock(page.at, page.zone).day(one.ends_at)}
    return Callout(
        tone="", icon="users", strong=title % names, text=ends, url=page.url("handover"), label=_("View")
    )
