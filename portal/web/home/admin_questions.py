"""Questions whether an admin is still one are tasks of the admin and of those who decide."""

from django.utils.translation import gettext as _

from delegation.absence_claims import queries
from portal.shell.page_context import PageContext
from portal.wording import dates


def questions(page: PageContext) -> list[tuple[str, str, str]]:
    """Return text, note and address of each question that waits for the reader. One statement without any."""
    clock = dates.Clock(page.at, page.zone)
    rows = queries.concerning(actor=page.viewer, organization=page.organization_id, at=page.at)
    mine, other = _("Are you still an admin?"), _("Is %(name)s still an admin?")
    asked = _("%(claimer)s asks. Answer by %(day)s.")
    return [
        (
            mine if one.person == page.viewer.id else other % {"name": one.name},
            asked % {"claimer": one.claimer, "day": clock.day(one.answer_by)},
            page.url("admin_claim", claim=one.id),
        )
        for one in rows
    ]
