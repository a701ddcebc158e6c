"""Panels over the list of people change several people's access; these are their page models."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.forms import BaseForm
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.access import choices, shown_access
from portal.web.access.bulk_effects import BulkEffect, People
from portal.web.access.bulk_forms import SitesForm
from portal.web.access.choices import AccessChoices, SiteChoice
from portal.web.access.forms import AccessForm
from portal.web.access.left_out import SHOWN_NAMES
from portal.web.people import list_context
from portal.web.people.list_context import PeoplePage
from portal.wording import dates

_BELOW = 20
"""Rows of the list below the panel."""


@dataclass(frozen=True, kw_only=True)
class BulkFragment(PageModel):
    """Shows the effect on each person alone, for htmx."""

    template: ClassVar[str] = "web/access/_bulk_preview.html"

    effect: BulkEffect
    button: str


@dataclass(frozen=True, kw_only=True)
class BulkPage(PeoplePage):
    """Shows the form of a change of several people, and the effect on each person."""

    form: BaseForm
    sites: Sequence[SiteChoice]
    sites_disabled_reason: str
    title: str
    who: str
    effect: BulkEffect
    button: str
    ids: Sequence[uuid.UUID]
    """All selected people; the form sends them, and besides them those that are left out."""
    shown: str
    """The access that they have on this page (`shown_access`)."""
    bulk_url: str
    """POST saves; POST with do=preview shows the preview alone."""
    close_url: str


@dataclass(frozen=True, kw_only=True)
class ChangePeoplePage(BulkPage, AccessChoices):
    """Gives several people the same access."""

    template: ClassVar[str] = "web/access/change_people.html"


@dataclass(frozen=True, kw_only=True)
class LimitSitesPage(BulkPage):
    """Limits several people to some of their sites."""

    template: ClassVar[str] = "web/access/limit_sites.html"


def change_page(
    page: PageContext, form: AccessForm, people: People, effect: BulkEffect, *, bulk_url: str
) -> ChangePeoplePage:
    """Return the panel that gives these people the same access."""
    number = len(people.changeable)
    title = ngettext("Change access for %(number)d person", "Change access for %(number)d people", number)
    return ChangePeoplePage(
        **_over_list(page, people),
        **choices.choices(form).variables(),
        title=title % {"number": number},
        effect=effect,
        button=change_button(effect),
        bulk_url=bulk_url,
    )


def sites_page(
    page: PageContext, form: SitesForm, people: People, effect: BulkEffect, *, bulk_url: str
) -> LimitSitesPage:
    """Return the panel that limits these people to some of their sites."""
    number = len(people.changeable)
    title = ngettext("Limit %(number)d person to sites", "Limit %(number)d people to sites", number)
    return LimitSitesPage(
        **_over_list(page, people),
        form=form,
        title=title % {"number": number},
        effect=effect,
        button=sites_button(effect),
        bulk_url=bulk_url,
        sites=choices.site_choices(form.options),
        sites_disabled_reason=choices.sites_disabled_reason(form.options),
    )


def change_button(effect: BulkEffect) -> str:
    """Return the label of the button; it names the number of people whose access changes."""
    if not effect.number:
        return _("Change access")
    text = ngettext("Change %(number)d person’s access", "Change %(number)d people’s access", effect.number)
    return text % {"number": effect.number}


def sites_button(effect: BulkEffect) -> str:
    """Return the label of the button; it names the number of people whose access changes."""
    if not effect.number:
        return _("Limit to sites")
    text = ngettext(
        "Limit %(number)d person to these sites", "Limit %(number)d people to these sites", effect.number
    )
    return text % {"number": effect.number}


def _over_list(page: PageContext, people: People) -> Mapping[str, Any]:
    clock = dates.Clock(page.at, page.zone)
    names = [member.membership.user.name for member in people.changeable]
    return {
        **list_context.people_page(page, QueryDict(page.list_query), clock, size=_BELOW).variables(),
        "who": dates.name_list(names, most=SHOWN_NAMES),
        "ids": people.ids,
        "shown": shown_access.field_value({member: people.assigned_to(member) for member in people.ids}),
        "close_url": page.list_url,
    }
