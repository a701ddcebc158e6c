"""A line says what became of a handover that is over."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.handovers.queries import EndedHandover
from portal.shell.page_context import PageContext
from portal.wording import dates, handovers


@dataclass(frozen=True, slots=True)
class EndedLine:
    """Describes a handover that is over; `tone` is that of `kh.tag`."""

    title: str
    sub: str
    state: str
    tone: str


def line(page: PageContext, one: EndedHandover) -> EndedLine:
    """Describe it as its giver or its successor reads it."""
    is_giver = one.giver.user_id == page.viewer.id
    names = {
        "giver": one.giver.shown_name,
        "successor": one.successor_name,
        "day": dates.Clock(page.at, page.zone).day(one.ended_at) if one.ended_at else "",
    }
    title = _("Handover to %(successor)s") if is_giver else _("Handover from %(giver)s")
    state, sub = handovers.OUTCOMES[one.outcome]()
    return EndedLine(title % names, sub % names, state, "ok" if one.outcome == "completed" else "")
