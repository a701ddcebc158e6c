"""The supplier's own log is worded here, for auditors; a customer's log is worded by `events`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Verb
from portal.wording import cldr, event_names, events, service_user_events
from portal.wording.events import EventLine, EventWording


@dataclass(frozen=True, slots=True)
class AuditWording(EventWording):
    """Makes the sentences of all events, those of the supplier's own log too; `roles` names the roles of staff."""

    roles: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    def sentence_for(self, event: EventView) -> EventLine:
        """Return the sentence of this event. A verb without a sentence stands for itself."""
        sentence = _SENTENCES.get(event.verb)
        is_plain = event.is_authentic and event.outcome != "refused"
        if sentence is not None and is_plain and not _is_of_customer(event):
            return sentence(self, event)
        return events.EventWording.sentence_for(self, event)

    def role(self, key: object) -> str:
        """Return the name of a role of staff."""
        name = self.roles.get(str(key))
        return name() if name else str(key)


def _is_of_customer(event: EventView) -> bool:
    """Return whether the event of this verb stands in a customer's log too, where it has its own sentence."""
    return event.verb in events.SENTENCE_VERBS and event.subject_kind != "supplier"


def _given(wording: AuditWording, event: EventView) -> EventLine:
    role = wording.role(event.after.get("staff_role", ""))
    text = _("gave %(who)s the right: %(role)s") % {"who": wording.who(event), "role": role}
    return EventLine(wording.actor(event), text, event.personal.get("reason", ""))


def _ended(wording: AuditWording, event: EventView) -> EventLine:
    role = wording.role(event.before.get("staff_role", ""))
    text = _("ended a right of staff: %(role)s") % {"role": role}
    return EventLine(wording.actor(event), text, event.personal.get("reason", ""))


def _opened(wording: AuditWording, event: EventView) -> EventLine:
    return EventLine(
        wording.actor(event), _("opened the break-glass sign-in"), event.personal.get("reason", "")
    )


def _did(text: Callable[[], str]) -> "Sentence":
    return lambda wording, event: EventLine(wording.actor(event), text(), event_names.repeats(event.facts))


def _of_person(text: Callable[[], str]) -> "Sentence":
    return lambda wording, event: EventLine(wording.who(event), text())


def _denied(wording: AuditWording, event: EventView) -> EventLine:
    del wording
    return EventLine("", _("A staff sign-in was refused"), event_names.repeats(event.facts))


def _applied(wording: AuditWording, event: EventView) -> EventLine:
    text = _("changed the catalogue")
    if event.facts.get("proposal"):
        text = _("agreed to a proposed catalogue file, which changed the catalogue")
    return EventLine(wording.actor(event), text, _losing(event))


def _proposed(wording: AuditWording, event: EventView) -> EventLine:
    text = _("proposed a catalogue file to a second person")
    return EventLine(wording.actor(event), text, _losing(event))


def _refused(wording: AuditWording, event: EventView) -> EventLine:
    text = _("refused a proposed catalogue file")
    if event.facts.get("proposal_state") == "withdrawn":
        text = _("withdrew a proposed catalogue file")
    return EventLine(wording.actor(event), text, event.personal.get("reason", ""))


def _losing(event: EventView) -> str:
    number = int(event.facts.get("people_losing") or 0)
    text = ngettext("%(number)s person loses something", "%(number)s people lose something", number)
    return text % {"number": cldr.number(number)} if number else ""


def _tested(wording: AuditWording, event: EventView) -> EventLine:
    code = event.facts.get("code")
    answer = _("It failed: %(code)s") % {"code": code} if code else _("It answered")
    service = f"{event.facts.get('application')}"
    return EventLine(
        wording.actor(event),
        _("sent a test call to the system of %(service)s") % {"service": service},
        answer,
    )


def _worded(words: Callable[[AuditWording, EventView], tuple[str, str]]) -> "Sentence":
    return lambda wording, event: EventLine(wording.actor(event), *words(wording, event))


Sentence = Callable[[AuditWording, EventView], EventLine]

_SENTENCES: Mapping[str, Sentence] = {
    Observation.BREAK_GLASS_ENDED: _did(lambda: _("The break-glass sign-in ended")),
    Observation.BREAK_GLASS_OPENED: _opened,
    Observation.BREAK_GLASS_PASSKEY_ADDED: _did(lambda: _("added a passkey for the break-glass sign-in")),
    Observation.BREAK_GLASS_USED: _of_person(lambda: _("signed in by the break-glass link")),
    Observation.STAFF_ENROLLED: _of_person(lambda: _("signed in as staff for the first time")),
    Observation.STAFF_RENAMED: _of_person(
        lambda: _("has another name or mail address at the identity provider")
    ),
    Observation.STAFF_SESSION_ENDED: _of_person(lambda: _("was signed out of the staff pages")),
    Observation.STAFF_SIGN_IN_DENIED: _denied,
    Observation.STAFF_SIGN_IN_SUCCEEDED: _of_person(lambda: _("signed in to the staff pages")),
    Observation.TARGET_TESTED: _tested,
    Observation.SUPPLIER_LOG_READ: _did(lambda: _("read the supplier’s own log")),
    Verb.APPLICATION_REGISTER: _did(lambda: _("registered a service")),
    Verb.CATALOGUE_APPLY: _applied,
    Verb.CATALOGUE_PROPOSE: _proposed,
    Verb.CATALOGUE_REFUSE: _refused,
    Verb.CEILING_SET: _did(lambda: _("changed what a customer is offered")),
    Verb.CLIENT_REGISTER: _did(lambda: _("added a client of a service")),
    Verb.CLIENT_RETIRE: _did(lambda: _("ended the old secret of a client")),
    Verb.CLIENT_ROTATE: _did(lambda: _("made a new secret for a client")),
    Verb.CLIENT_UPDATE: _did(lambda: _("changed a client of a service")),
    Verb.KEY_ROTATE: _did(lambda: _("rotated keys")),
    Verb.ORPHAN_CASE_REQUEST: _did(lambda: _("asked for the admin’s place by the public form")),
    Verb.ORPHAN_REQUEST_CLOSE: _did(lambda: _("closed a request for an admin’s place")),
    Verb.ORPHAN_REQUEST_ERASE: _did(lambda: _("erased requests for an admin’s place")),
    Observation.OWN_DATA_READ: _did(lambda: _("read all of their own data")),
    Verb.OWNER_APPOINT: _given,
    Verb.PERSON_ERASE: _did(lambda: _("erased a person who left long ago")),
    Verb.RETENTION_PURGE: _did(lambda: _("deleted data whose retention has ended")),
    Verb.STAFF_RIGHT_END: _ended,
    Verb.STAFF_RIGHT_GIVE: _given,
    Verb.STAFF_RIGHT_PROJECT: _did(lambda: _("built the projection of staff rights again")),
    Verb.STAFF_SERVICE_CREATE: _worded(service_user_events.created),
    Verb.STAFF_SERVICE_END: _worded(service_user_events.ended),
    Verb.STAFF_SERVICE_ROTATE: _worded(service_user_events.rotated),
    Verb.TARGET_PAUSE: _did(lambda: _("paused deliveries to a connected system")),
    Verb.TARGET_REGISTER: _did(lambda: _("connected a system")),
    Verb.TARGET_RESUME: _did(lambda: _("resumed deliveries to a connected system")),
    Verb.TARGET_SYNC: _did(lambda: _("had all accounts of a connected system synced")),
    Verb.TARGET_UPDATE: _did(lambda: _("changed a connected system")),
}

SENTENCE_VERBS = frozenset(_SENTENCES)
