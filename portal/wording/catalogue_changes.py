"""Staff read here what a file changes in the catalogue, and how many people lose or gain something."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization.verbs import Verb
from delegation.catalogue.catalog_file import CEILING
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.difference import Change, ConflictChange, Direction, Part
from portal.wording import admin_rights, cldr, supplier_texts


@dataclass(frozen=True, slots=True)
class ChangeTexts:
    """Holds what a role includes before and after a change; empty where it has no such part."""

    before: str
    after: str


def texts_of(change: Change, catalogue: Catalogue) -> ChangeTexts:
    """Return both sides of a change, with the names of this catalogue."""
    if change.part is Part.TEXTS:
        return ChangeTexts("", _("other name or description"))
    return ChangeTexts(_side(change, change.before, catalogue), _side(change, change.after, catalogue))


def conflict(change: ConflictChange) -> str:
    """Return what a conflict is about, and how it is enforced after the change."""
    after = {
        "refuse": _("refused from now on, existing access stays"),
        "report": _("reported, not refused"),
        "": _("no longer a conflict"),
    }
    return f"{supplier_texts.in_language(change.text)} ({after[change.after]})"


def brief(change: Change, catalogue: Catalogue) -> str:
    """Return the change in a few words: what is taken, given, or different."""
    texts = texts_of(change, catalogue)
    return (
        texts.before if change.direction is Direction.LOSS and texts.before else texts.after or texts.before
    )


def _side(change: Change, value: str, catalogue: Catalogue) -> str:
    if change.part is Part.ASSIGNABLE_DAYS:
        return _days(value)
    if change.part is Part.TAKES_AMOUNT:
        text = _("%(what)s, up to a limit") if value else _("%(what)s, without a limit")
        return text % {"what": entitlement(change.key, catalogue)}
    if change.part is Part.SECOND_FACTOR:
        return _("sign in with a second factor") if value else _("sign in with a password alone")
    return _part(change, value, catalogue) if value else ""


def _part(change: Change, value: str, catalogue: Catalogue) -> str:
    if change.part is Part.ASSIGNABLE_AMOUNT:
        most = _("the customer’s ceiling") if value == CEILING else cldr.money(Decimal(value), "EUR")
        return _("assign up to %(amount)s: %(what)s") % {
            "amount": most,
            "what": entitlement(change.key, catalogue),
        }
    if change.part is Part.ASSIGNABLE_ROLE:
        return _("assign the tier %(tier)s") % {"tier": role(change.key, catalogue)}
    if change.part is Part.VERB:
        return verb(change.key)
    if change.part is Part.WORKING_ADMIN:
        return _("count as an admin of the organization")
    return entitlement(change.key, catalogue)


def _days(value: str) -> str:
    if not value:
        return _("assign access without end")
    text = ngettext(
        "assign access for %(days)s day at most", "assign access for %(days)s days at most", int(value)
    )
    return text % {"days": cldr.number(int(value))}


def entitlement(key: str, catalogue: Catalogue) -> str:
    """Return the text of an entitlement; its key where the catalogue does not have it."""
    texts = {spec.key: spec.text for spec in catalogue.entitlements}
    return supplier_texts.in_language(texts.get(key, {"en": key}))


def role(key: str, catalogue: Catalogue) -> str:
    """Return the name of a role; its key where the catalogue does not have it."""
    names = {spec.key: spec.name for spec in catalogue.roles}
    return supplier_texts.in_language(names.get(key, {"en": key}))


def verb(key: str) -> str:
    """Return what a member may do on our pages; the verb itself where no page words it."""
    return _verbs().get(key, key)


def _verbs() -> Mapping[str, str]:
    known = {
        Verb.ACCOUNT_RESYNC: _("sync a person’s access again"),
        Verb.INVITATION_CANCEL: _("cancel invitations"),
        Verb.INVITATION_RESEND: _("resend invitations"),
        Verb.SITE_CREATE: _("add sites"),
        **admin_rights.admin_abilities(),
    }
    return {verb.value: text for verb, text in known.items()}


def people(number: int) -> str:
    """Return `1 person`, `96 people`."""
    return ngettext("%(number)s person", "%(number)s people", number) % {"number": cldr.number(number)}


def organizations(number: int) -> str:
    """Return `in 1 organization`, `in 61 organizations`."""
    text = ngettext("in %(number)s organization", "in %(number)s organizations", number)
    return text % {"number": cldr.number(number)}


def effect(change: Change, number: int) -> str:
    """Return how many people lose or gain by a change; how many it concerns where it does neither."""
    texts = {
        Direction.LOSS: ngettext("%(number)s loses", "%(number)s lose", number),
        Direction.GAIN: ngettext("%(number)s gains", "%(number)s gain", number),
        Direction.NEITHER: ngettext("%(number)s person", "%(number)s people", number),
    }
    return texts[change.direction] % {"number": cldr.number(number)}
