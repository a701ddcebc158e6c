"""One's own access, as templates/web/my/access.html describes it."""

from typing import Any

from django.urls import reverse

from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.people import sessions
from portal.shell.page_context import PageContext
from portal.web.access.explanation import Why, ways_in
from portal.web.home import context as home_context
from portal.web.people import detail_context
from portal.wording import dates


def context(here: PageContext, session: str, clock: dates.Clock) -> dict[str, Any]:
    """The whole page; `session` is the stored key of the browser that asks."""
    one = here.own_membership
    book = display_names.display_names(organization=here.organization_id)
    why = Why(here, one.id, book, clock)
    browsers = sessions.browser_sessions(user=one.user.id, at=here.at)
    shown = [detail_context.browser(found, clock, own=session) for found in browsers]
    return {
        "lead": _lead(here, why, book),
        "can": why.rows(),
        "admins": home_context.my_admins(here),
        "facts": {
            "signs_in_with": ways_in(sessions.factors(user=one.user)),
            "member_since": clock.date(one.created_at),
            "customer_number": here.organization.customer_number,
        },
        "security_url": reverse("mfa_index"),
        "sessions": sorted(shown, key=lambda one: not one["here"]),
        "sessions_url": here.url("my_sessions"),
    }


def _lead(here: PageContext, why: Why, book: DisplayNames) -> str:
    """Whom one looks after comes before what one orders."""
    own = (
        [home_context.lead(why.rights, book, why.clock)]
        if why.rights or not home_context.looks_after(here)
        else []
    )
    cares = home_context.cares_for(here) if home_context.looks_after(here) else ""
    return " ".join([cares, *own] if cares else own)
