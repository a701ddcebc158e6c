"""The log words who allowed the supplier's staff to look along, who looked, and what staff prepared."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.translation import gettext as _

from audit.personal_data import PREPARER_LABEL
from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording.event_names import EventNames


def allowed(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what the person allowed by a code, and what was hidden."""
    prepares = event.facts.get("mode") == "prepare"
    text = (
        _("made a code by which support may look along and prepare forms")
        if prepares
        else _("made a code by which support may look along")
    )
    hidden = _("Colleagues’ last names, e-mail addresses, phone numbers and amounts are hidden.")
    return text, hidden if event.facts.get("masked") else _("Nothing is hidden.")


def begun(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return the person at the pages, and for a look without a code the reason."""
    who = {"who": wording.who(event)}
    if event.facts.get("by") == "code":
        return _("began to look along with %(who)s, by a code") % who, _(
            "Ends after 30 minutes at the latest."
        )
    text = _("began to look along with %(who)s, by the organization’s rule") % who
    return text, event.personal.get("reason", "")


def ended(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return the person at the pages."""
    if not event.facts.get("begun", True):
        return _("withdrew the code for looking along"), ""
    if event.actor == event.user:
        return _("ended the looking along of support"), ""
    return _("ended the looking along with %(who)s") % {"who": wording.who(event)}, ""


def prepared(wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return which form was prepared, and that it changed nothing."""
    texts = {
        "invite": _("prepared an invitation for %(who)s to send"),
        "access": _("prepared a change of access of %(name)s for %(who)s to send"),
        "removal": _("prepared a removal of %(name)s for %(who)s to send"),
    }
    text = texts.get(str(event.facts.get("form")), _("prepared a form for %(who)s to send"))
    colleague = _("Erased person") if "name" in event.erased else event.personal.get("name", "")
    names = {"who": wording.who(event), "name": colleague or _("Unknown person")}
    return text % names, _("Nothing changes until it is sent.")


def rule_set(_wording: EventNames, event: EventView) -> tuple[str, str]:
    """Return what the standing rule allows from now on."""
    texts = {
        "look": _("let support look along without a code"),
        "prepare": _("let support look along and prepare forms without a code"),
    }
    return texts.get(str(event.after.get("mode")), _("no longer lets support look along without a code")), ""


def with_preparer(sub: str, event: EventView) -> str:
    """Return this text, and after it who prepared what the person did, if staff did."""
    supplier = settings.SUPPLIER_NAME
    name = event.personal.get(PREPARER_LABEL, "")
    if PREPARER_LABEL in event.erased:
        preparer = _("From a form that %(supplier)s prepared.") % {"supplier": supplier}
    elif name:
        preparer = _("From a form that %(name)s of %(supplier)s prepared.") % {
            "name": name,
            "supplier": supplier,
        }
    else:
        preparer = ""
    return " ".join(filter(None, (sub, preparer)))


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {
    Verb.LOOK_ALLOW: allowed,
    Verb.LOOK_BEGIN: begun,
    Verb.LOOK_END: ended,
    Verb.LOOK_PREPARE: prepared,
    Verb.LOOK_RULE_SET: rule_set,
}
