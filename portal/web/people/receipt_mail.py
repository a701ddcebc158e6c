"""The receipt says who gets a mail once every system has confirmed."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.people import leavers
from portal.shell.page_context import PageContext
from portal.web.people import removal_facts
from portal.wording import dates


def who_gets(page: PageContext, events: Sequence[EventView]) -> str:
    """Say who gets a mail about the late confirmation: the person who removed, as far as mail reaches them here."""
    remover = removal_facts.remover(events[0])
    recipients = leavers.recipients(organization=page.organization_id, actor=remover, at=page.at)
    if any(one.id == page.viewer.id for one in recipients):
        return _("You get a mail when all systems have confirmed.")
    names = dates.name_list([one.name for one in recipients])
    text = ngettext(
        "%(names)s gets a mail when all systems have confirmed.",
        "%(names)s get a mail when all systems have confirmed.",
        len(recipients),
    )
    return text % {"names": names} if names else ""
