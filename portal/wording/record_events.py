"""The sentences about a customer's contacts and mail domains say which one was meant."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from portal.wording.event_names import EventNames

CONTACT_KINDS: Mapping[str, Callable[[], str]] = {
    "invoice": lambda: _("Invoice contact"),
    "contract": lambda: _("Contract contact"),
}
"""By code."""
_ADDED: Mapping[str, Callable[[], str]] = {
    "invoice": lambda: _("added an invoice contact"),
    "contract": lambda: _("added a contract contact"),
}
_CHANGED: Mapping[str, Callable[[], str]] = {
    "invoice": lambda: _("changed an invoice contact"),
    "contract": lambda: _("changed a contract contact"),
}
_ENDED: Mapping[str, Callable[[], str]] = {
    "invoice": lambda: _("removed an invoice contact"),
    "contract": lambda: _("removed a contract contact"),
}
_Text = Callable[[EventNames, EventView], tuple[str, str]]


def _contact(texts: Mapping[str, Callable[[], str]]) -> _Text:
    def worded(_wording: EventNames, event: EventView) -> tuple[str, str]:
        return texts[str(event.facts["contact_kind"])](), str(event.personal.get("name", ""))

    return worded


def _verified(_wording: EventNames, event: EventView) -> tuple[str, str]:
    return _("verified the mail domain %(domain)s") % {"domain": event.facts["domain"]}, ""


def _lapsed(_wording: EventNames, event: EventView) -> tuple[str, str]:
    text = _("ended the verification of the mail domain %(domain)s")
    is_removed = event.facts["lapse_reason"] == "removed"
    sub = "" if is_removed else _("Its DNS record was not found for some days")
    return text % {"domain": event.facts["domain"]}, sub


TEXTS: Mapping[Verb, _Text] = {
    Verb.CUSTOMER_CONTACT_ADD: _contact(_ADDED),
    Verb.CUSTOMER_CONTACT_CHANGE: _contact(_CHANGED),
    Verb.CUSTOMER_CONTACT_END: _contact(_ENDED),
    Verb.MAIL_DOMAIN_LAPSE: _lapsed,
    Verb.MAIL_DOMAIN_VERIFY: _verified,
}
"""The sentence and its note of each of these acts."""
