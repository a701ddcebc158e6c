"""An event as a sentence, made when it is shown: from the verb, what was and what is now, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.authorization.verbs import Observation, Verb
from portal.wording import admin_abilities, dates, event_names, factors, removal_reasons
from portal.wording.event_names import EventNames


@dataclass(frozen=True, slots=True)
class EventLine:
    """`actor` goes before `text`, and is empty where nobody of flesh and blood did it."""

    actor: str
    text: str
    sub: str = ""


@dataclass(frozen=True, slots=True)
class EventWording(EventNames):
    """Tells events one after the other."""

    def tell(self, event: EventView) -> EventLine:
        """The sentence for this event."""
        if event.outcome == "refused":
            return self._refused(event)
        return _SENTENCES.get(event.verb, _unknown)(self, event)

    def _refused(self, event: EventView) -> EventLine:
        tried = _TRIED.get(event.verb)
        what = tried() % {"who": self.who(event)} if tried else event.verb
        text = _("tried %(what)s and was refused") % {"what": what}
        repeats = int(event.facts.get("repeats", 0))
        again = ngettext("%(number)d more time", "%(number)d more times", repeats) % {"number": repeats}
        return EventLine(self.actor(event), text, again if repeats else "")


Sentence = Callable[[EventWording, EventView], EventLine]


def _unknown(teller: EventWording, event: EventView) -> EventLine:
    return EventLine(teller.actor(event), event.verb)


def _invited(teller: EventWording, event: EventView) -> EventLine:
    text = _("invited %(who)s") % {"who": event.email or _("a person")}
    return EventLine(teller.actor(event), text, teller.access(event.after["access"]))


def _sent_again(teller: EventWording, event: EventView) -> EventLine:
    return EventLine(
        teller.actor(event), _("sent the invitation to %(who)s again") % {"who": teller.who(event)}
    )


def _withdrawn(teller: EventWording, event: EventView) -> EventLine:
    if event.cause == Verb.MEMBER_REMOVE:
        return EventLine("", _("An invitation that the removed person had sent was cancelled"), event.email)
    if event.cause == Verb.MEMBER_INVITE:
        text = _("The expired invitation to %(who)s was replaced by a new one") % {"who": teller.who(event)}
        return EventLine("", text)
    return EventLine(
        teller.actor(event), _("cancelled the invitation to %(who)s") % {"who": teller.who(event)}
    )


def _accepted(teller: EventWording, event: EventView) -> EventLine:
    if event.subject_kind == "membership":
        text = _("%(who)s joined") % {"who": teller.who(event)}
        return EventLine("", text, teller.accesses(event.after["access"]))
    return EventLine(event.email, _("accepted the invitation"))


def _enrolled(teller: EventWording, event: EventView) -> EventLine:
    if event.subject_kind == "membership":
        text = _("%(who)s joined") % {"who": teller.who(event)}
        return EventLine("", text, teller.accesses(event.after["access"]))
    return EventLine(teller.actor(event), _("imported existing users"))


def _changed(teller: EventWording, event: EventView) -> EventLine:
    text = _("changed %(who)s’s access") % {"who": teller.who(event)}
    before, after = teller.accesses(event.before["access"]), teller.accesses(event.after["access"])
    sub = _("%(before)s → %(after)s") % {"before": before, "after": after}
    return EventLine(teller.actor(event), text, _with_reason(sub, event))


def _removed(teller: EventWording, event: EventView) -> EventLine:
    text = _("removed %(who)s") % {"who": teller.who(event)}
    return EventLine(teller.actor(event), text, _with_reason("", event))


def _restored(teller: EventWording, event: EventView) -> EventLine:
    text = _("restored %(who)s") % {"who": teller.who(event)}
    return EventLine(teller.actor(event), text, _with_reason(teller.accesses(event.after["access"]), event))


def _with_reason(sub: str, event: EventView) -> str:
    reason = removal_reasons.shown(event.personal.get("reason", ""))
    return " · ".join(part for part in (sub, reason) if part)


def _set_up(teller: EventWording, event: EventView) -> EventLine:
    return EventLine(teller.actor(event), _("set up the organization"))


def _sites_added(teller: EventWording, event: EventView) -> EventLine:
    places = {str(one): place.name for one, place in teller.book.sites.items()}
    names = [places.get(one, "?") for one in event.after["sites"]]
    return EventLine(teller.actor(event), _("added %(sites)s") % {"sites": dates.listed(names)})


def _offered(teller: EventWording, event: EventView) -> EventLine:
    does = [
        admin_abilities.in_language(teller.book.entitlements.get(key, {"en": key}))
        + (
            f" {_('up to %(amount)s') % {'amount': event_names.money(offer)}}"
            if offer["amount"] is not None
            else ""
        )
        for key, offer in event.facts["offer"].items()
        if offer is not None
    ]
    text = _("set the maximum access for the company")
    return EventLine(teller.actor(event), text, dates.listed(does, most=6))


def _tiers_changed(teller: EventWording, event: EventView) -> EventLine:
    tiers = [
        admin_abilities.in_language(teller.book.tiers.get(one, {"en": one})) for one in event.facts["roles"]
    ]
    return EventLine(
        teller.actor(event), _("changed what these tiers include: %(tiers)s") % {"tiers": dates.listed(tiers)}
    )


def _resync(teller: EventWording, event: EventView) -> EventLine:
    text = _("resent %(who)s’s access to connected systems") % {"who": teller.who(event)}
    return EventLine(teller.actor(event), text)


def _delivered(teller: EventWording, event: EventView) -> EventLine:
    names = {"application": teller.application(event), "who": teller.who(event)}
    if event.facts.get("active", True):
        text = _("%(application)s: %(who)s’s access updated") % names
    else:
        text = _("%(application)s: %(who)s’s access closed") % names
    return EventLine("", text, _after(event))


def _not_delivered(teller: EventWording, event: EventView) -> EventLine:
    names = {"application": teller.application(event), "who": teller.who(event)}
    return EventLine("", _("%(application)s: update of %(who)s’s access failed. It is retried") % names)


def _signed_out_there(teller: EventWording, event: EventView) -> EventLine:
    names = {"application": teller.application(event), "who": teller.who(event)}
    return EventLine("", _("%(application)s: %(who)s signed out") % names, _after(event))


def _not_signed_out_there(teller: EventWording, event: EventView) -> EventLine:
    names = {"application": teller.application(event), "who": teller.who(event)}
    return EventLine(
        "", _("%(application)s has not confirmed that %(who)s is signed out. It is retried") % names
    )


def _after(event: EventView) -> str:
    seconds = event.facts.get("seconds")
    return _("after %(span)s") % {"span": dates.span(float(seconds))} if seconds else ""


def _mail_sent(teller: EventWording, event: EventView) -> EventLine:
    return EventLine("", _("A mail was sent to %(who)s") % {"who": teller.who(event)})


def _mail_bounced(teller: EventWording, event: EventView) -> EventLine:
    return EventLine("", _("Mail to %(who)s bounced: the address does not work") % {"who": teller.who(event)})


def _orphaned(teller: EventWording, event: EventView) -> EventLine:
    del teller, event
    return EventLine("", _("The company has no working admin"), _("Contact the supplier."))


def _mail_failed(teller: EventWording, event: EventView) -> EventLine:
    return EventLine("", _("Mail to %(who)s could not be delivered") % {"who": teller.who(event)})


def _signed_in(teller: EventWording, event: EventView) -> EventLine:
    if event.facts.get("application"):
        return EventLine(teller.who(event), _("signed in to %(name)s") % {"name": teller.application(event)})
    return EventLine(teller.who(event), _("signed in"))


def _factor(teller: EventWording, event: EventView) -> EventLine:
    return EventLine(teller.who(event), factors.said(event.verb, str(event.facts.get("factor", ""))))


def _plain(text: Callable[[], str]) -> Sentence:
    return lambda teller, event: EventLine(teller.who(event), text())


_SENTENCES: Mapping[str, Sentence] = {
    Verb.ACCESS_CHANGE: _changed,
    Verb.ACCOUNT_RESYNC: _resync,
    Verb.CATALOGUE_PROPAGATE: _tiers_changed,
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
    Verb.SITE_CREATE: _sites_added,
    Observation.ACCOUNT_SYNCED: _delivered,
    Observation.ACCOUNT_SYNC_FAILED: _not_delivered,
    Observation.FACTOR_ADDED: _factor,
    Observation.FACTOR_REMOVED: _factor,
    Observation.FACTOR_RESET: _factor,
    Observation.LOGOUT_DELIVERED: _signed_out_there,
    Observation.LOGOUT_FAILED: _not_signed_out_there,
    Observation.MAIL_BOUNCED: _mail_bounced,
    Observation.MAIL_FAILED: _mail_failed,
    Observation.MAIL_SENT: _mail_sent,
    Observation.ORGANIZATION_ORPHANED: _orphaned,
    Observation.PASSWORD_CHANGED: _plain(lambda: _("changed the password")),
    Observation.PASSWORD_RESET: _plain(lambda: _("reset the password by e-mail")),
    Observation.SESSION_ENDED: _plain(lambda: _("signed out")),
    Observation.SIGN_IN_SUCCEEDED: _signed_in,
    Observation.SIGN_IN_FAILED: _plain(lambda: _("could not sign in")),
    Observation.SIGN_IN_DENIED: _plain(lambda: _("was refused sign-in")),
    Observation.TOKEN_REPLAYED: _plain(
        lambda: _("was signed out of a service because a one-time code was used twice")
    ),
}

_TRIED: Mapping[str, Callable[[], str]] = {
    Verb.ACCESS_CHANGE: lambda: _("to change %(who)s’s access"),
    Verb.ACCOUNT_RESYNC: lambda: _("to resend %(who)s’s access to connected systems"),
    Verb.ACTIVITY_VIEW: lambda: _("to view the activity log"),
    Verb.INVITATION_ACCEPT: lambda: _("to accept an invitation"),
    Verb.INVITATION_CANCEL: lambda: _("to cancel the invitation to %(who)s"),
    Verb.INVITATION_RESEND: lambda: _("to send the invitation to %(who)s again"),
    Verb.MEMBER_ENROLL: lambda: _("to import existing users"),
    Verb.MEMBER_INVITE: lambda: _("to invite a person"),
    Verb.MEMBER_REMOVE: lambda: _("to remove %(who)s"),
    Verb.MEMBER_RESTORE: lambda: _("to restore %(who)s"),
    Verb.MEMBER_VIEW: lambda: _("to view a person"),
    Verb.SITE_CREATE: lambda: _("to add a site"),
}

EVERY = frozenset(_SENTENCES)
EVERY_TRIED = frozenset(_TRIED)
