"""One's own access, as templates/me/access.html describes it."""

from typing import Any

from django.urls import reverse

from delegation.queries import catalogue, signed_in
from delegation.queries.catalogue import Book
from portal.inside import Here
from portal.web import formats
from portal.web.reading import home, person
from portal.web.reading.rights import Why, ways_in


def context(here: Here, session: str, clock: formats.Clock) -> dict[str, Any]:
    """The whole page; `session` is the stored key of the browser that asks."""
    one = here.membership
    book = catalogue.read(organization=here.company)
    why = Why(here, one.id, book, clock)
    browsers = signed_in.browsers(user=one.user_id, at=here.at)
    shown = [person.browser(found, clock, own=session) for found in browsers]
    number = next((found.number for found in here.organization.customer_numbers.all()), "")
    return {
        "lead": _lead(here, why, book),
        "can": why.rows(),
        "admins": home.my_admins(here),
        "facts": {
            "signs_in_with": ways_in(signed_in.factors(user=one.user)),
            "member_since": clock.date(one.created_at),
            "customer_number": number,
        },
        "security_url": reverse("mfa_index"),
        "sessions": sorted(shown, key=lambda one: not one["here"]),
        "sessions_url": here.url("my_sessions"),
    }


def _lead(here: Here, why: Why, book: Book) -> str:
    """Whom one looks after comes before what one orders."""
    own = [home.lead(why.rights, book, why.clock)] if why.rights or not home.looks_after(here) else []
    cares = home.cares_for(here) if home.looks_after(here) else ""
    return " ".join([cares, *own] if cares else own)
