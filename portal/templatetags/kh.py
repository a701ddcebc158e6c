"""Templates get an icon, a state, an address that breaks well, and a control with its class from these tags.

Parts that wrap something are components in `templates/cotton/kh/`; these are the marks without content.
"""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy

from portal.wording import cldr

register = template.Library()

ICONS = "vendor/tabler-icons/3.51.0/sprite.svg"
MARKS = "keyholder/marks.svg"

# The words of a state; "closing" and "closed" stand for "updating" and "up to date" after a removal, "on" for a factor.
WORDS = {
    "ok": pgettext_lazy("state", "Up to date"),
    "wait": pgettext_lazy("state", "Updating"),
    "differs": pgettext_lazy("state", "Out of date"),
    "failed": pgettext_lazy("state", "Failed"),
    "none": pgettext_lazy("state", "Not needed"),
    "closing": pgettext_lazy("state", "Closing"),
    "closed": pgettext_lazy("state", "Closed"),
    "on": pgettext_lazy("state", "On"),
}
_QUOTED = 60
_QUOTATION_MARKS = re.compile(
    '["\u00ab\u00bb\u05f4\u201c-\u201f\u2033\u2036\u275d\u275e\u2760\u276e\u276f\u2e42\u301d-\u301f\uff02\U0001f676-\U0001f678]'
)
"""The double quotation marks of all scripts, and what looks like one."""
_TAG = re.compile(r"(<[^>]*>)")
_AT = re.compile(r"(?<=[^\s@])@(?=[^\s@])")
"""The @ of an address."""
_LINKED = re.compile(r"(?<=\S)[.:@/](?=\S)")
_NOT_SENT = {"spellcheck": "false", "autocapitalize": "none"}
"""A shown password is text: browsers send text to their spelling service."""
_MARKS = {"closing": "wait", "closed": "ok", "on": "ok"}


@register.filter
def local_date(at: dt.datetime) -> str:
    """Return the day in the zone and language that are active: `24 Nov 2026`."""
    return cldr.date(timezone.localtime(at))


@functools.cache
def icon_names() -> frozenset[str]:
    """Return the names of the icons in the sprite."""
    sprite = Path(settings.BASE_DIR) / "portal" / "static" / ICONS
    return frozenset(re.findall(r'<symbol[^>]* id="([a-z0-9-]+)"', sprite.read_text(encoding="utf-8")))


@register.simple_tag
@functools.cache
def icon(name: str, variant: str = "") -> SafeString:
    """Return one icon of the sprite, hidden from screen readers. `variant`: "s" is small, "chev" a quiet arrow.

    Kept per process: a list draws the same few a hundred times, and the sprite's address does not change.
    """
    classes = {"s": "kh-i kh-i--s", "chev": "kh-i kh-i--s kh-chev"}.get(variant, "kh-i")
    drawing = '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
    return format_html(drawing, classes, static(ICONS), name)


@register.simple_tag
def state(name: str, words: str = "", *, quiet: bool = False) -> SafeString:
    """Return a state by shape, colour and word. `quiet`: in lists what is up to date is a dot with hidden words."""
    silent = quiet and name == "ok"
    mark = "dot" if silent else _MARKS.get(name, name)
    return format_html(
        '<span class="kh-state kh-state--{}"><svg aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
        "<span{}>{}</span></span>",
        _MARKS.get(name, name),
        static(MARKS),
        mark,
        SafeString(' class="visually-hidden"') if silent else "",
        words or WORDS[name],
    )


@register.filter
def breakable(text: str) -> SafeString:
    """Return an e-mail address, or a sentence that may hold some, with a line break allowed before each @.

    Without it, a long address breaks inside a word. The tags of a text with markup stay as they are.
    """
    parts = _TAG.split(conditional_escape(text))
    return SafeString("".join(part if part.startswith("<") else _AT.sub("<wbr>@", part) for part in parts))


@register.filter
def quoted(text: str) -> str:
    """Return a person's text for a mail: at most 60 characters, in which no mail program finds a link.

    Double quotation marks become single ones: the text must not end its own quotation. Programs draw links around what
    looks like an address. A word joiner, which is invisible, ends such an address.
    """
    text = _QUOTATION_MARKS.sub("'", text)
    short = text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"
    return _LINKED.sub("\\g<0>\u2060", short)


@register.filter
def initials(name: str) -> str:
    """Return at most two letters of a name, for the round mark in the top bar."""
    words = str(name).split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def errors_of(form: object) -> list[dict[str, str]]:
    """Return every error of a form as {text, id}; `id` is the control to jump to, empty for those of the whole form."""
    if not isinstance(form, forms.BaseForm) or not form.is_bound:
        return []
    whole = [{"text": str(text), "id": ""} for text in form.non_field_errors()]
    return whole + [{"text": str(text), "id": _target(field)} for field in form for text in field.errors]


def _target(field: BoundField) -> str:
    return field.id_for_label or (f"{field.auto_id}_0" if field.auto_id else field.html_name)


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """Return the field's own widget with the class it needs here; `_` in names of attributes becomes `-`."""
    own = {name.replace("_", "-"): value for name, value in attributes.items() if value not in (None, "")}
    look = " ".join([_look(field.field.widget), own.pop("class", "")]).strip()
    kept: Mapping[str, Any] = field.field.widget.attrs
    if isinstance(field.field.widget, forms.PasswordInput):
        own |= _NOT_SENT
    widget = field.as_widget(attrs={**own, "class": f"{look} {kept.get('class', '')}".strip()})
    return _with_show_button(widget, field) if isinstance(field.field.widget, forms.PasswordInput) else widget


def _with_show_button(widget: SafeString, field: BoundField) -> SafeString:
    """Put a button beside a password that shows it. A script reveals the button, which does nothing without one."""
    return format_html(
        '<span class="kh-password">{}<button class="btn" type="button" hidden data-kh-show aria-pressed="false"'
        ' aria-controls="{}" aria-label="{}">{}</button></span>',
        widget,
        field.id_for_label,
        gettext("Show password"),
        gettext("Show"),
    )


def _look(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"
