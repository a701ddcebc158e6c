"""What a removal stops, and how far it is: templates/people/remove.html and removal.html."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.queries import admins, catalogue, colleagues, held, leaving
from delegation.queries.colleagues import Found
from delegation.queries.log import Told
from portal import gains
from portal.inside import Here
from portal.web import formats, forms, reasons, words
from portal.web.reading import person, systems, telling
from portal.web.reading.systems import STATES
from portal.web.story import Teller
from provisioning import progress
from provisioning.progress import Closing, Line, Progress


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
        "stops": _stops(counts, closing.sign_ins, single),
        "closes": [_closes(one, counts, clock) for one in closing.systems],
        "stays": _stays(here, single),
        "who": _who(here, single, clock) if single else None,
        "people": [] if single else [_named(one) for one in leavers],
        "form": form,
        "ids": [] if single else [str(one) for one in ids],
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


def _stops(counts: leaving.Counts, sign_ins: int, single: Found | None) -> list[dict[str, str]]:
    rows = [{"text": _("Signing in to this company’s services"), "value": _sign_ins(sign_ins)}]
    if counts.sessions:
        text = ngettext("%(number)d session ends now", "%(number)d sessions end now", counts.sessions)
        rows.append({"text": _("Signing in here"), "value": text % {"number": counts.sessions}})
    if counts.families:
        text = ngettext("%(number)d access ends now", "%(number)d accesses end now", counts.families)
        what = (
            _("Services that act for %(name)s") % {"name": single.membership.user.name}
            if single
            else _("Services that act for them")
        )
        rows.append({"text": what, "value": text % {"number": counts.families}})
    if counts.invitations:
        text = ngettext("%(number)d is withdrawn", "%(number)d are withdrawn", counts.invitations)
        rows.append(
            {
                "text": _("Invitations sent and not yet accepted"),
                "value": text % {"number": counts.invitations},
            }
        )
    return rows


def _sign_ins(number: int) -> str:
    if not number:
        return _("nothing is open")
    text = ngettext("%(number)d sign-in ends now", "%(number)d sign-ins end now", number)
    return text % {"number": number}


def _closes(one: Closing, counts: leaving.Counts, clock: formats.Clock) -> dict[str, str]:
    used = counts.last_used.get(one.application)
    usual = formats.span(one.usually_takes) if one.usually_takes is not None else _("not known yet")
    if one.down_since is not None:
        usual = _("does not answer since %(when)s; we keep trying") % {"when": clock.when(one.down_since)}
    return {
        "name": gains.in_language(one.name),
        "what": _("Made inactive"),
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
        "work": ", ".join(part for part in (one.title, words.summary(grants)) if part),
        "last_seen": person.last_seen(here, single, clock),
    }
    if other is not None:
        who["namesake_text"] = f"{other.user.name}, {other.user.email}"
        who["namesake_url"] = here.url("person", membership=other.id)
    return who


def receipt(here: Here, events: Sequence[Told], clock: formats.Clock) -> dict[str, Any]:
    """The page after the deed, while systems answer and when all have."""
    first = events[0]
    book = catalogue.read(organization=here.company)
    told_by = telling.teller(events, book)
    done = progress.of(act=first.act, chain=here.company, at=here.at)
    names = [told_by.who(event) for event in events]
    who = formats.listed(names, most=5)
    closed = {event.subject for event in events}
    return {
        "title": ngettext("%(who)s is removed", "%(who)s are removed", len(closed)) % {"who": who},
        "lead": _lead(done, first, clock),
        "open": not done.done,
        "here_url": here.url("removal", act=first.act),
        "lines": [*[_line(line, clock) for line in done.lines], _here(first, clock)],
        "receipt": {
            "number": f"R-{first.act.hex[-12:-6]}-{first.act.hex[-6:]}",
            "removed": _removed(events, told_by),
            "by": told_by.actor(first),
            "when": clock.moment(first.at),
            "reason": reasons.shown(first.private.get("reason", "")),
            "event_number": formats.number(first.seq) if first.seq else "",
            "event_url": f"{here.url('activity')}#e{first.seq}" if here.sees_activity else "",
            "hash": telling.short(first.hash),
        },
        "next_text": _next(done, who),
        "restore_url": "",
        "back_url": here.url("people"),
    }


def _removed(events: Sequence[Told], told_by: Teller) -> str:
    emails = leaving.emails(memberships=[event.subject for event in events])
    people = [", ".join(filter(None, (told_by.who(one), emails.get(one.subject)))) for one in events]
    return "; ".join(people)


def _lead(done: Progress, first: Told, clock: formats.Clock) -> str:
    stopped = {"time": clock.time(first.at, seconds=True)}
    if not done.planned:
        return _("Signing in stopped everywhere at %(time)s. Other systems hear of it now.") % stopped
    late = [gains.in_language(line.name) for line in done.lines if line.state != "closed"]
    if late:
        names = formats.listed(list(dict.fromkeys(late)))
        text = ngettext(
            "Signing in stopped everywhere at %(time)s. %(names)s has not confirmed yet.",
            "Signing in stopped everywhere at %(time)s. %(names)s have not confirmed yet.",
            len(set(late)),
        )
        return text % {**stopped, "names": names}
    slowest = max((line.seconds for line in done.lines), default=0.0)
    return _("Every door closed within %(span)s.") % {"span": formats.span(slowest)}


def _here(first: Told, clock: formats.Clock) -> dict[str, str]:
    ended = int(first.facts.get("sessions", 0)) + int(first.facts.get("sign_ins", 0))
    text = ngettext("%(number)d sign-in ended", "%(number)d sign-ins ended", ended) % {"number": ended}
    return {
        "name": _("Signing in, everywhere"),
        "sub": text if ended else _("Nothing that was issued before is accepted any more"),
        "when": clock.time(first.at, seconds=True),
        "state": "closed",
    }


def _line(line: Line, clock: formats.Clock) -> dict[str, str]:
    closed = line.state == "closed"
    span = formats.span(line.seconds)
    return {
        "name": gains.in_language(line.name),
        "sub": _done(line) if closed else _late(line, clock),
        "when": _("after %(span)s") % {"span": span} if closed else _("%(span)s so far") % {"span": span},
        "state": STATES[line.state],
    }


def _done(line: Line) -> str:
    if line.kind == "logout":
        text = ngettext("%(number)d open page signed out", "%(number)d open pages signed out", line.count)
    else:
        text = ngettext("%(number)d account inactive", "%(number)d accounts inactive", line.count)
    return text % {"number": line.count}


def _late(line: Line, clock: formats.Clock) -> str:
    parts = [_("Has not confirmed yet."), systems.problem(line.error)]
    if line.attempts and line.next_try_at:
        parts.append(_("We keep trying, next %(when)s.") % {"when": clock.at_time(line.next_try_at)})
    if line.attempts and line.kind == "scim":
        parts.append(_("Meanwhile nobody can sign in to it through us."))
    return " ".join(part for part in parts if part)


def _next(done: Progress, who: str) -> str:
    if done.done:
        return _("Nothing is left to do. You can bring %(who)s back from the list of those removed.") % {
            "who": who
        }
    return _("We keep trying until every system has confirmed. You may close this page.")


def fingerprint(context: dict[str, Any], language: str) -> str:
    """An ETag: the same as long as nothing new would be shown, running seconds apart."""
    lines = [
        (line["name"], line["sub"], line["state"], line["when"] if line["state"] == "closed" else "")
        for line in context["lines"]
    ]
    said = repr((language, context["lead"], context["open"], lines))
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
