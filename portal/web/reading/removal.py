"""What a removal stops, and how far it is: templates/people/remove.html and removal.html."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.queries import admins, colleagues, held, leaving
from delegation.queries.colleagues import Found
from portal import gains
from portal.inside import Here
from portal.web import formats, forms, words
from portal.web.reading import person
from provisioning import progress
from provisioning.progress import Closing


def impact(here: Here, leavers: Sequence[Found], form: forms.Remove, clock: formats.Clock) -> dict[str, Any]:
    """The page before the deed."""
    ids = [one.membership.id for one in leavers]
    closing = progress.impact(memberships=ids)
    counts = leaving.counts(leavers=leavers, at=here.at)
    single = leavers[0] if len(leavers) == 1 else None
    title = _title(leavers)
    return {
        "title": title,
        "button": title,
        "sub": _("from %(organization)s. Nothing has happened yet.")
        % {"organization": here.organization.name},
        "blocked": _blocked(here, leavers),
        "stops": _stops(here, counts),
        "closes": [_closes(one, counts, clock) for one in closing],
        "stays": _stays(here, single),
        "who": _who(here, single, clock) if single else None,
        "people": [] if single else [_named(one) for one in leavers],
        "form": form,
        "ids": [str(one) for one in ids],
        "undo": _("You can bring them back later; what ends now does not come back by itself.")
        if not single
        else _("You can bring %(name)s back later; what ends now does not come back by itself.")
        % {"name": single.membership.user.name},
    }


def _title(leavers: Sequence[Found]) -> str:
    if len(leavers) == 1:
        return _("Remove %(name)s") % {"name": leavers[0].membership.user.name}
    number = len(leavers)
    return ngettext("Remove %(number)d colleague", "Remove %(number)d colleagues", number) % {
        "number": number
    }


def _named(one: Found) -> dict[str, str]:
    return {"name": one.membership.user.name, "email": one.membership.user.email}


def _blocked(here: Here, leavers: Sequence[Found]) -> dict[str, str] | None:
    working = admins.working(organization=here.company, at=here.at)
    staying = [one for one in working if one.id not in {leaver.membership.id for leaver in leavers}]
    if not working or staying:
        return None
    return {
        "text": _("%(name)s is the only admin. Without an admin nobody could invite or remove people.")
        % {"name": formats.listed([one.user.name for one in working])},
        "url": here.url("invite") + "?tier=organization_admin",
        "label": _("Invite a second admin"),
    }


def _stops(here: Here, counts: leaving.Counts) -> list[dict[str, str]]:
    text = _("Signing in for %(organization)s") % {"organization": here.organization.name}
    rows = [{"text": text, "value": _("no longer possible")}]
    if number := counts.sessions:
        value = ngettext("%(number)d browser is signed out", "%(number)d browsers are signed out", number)
        rows.append({"text": _signed_in_to(settings.SUPPLIER_NAME), "value": value % {"number": number}})
    services = [gains.in_language(name) for name in counts.services]
    rows += [{"text": _signed_in_to(name), "value": _("ends now")} for name in services]
    if number := counts.invitations:
        value = ngettext("%(number)d is cancelled", "%(number)d are cancelled", number)
        text = _("Invitations sent and not yet accepted")
        rows.append({"text": text, "value": value % {"number": number}})
    return rows


def _signed_in_to(service: str) -> str:
    return _("Signed in to %(service)s") % {"service": service}


def _closes(one: Closing, counts: leaving.Counts, clock: formats.Clock) -> dict[str, str]:
    used = counts.last_used.get(one.application)
    usual = formats.span(one.usually_takes) if one.usually_takes is not None else _("not known yet")
    if one.down_since is not None:
        usual = _("does not answer since %(when)s; we keep trying") % {"when": clock.when(one.down_since)}
    return {
        "name": gains.in_language(one.name),
        "what": _("Access closed"),
        "last_used": clock.when(used) if used else _("never"),
        "usual": usual,
    }


def _stays(here: Here, single: Found | None) -> str:
    stays = _("Past orders, addresses and invoices, and everything that stands in the log.")
    if single is None:
        return stays
    others = colleagues.elsewhere(actor=here.actor, of=single.membership, at=here.at)
    if not others:
        return stays
    names = formats.listed([other.organization.name for other in others], most=5)
    return " ".join([stays, _("Access to %(organizations)s stays too.") % {"organizations": names}])


def _who(here: Here, single: Found, clock: formats.Clock) -> dict[str, str]:
    one = single.membership
    grants = held.grants(memberships=[one.id], at=here.at).get(one.id, [])
    other = colleagues.namesake(actor=here.actor, of=one, at=here.at)
    who = {
        "question": _("Is this the right %(name)s?") % {"name": one.user.name},
        "email": one.user.email,
        "work": ", ".join(part for part in (one.title, words.summary(grants, clock)) if part),
        "last_seen": person.last_seen(here, single, clock),
    }
    if other is not None:
        who["namesake_text"] = f"{other.user.name}, {other.user.email}"
        who["namesake_url"] = here.url("person", membership=other.id)
    return who
