"""A person's change of the own details is worded here."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.wording import cldr


def change(personal: Mapping[str, str], after: Mapping[str, Any]) -> tuple[str, str]:
    """Return the sentence that follows the person's name, and a line below it; an erased person's are unreadable."""
    name, phone, former = (personal.get(key, "") for key in ("name", "phone", "former_phone"))
    phones = _("Work phone: %(phone)s") % {"phone": phone or _("none")} if phone or former else ""
    if name:
        return _("is now called %(name)s") % {"name": name}, phones
    if code := str(after.get("language", "")):
        return _("changed their language"), cldr.language_name(code)
    return _("changed their details"), phones
