"""A new admin who first invites and views only reads until when, before anything else."""

from django.utils.translation import gettext as _

from delegation.orphan_cases import interim
from portal.shell.components import Callout
from portal.shell.page_context import PageContext
from portal.wording import dates


def interim_note(page: PageContext, *, has_admin: bool) -> Callout | None:
    """Return the note about the reader's own further time. One statement where the organization has no admin."""
    found = None if has_admin else interim.of_member(membership=page.own_membership.id)
    if found is None:
        return None
    moment = dates.Clock(page.at, page.zone).date_time(found.full_from, seconds=False)
    text = _("All rights of an admin begin on %(moment)s, unless a colleague objects.") % {"moment": moment}
    if found.is_stopped:
        text = _("A person objected. Customer service decides before you get all rights of an admin.")
    return Callout(
        tone="",
        icon="clock",
        strong=_("You can invite people and see them for now."),
        text=text,
        url=page.url("my_access"),
        label=_("View my access"),
    )
