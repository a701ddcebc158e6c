"""Pages of a customer say what is on hold."""

from delegation.catalogue.display_names import DisplayNames
from delegation.holds import queries
from portal.shell.page_context import PageContext
from portal.wording import dates, hold_notices
from portal.wording.hold_notices import HoldNotice


def notices(page: PageContext, names: DisplayNames, clock: dates.Clock) -> list[HoldNotice]:
    """Return a notice for each hold of this organization. One statement."""
    holds = queries.in_force(organization=page.organization_id, at=page.at)
    return [hold_notices.notice(hold.stops, hold.reason, hold.valid_until, names, clock) for hold in holds]
