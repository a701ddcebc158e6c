"""During a look, every page of the person says so, offers to end it, and leads to forms that staff prepared."""

import datetime as dt
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.looking_along import queries
from delegation.looking_along.queries import Prepared
from identity.looks.queries import OpenLook
from identity.memberships.queries import ActiveMembership
from identity.sessions.store import SessionStore
from portal.http import request_context
from portal.shell import query_string, shown_pages

_FORMS: Mapping[str, str] = {"invite": "invite", "access": "person_access", "removal": "person_remove"}
PARAMETER = "prepared"


@dataclass(frozen=True, slots=True)
class PreparedLink:
    """Leads to a form that a staff member prepared."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class LookStrip:
    """Says who looks along, at what, and how long still; `left` is rounded up to minutes."""

    staff: str
    sentence: str
    iso: str
    left: str
    stop_url: str
    look: str
    prepared: Sequence[PreparedLink]


def strip_of(request: HttpRequest) -> LookStrip | None:
    """Return the strip of the person who is signed in; None without a look. Four statements with one, else none."""
    found = look_of(request)
    if found is None:
        return None
    membership, look = found
    context = request_context.require_context(request).context
    minutes = minutes_left(look, context.now)
    key = membership.organization.key
    return LookStrip(
        staff=look.staff_name,
        sentence=_sentence(look, request, membership),
        iso=f"PT{minutes}M",
        left=left_in_words(minutes),
        stop_url=reverse("look_stop", args=[key]),
        look=str(look.id),
        prepared=[_link(one, key) for one in queries.prepared_for(look=look.id)],
    )


def minutes_left(look: OpenLook, at: dt.datetime) -> int:
    """Return the minutes that remain, rounded up."""
    return max(1, math.ceil((look.valid_until - at).total_seconds() / 60))


def left_in_words(minutes: int) -> str:
    """Return `21 min`."""
    return ngettext("%(number)d min", "%(number)d min", minutes) % {"number": minutes}


def _sentence(look: OpenLook, request: HttpRequest, membership: ActiveMembership) -> str:
    if not is_looked_at(request, look):
        return _("Sees the pages you open in another browser. Cannot change anything.")
    if not shown_pages.may_be_shown(request.resolver_match, membership):
        return _("Does not see this page. Cannot change anything.")
    if look.masked:
        seen = _("Sees this page as you do, with colleagues’ last names, addresses and amounts hidden.")
    else:
        seen = _("Sees this page as you do, with everything on it.")
    return " ".join([seen, _("Cannot change anything.")])


def _link(prepared: Prepared, key: str) -> PreparedLink:
    texts = {
        "invite": _("an invitation"),
        "access": _("a change of access for %(name)s"),
        "removal": _("the removal of %(name)s"),
    }
    about = {"membership": prepared.membership} if prepared.membership else {}
    url = reverse(_FORMS[prepared.kind], kwargs={"organization": key, **about})
    text = texts[prepared.kind] % {"name": prepared.colleague}
    return PreparedLink(text, query_string.with_values(url, {PARAMETER: str(prepared.id)}))


def look_of(request: HttpRequest) -> tuple[ActiveMembership, OpenLook] | None:
    """Find the look at the person who is signed in. Two statements with one, else none."""
    context = request_context.require_context(request).context
    for membership in context.memberships:
        if membership.look:
            look = queries.of_person(look=membership.look, at=context.now)
            return (membership, look) if look else None
    return None


def is_looked_at(request: HttpRequest, look: OpenLook) -> bool:
    """Return whether the pages of this browser are looked at."""
    session = request.session
    own = session.stored_key() if isinstance(session, SessionStore) and session.session_key else ""
    return look.session_key in {"", own}


def prepared_of(
    request: HttpRequest, membership: ActiveMembership, about: uuid.UUID | None
) -> Prepared | None:
    """Read the prepared form that this request names, if it is this form of this person; no statement without one."""
    sent = request.POST.get(PARAMETER) or request.GET.get(PARAMETER) or ""
    try:
        prepared = uuid.UUID(sent)
    except ValueError:
        return None
    if request.method == "POST":
        found = queries.sent_form(prepared=prepared, membership=membership.id)
    else:
        at = request_context.require_context(request).context.now
        found = queries.offered(prepared=prepared, membership=membership.id, at=at)
    route = request.resolver_match.url_name if request.resolver_match else ""
    is_this_form = found and (_FORMS[found.kind], found.membership) == (route, about)
    return found if is_this_form else None
