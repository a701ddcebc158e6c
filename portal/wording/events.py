"""The sentence of an event is made when it is shown, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Verb
from portal.wording import (
    absence_claims,
    attempts,
    catalogue_events,
    dates,
    departure_events,
    event_names,
    factor_changes,
    grade_facts,
    hold_events,
    look_events,
    mail_events,
    own_details,
    reading_events,
    removal_reasons,
    service_user_events,
    sign_in_words,
    staff_acts,
    system_events,
)
from portal.wording.event_names import EventNames


@dataclass(frozen=True, slots=True)
class EventLine:
    """Holds a sentence: `text` continues the name of the actor.

    `actor` is empty where no person and no supplier acted.
    """

    actor: str
    text: str
    sub: str = ""


@dataclass(frozen=True, slots=True)
class EventWording(EventNames):
    """Makes the sentences of events with names that were read once for all of them."""

    def sentence_for(self, event: EventView) -> EventLine:
        """Return the sentence of this event. A verb without a sentence stands for itself."""
        if not event.is_authentic:
            return EventLine("", event.verb)
        if event.outcome == "refused":
            return self._refused(event)
        line = _SENTENCES.get(event.verb, _verb_alone)(self, event)
        return replace(line, sub=look_events.with_preparer(line.sub, event))

    def _refused(self, event: EventView) -> EventLine:
        attempt = attempts.BY_VERB.get(event.verb)
        what = attempt() % {"who": self.who(event)} if attempt else event.verb
        text = _("tried %(what)s and was refused") % {"what": what}
        return EventLine(self.actor(event), text, event_names.repeats(event.facts))


Sentence = Callable[[EventWording, EventView], EventLine]


def _verb_alone(wording: EventWording, event: EventView) -> EventLine:
    return EventLine(wording.actor(event), event.verb)


def _invited(wording: EventWording, event: EventView) -> EventLine:
    text = _("invited %(who)s") % {"who": event.email} if event.email else _("invited a person")
    return EventLine(wording.actor(event), text, wording.invitation(event.after))


def _cancelled_by_removal(event: EventView) -> str:
    if event.facts.get("to_leaver"):
        return _("An invitation to the removed person was cancelled")
    return _("An invitation that the removed person had sent was cancelled")


def _cancelled(wording: EventWording, event: EventView) -> EventLine:
    if event.cause == Verb.MEMBER_REMOVE:
        return EventLine("", _cancelled_by_removal(event), event.email)
    if event.cause == Verb.MEMBER_INVITE:
        text = _("The expired invitation to %(who)s was replaced by a new one") % {"who": wording.who(event)}
        return EventLine("", text)
    return EventLine(
        wording.actor(event), _("cancelled the invitation to %(who)s") % {"who": wording.who(event)}
    )


def _accepted(wording: EventWording, event: EventView) -> EventLine:
    if event.subject_kind != "membership":
        return EventLine(event.email, _("accepted the invitation"))
    text = _("%(who)s accepted more access") if event.before.get("access") else _("%(who)s joined")
    return EventLine("", text % {"who": wording.who(event)}, wording.accesses(event.after["access"]))


def _enrolled(wording: EventWording, event: EventView) -> EventLine:
    if event.subject_kind == "membership":
        text = _("%(who)s joined") % {"who": wording.who(event)}
        return EventLine("", text, wording.accesses(event.after["access"]))
    return EventLine(wording.actor(event), _("imported existing users"))


def _access_changed(wording: EventWording, event: EventView) -> EventLine:
    text = _("changed %(who)s’s access") % {"who": wording.who(event)}
    before, after = wording.accesses(event.before["access"]), wording.accesses(event.after["access"])
    sub = _("%(before)s → %(after)s") % {"before": before, "after": after}
    return EventLine(wording.actor(event), text, _with_reason(sub, event))


def _resynced(wording: EventWording, event: EventView) -> EventLine:
    """Say what was sent to which systems: of a removed person, the closing. An event of earlier names no system."""
    text = _("resent %(who)s’s access to %(systems)s")
    if not event.facts.get("active", True):
        text = _("asked %(systems)s again to close %(who)s’s access")
    names = [wording.service(key) for key in event.facts.get("applications", ())]
    systems = dates.name_list(names) or _("connected systems")
    return EventLine(wording.actor(event), text % {"who": wording.who(event), "systems": systems})


def _restored(wording: EventWording, event: EventView) -> EventLine:
    text = _("restored %(who)s") % {"who": wording.who(event)}
    return EventLine(wording.actor(event), text, _with_reason(wording.accesses(event.after["access"]), event))


def _details_changed(wording: EventWording, event: EventView) -> EventLine:
    """Begin with the former name: the actor's is the one that the request began with."""
    text, sub = own_details.change(event.personal, event.after)
    return EventLine(event.personal.get("former_name") or wording.who(event), text, sub)


def _with_reason(sub: str, event: EventView) -> str:
    reason = removal_reasons.describe(event.personal.get("reason", ""))
    return " · ".join(part for part in (sub, reason) if part)


def _read(wording: EventWording, event: EventView) -> EventLine:
    page = str(event.facts["page"])
    text = (
        reading_events.of_organization(page)
        if event.user is None
        else reading_events.of_person(page, wording.who(event))
    )
    return EventLine(wording.actor(event), text, event_names.repeats(event.facts))


def _sites_added(wording: EventWording, event: EventView) -> EventLine:
    known = {str(key): site.name for key, site in wording.names.sites.items()}
    names = [known.get(key, "?") for key in event.after["sites"]]
    text = ngettext("added the site %(sites)s", "added the sites %(sites)s", len(names))
    return EventLine(wording.actor(event), text % {"sites": dates.name_list(names)})


def _ceiling_set(wording: EventWording, event: EventView) -> EventLine:
    text = _("set what the supplier offers the organization")
    return EventLine(wording.actor(event), text, catalogue_events.offer(wording.names, event.facts["offer"]))


def _tiers_changed(wording: EventWording, event: EventView) -> EventLine:
    return EventLine(
        wording.actor(event), catalogue_events.changed_tiers(wording.names, event.facts["roles"])
    )


_OfFacts = Callable[[system_events.Facts], str]


def _system(sentence: _OfFacts, *, note: _OfFacts) -> Sentence:
    """Return a sentence of `system_events`, with a note below it."""

    def line(wording: EventWording, event: EventView) -> EventLine:
        names = {"application": wording.application(event), "who": wording.who(event)}
        return EventLine("", sentence(event.facts) % names, note(event.facts))

    return line


def _mail(sentence: Callable[[str, str], str]) -> Sentence:
    """Return a sentence of `mail_events`, by the purpose of the mail and the person that it is about."""
    return lambda wording, event: EventLine("", sentence(str(event.facts.get("purpose")), wording.who(event)))


def _observed(words: Callable[[EventView], tuple[str, str]]) -> Sentence:
    return lambda _wording, event: EventLine("", *words(event))


def _sign_in_changed(wording: EventWording, event: EventView) -> EventLine:
    return EventLine(wording.who(event), factor_changes.activity(event.verb, event.facts))


def _fixed(text: Callable[[], str], *, repeated: bool = False) -> Sentence:
    """Return a sentence of the same words for every event of a verb; `repeated`: one event may stand for several."""
    count = event_names.repeats if repeated else lambda _facts: ""
    return lambda wording, event: EventLine(wording.who(event), text(), count(event.facts))


def _about(text: Callable[[], str]) -> Sentence:
    """Return what the actor did to the person whose name `text` holds as `who`."""
    return lambda wording, event: EventLine(wording.actor(event), text() % {"who": wording.who(event)})


def _worded(words: Callable[[EventWording, EventView], tuple[str, str]]) -> Sentence:
    """Word an act by a function that returns its text and its note."""
    return lambda wording, event: EventLine(wording.actor(event), *words(wording, event))


def _of_subject(words: Callable[[EventWording, EventView], tuple[str, str]]) -> Sentence:
    """Word what happened to a person, or what they did themselves."""
    return lambda wording, event: EventLine(wording.who(event), *words(wording, event))


_SENTENCES: Mapping[str, Sentence] = {
    Verb.ACCESS_CHANGE: _access_changed,
    Verb.ACCOUNT_RESYNC: _resynced,
    Verb.CATALOGUE_PROPAGATE: _tiers_changed,
    Verb.CEILING_SET: _ceiling_set,
    Verb.FIRST_ADMIN_INVITE: lambda wording, event: EventLine(
        wording.actor(event), _("invited the first admin again")
    ),
    Verb.HOLD_LIFT: _worded(hold_events.lifted),
    Verb.HOLD_PLACE: _worded(hold_events.placed),
    Verb.INVITATION_ACCEPT: _accepted,
    Verb.INVITATION_CANCEL: _cancelled,
    Verb.INVITATION_RESEND: _about(lambda: _("sent the invitation to %(who)s again")),
    Verb.MAIL_DOMAINS_SET: _fixed(lambda: _("changed the organization’s mail domains")),
    Verb.MEMBER_ENROLL: _enrolled,
    Verb.MEMBER_INVITE: _invited,
    Verb.MEMBER_REMOVE: lambda wording, event: EventLine(*departure_events.removed(wording, event)),
    **dict.fromkeys((Verb.MEMBER_UPDATE, Verb.PERSON_UPDATE), _details_changed),
    Verb.MEMBER_RESTORE: _restored,
    Verb.MEMBER_SIGN_OUT: _about(lambda: _("signed %(who)s out")),
    Verb.ORGANIZATION_CREATE: lambda wording, event: EventLine(
        wording.actor(event), _("set up the organization")
    ),
    **{verb: _worded(text) for verb, text in staff_acts.TEXTS.items()},
    Verb.PERSON_SIGN_OUT: _fixed(lambda: _("signed out")),
    **{verb: _worded(words) for verb, words in {**departure_events.WORDS, **absence_claims.TEXTS}.items()},
    **{verb: _worded(words) for verb, words in service_user_events.TEXTS.items()},
    Verb.SITE_CREATE: _sites_added,
    Observation.ACCOUNT_SYNCED: _system(system_events.synced, note=system_events.duration),
    Observation.ACCOUNT_SYNC_FAILED: _system(system_events.sync_failed, note=system_events.retries),
    Observation.CUSTOMER_DATA_READ: _read,
    Observation.FACTOR_ADDED: _sign_in_changed,
    Observation.FACTOR_REMOVED: _sign_in_changed,
    Observation.FACTOR_RENAMED: _fixed(lambda: _("renamed a passkey")),
    Observation.FACTOR_RESET: _sign_in_changed,
    Observation.LOGOUT_DELIVERED: _system(system_events.logout_delivered, note=system_events.duration),
    Observation.LOGOUT_FAILED: _system(system_events.logout_failed, note=system_events.retries),
    Observation.MAIL_BOUNCED: lambda wording, event: EventLine(
        "", mail_events.bounced_mail(wording.who(event))
    ),
    Observation.MAIL_FAILED: _mail(mail_events.failed_mail),
    Observation.MAIL_SENT: _mail(mail_events.sent_mail),
    **{verb: _observed(words) for verb, words in grade_facts.OBSERVED.items()},
    Observation.PASSWORD_CHANGED: _sign_in_changed,
    Observation.PASSWORD_REHASHED: _fixed(
        lambda: _("signed in with a password that is now stored in a newer format")
    ),
    Observation.PASSWORD_RESET: _sign_in_changed,
    Observation.SESSION_ENDED: _sign_in_changed,
    Observation.SESSION_REAUTHENTICATED: _fixed(lambda: _("confirmed their identity"), repeated=True),
    **{verb: _of_subject(words) for verb, words in sign_in_words.TEXTS.items()},
    Observation.SIGN_IN_FAILED: _fixed(lambda: _("failed to sign in"), repeated=True),
    Observation.SIGN_IN_DENIED: _fixed(lambda: _("was not allowed to sign in"), repeated=True),
}

SENTENCE_VERBS = frozenset(_SENTENCES)
