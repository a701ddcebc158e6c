"""Changes of the catalogue and of an organization's ceiling are worded here."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from delegation.catalogue.display_names import DisplayNames
from portal.wording import dates, event_names, supplier_texts

_MOST = 6


def offer(names: DisplayNames, offers: Mapping[str, Mapping[str, Any] | None]) -> str:
    """Return the entitlements of a ceiling with their limits; None stands for one that is not offered."""
    texts = [_offered(names, key, limit) for key, limit in offers.items() if limit is not None]
    return dates.name_list(texts, most=_MOST)


def _offered(names: DisplayNames, key: str, limit: Mapping[str, Any]) -> str:
    text = supplier_texts.in_language(names.entitlements.get(key, {"en": key}))
    if limit["amount"] is None:
        return text
    up_to = _("up to %(amount)s") % {"amount": event_names.money(limit)}
    return f"{text} {up_to}"


def changed_tiers(names: DisplayNames, roles: Sequence[str]) -> str:
    """Return the sentence of tiers that include something else now."""
    tiers = [supplier_texts.in_language(names.tiers.get(key, {"en": key})) for key in roles]
    return _("changed what these tiers include: %(tiers)s") % {"tiers": dates.name_list(tiers)}
