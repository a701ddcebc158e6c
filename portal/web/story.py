"""An event as a sentence, made when it is shown: from the verb, what was and what is now, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.queries.told import Told
from delegation.verbs import Noted, Verb
from portal import gains
from portal.web import calling, factors, formats, reasons
from portal.web.calling import Names


@dataclass(frozen=True, slots=True)
class Line:
    """`actor` goes before `text`, and is empty where nobody of flesh and blood did it."""

    actor: str
    text: str
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Teller(Names):
    """Tells events one after the other."""

    def tell(self, event: Told) -> Line:
        """The sentence for this event."""
        if event.outcome == "refused":
            return self._refused(event)
        return _SENTENCES.get(event.verb, _unknown)(self, event)

    def _refused(self, event: Told) -> Line:
        tried = _TRIED.get(event.verb)
        what = tried() % {"who": self.who(event)} if tried else event.verb
        text = _("tried %(what)s and was refused") % {"what": what}
        repeats = int(event.facts.get("repeats", 0))
        again = ngettext("%(number)d more time", "%(number)d more times", repeats) % {"number": repeats}
        return Line(self.actor(event), text, again if repeats else "")


Sentence = Callable[[Teller, Told], Line]


def _unknown(teller: Teller, event: Told) -> Line:
    return Line(teller.actor(event), event.verb)


def _invited(teller: Teller, event: Told) -> Line:
    text = _("invited %(who)s") % {"who": event.email or _("somebody")}
    return Line(teller.actor(event), text, teller.access(event.after["access"]))


def _sent_again(teller: Teller, event: Told) -> Line:
    return Line(teller.actor(event), _("sent the invitation to %(who)s again") % {"who": teller.who(event)})


def _withdrawn(teller: Teller, event: Told) -> Line:
    if event.because == Verb.MEMBER_REMOVE:
        return Line("", _("An invitation that was sent by the leaver was cancelled"), event.email)
    if event.because == Verb.MEMBER_INVITE:
        text = _("The expired invitation to %(who)s made way for a new one") % {"who": teller.who(event)}
        return Line("", text)
    return Line(teller.actor(event), _("cancelled the invitation to %(who)s") % {"who": teller.who(event)})


def _accepted(teller: Teller, event: Told) -> Line:
    if event.subject_kind == "membership":
        text = _("%(who)s became a colleague") % {"who": teller.who(event)}
        return Line("", text, teller.accesses(event.after["access"]))
    return Line(event.email, _("accepted the invitation"))


def _enrolled(teller: Teller, event: Told) -> Line:
    if event.subject_kind == "membership":
        text = _("%(who)s became a colleague") % {"who": teller.who(event)}
        return Line("", text, teller.accesses(event.after["access"]))
    return Line(teller.actor(event), _("took over the colleagues there were"))


def _changed(teller: Teller, event: Told) -> Line:
    text = _("changed the access of %(who)s") % {"who": teller.who(event)}
    before, after = teller.accesses(event.before["access"]), teller.accesses(event.after["access"])
    sub = _("%(before)s → %(after)s") % {"before": before, "after": after}
    return Line(teller.actor(event), text, _with_reason(sub, event))


def _removed(teller: Teller, event: Told) -> Line:
    text = _("removed %(who)s") % {"who": teller.who(event)}
    return Line(teller.actor(event), text, _with_reason("", event))


def _restored(teller: Teller, event: Told) -> Line:
    text = _("brought %(who)s back") % {"who": teller.who(event)}
    return Line(teller.actor(event), text, _with_reason(teller.accesses(event.after["access"]), event))


def _with_reason(sub: str, event: Told) -> str:
    reason = reasons.shown(event.private.get("reason", ""))
    return " · ".join(part for part in (sub, reason) if part)


def _set_up(teller: Teller, event: Told) -> Line:
    return Line(teller.actor(event), _("set up the organization"))


def _sites_added(teller: Teller, event: Told) -> Line:
    places = {str(one): place.name for one, place in teller.book.sites.items()}
    names = [places.get(one, "?") for one in event.after["sites"]]
    return Line(teller.actor(event), _("added %(sites)s") % {"sites": formats.listed(names)})


def _offered(teller: Teller, event: Told) -> Line:
    does = [
        gains.in_language(teller.book.does.get(key, {"en": key}))
        + (
            f" {_('up to %(amount)s') % {'amount': calling.money(offer)}}"
            if offer["amount"] is not None
            else ""
        )
        for key, offer in event.facts["offer"].items()
        if offer is not None
    ]
    text = _("set what people of the company can be allowed to do")
    return Line(teller.actor(event), text, formats.listed(does, most=6))


def _tiers_changed(teller: Teller, event: Told) -> Line:
    tiers = [gains.in_language(teller.book.tiers.get(one, {"en": one})) for one in event.facts["roles"]]
    return Line(teller.actor(event), _("changed what goes with %(tiers)s") % {"tiers": formats.listed(tiers)})


def _put_right(teller: Teller, event: Told) -> Line:
    text = _("asked for %(who)s to be put right where a system differs") % {"who": teller.who(event)}
    return Line(teller.actor(event), text)


def _delivered(teller: Teller, event: Told) -> Line:
    names = {"application": teller.application(event), "who": teller.who(event)}
    if event.facts.get("active", True):
        text = _("%(application)s knows what %(who)s may do") % names
    else:
        text = _("%(application)s closed the access of %(who)s") % names
    return Line("", text, _after(event))


def _not_delivered(teller: Teller, event: Told) -> Line:
    names = {"application": teller.application(event), "who": teller.who(event)}
    return Line("", _("%(application)s could not be told about %(who)s. We keep trying") % names)


def _signed_out_there(teller: Teller, event: Told) -> Line:
    names = {"application": teller.application(event), "who": teller.who(event)}
    return Line("", _("%(application)s signed %(who)s out") % names, _after(event))


def _not_signed_out_there(teller: Teller, event: Told) -> Line:
    names = {"application": teller.application(event), "who": teller.who(event)}
    return Line("", _("%(application)s has not confirmed that %(who)s is signed out. We keep trying") % names)


def _after(event: Told) -> str:
    seconds = event.facts.get("seconds")
    return _("after %(span)s") % {"span": formats.span(float(seconds))} if seconds else ""


def _mail_sent(teller: Teller, event: Told) -> Line:
    return Line("", _("A mail was sent to %(who)s") % {"who": teller.who(event)})


def _mail_bounced(teller: Teller, event: Told) -> Line:
    return Line(
        "", _("Mail to %(who)s comes back: nobody is reached at that address") % {"who": teller.who(event)}
    )


def _orphaned(teller: Teller, event: Told) -> Line:
    del teller, event
    return Line("", _("Nobody is left who can look after the company here"), _("The supplier has to help."))


def _mail_failed(teller: Teller, event: Told) -> Line:
    return Line("", _("A mail to %(who)s could not be delivered") % {"who": teller.who(event)})


def _signed_in(teller: Teller, event: Told) -> Line:
    if event.facts.get("application"):
        return Line(teller.who(event), _("signed in to %(name)s") % {"name": teller.application(event)})
    return Line(teller.who(event), _("signed in"))


def _factor(teller: Teller, event: Told) -> Line:
    return Line(teller.who(event), factors.said(event.verb, str(event.facts.get("type", ""))))


def _plain(text: Callable[[], str]) -> Sentence:
    return lambda teller, event: Line(teller.who(event), text())


_SENTENCES: Mapping[str, Sentence] = {
    Verb.ACCESS_CHANGE: _changed,
    Verb.ACCOUNT_PUT_RIGHT: _put_right,
    Verb.CATALOGUE_TELL: _tiers_changed,
    Verb.CEILING_SET: _offered,
    Verb.INVITATION_ACCEPT: _accepted,
    Verb.INVITATION_CANCEL: _withdrawn,
    Verb.INVITATION_RESEND: _sent_again,
    Verb.MEMBER_ENROLL: _enrolled,
    Verb.MEMBER_INVITE: _invited,
    Verb.MEMBER_REMOVE: _removed,
    Verb.MEMBER_RESTORE: _restored,
    Verb.ORGANIZATION_CREATE: _set_up,
    Verb.PERSON_SIGN_OUT: _plain(lambda: _("signed out")),
    Verb.SITE_ADD: _sites_added,
    Noted.ACCOUNT_DELIVERED: _delivered,
    Noted.ACCOUNT_FAILED: _not_delivered,
    Noted.FACTOR_ADDED: _factor,
    Noted.FACTOR_REMOVED: _factor,
    Noted.FACTOR_RESET: _factor,
    Noted.LOGOUT_DELIVERED: _signed_out_there,
    Noted.LOGOUT_FAILED: _not_signed_out_there,
    Noted.MAIL_BOUNCED: _mail_bounced,
    Noted.MAIL_FAILED: _mail_failed,
    Noted.MAIL_SENT: _mail_sent,
    Noted.ORGANIZATION_ORPHANED: _orphaned,
    Noted.PASSWORD_CHANGED: _plain(lambda: _("changed the password")),
    Noted.PASSWORD_RESET: _plain(lambda: _("set a new password by mail")),
    Noted.SESSION_ENDED: _plain(lambda: _("signed out")),
    Noted.SIGN_IN_DONE: _signed_in,
    Noted.SIGN_IN_FAILED: _plain(lambda: _("could not sign in")),
    Noted.SIGN_IN_REFUSED: _plain(lambda: _("was not let in")),
    Noted.TOKEN_ISSUED: _plain(lambda: _("went on being signed in to a service")),
    Noted.TOKEN_REPLAYED: _plain(lambda: _("was signed out of a service, because something was used twice")),
}

_TRIED: Mapping[str, Callable[[], str]] = {
    Verb.ACCESS_CHANGE: lambda: _("to change the access of %(who)s"),
    Verb.ACCOUNT_PUT_RIGHT: lambda: _("to put right what systems hold of %(who)s"),
    Verb.ACTIVITY_SEE: lambda: _("to see what happened"),
    Verb.INVITATION_ACCEPT: lambda: _("to accept an invitation"),
    Verb.INVITATION_CANCEL: lambda: _("to cancel the invitation to %(who)s"),
    Verb.INVITATION_RESEND: lambda: _("to send the invitation to %(who)s again"),
    Verb.MEMBER_ENROLL: lambda: _("to take over colleagues"),
    Verb.MEMBER_INVITE: lambda: _("to invite somebody"),
    Verb.MEMBER_REMOVE: lambda: _("to remove %(who)s"),
    Verb.MEMBER_RESTORE: lambda: _("to bring %(who)s back"),
    Verb.MEMBER_SEE: lambda: _("to see a colleague"),
    Verb.SITE_ADD: lambda: _("to add a site"),
}

EVERY = frozenset(_SENTENCES)
EVERY_TRIED = frozenset(_TRIED)
