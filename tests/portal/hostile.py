"""Sample contexts whose every string carries markup that must not be believed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.safestring import SafeString

MARK = "kh-raw"
MARKUP = f"""'"><{MARK}></script></style></textarea></title><{MARK} {MARK}=1 ' {MARK}=2 " {MARK}=3>&lt;{{{{ 7 }}}}"""
"""Ends whatever it stands in: an attribute in either quotes or none, a script, a title. It names an element, too."""
SCRIPT = "javascript:kh()"
CODES = {
    "icon": "names a drawing of ours",
    "key": "chooses the drawing of an entry of the navigation",
    "kind": "chooses what a page of an invitation says",
    "layout": "names the template around a page",
    "mark": "names a file of ours",
    "MFA_SUPPORTED_TYPES": "chooses what a page offers",
    "method": "get or post",
    "state": "chooses a drawing and a word",
    "states": "the same, several",
    "stylesheet": "names a file of ours",
    "tone": "chooses a colour",
}
"""Strings that choose something and are never shown: they come from our code alone."""
Change = Callable[[str, str], str]


def with_markup(value: str, key: str) -> str:
    """The value, followed by markup."""
    return value + MARKUP


def as_script(value: str, key: str) -> str:
    """A script's address in place of everything but the addresses that our own code makes."""
    return value if key.endswith(("url", "uri", "target")) or key in LINKS else SCRIPT


LINKS = {
    "home",
    "language",
    "sign_out",
    "security",
    "help",
    "accessibility",
    "privacy",
    "here",
    "someone_else",
}
"""Addresses in `shell` and of the page that signs out: made by `reverse`, or the page's own."""


def changed(value: Any, change: Change, key: str = "") -> Any:
    """A sample with every string changed; what was marked safe and what chooses something stays."""
    if key in CODES or isinstance(value, SafeString):
        return value
    if isinstance(value, str | Promise):
        return change(str(value), key)
    if isinstance(value, dict):
        return {name: changed(one, change, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [changed(one, change, key) for one in value]
    if isinstance(value, forms.BaseForm):
        return _form(value, change)
    if hasattr(value, "__dict__") and not isinstance(value, forms.BoundField | type):
        for name, one in vars(value).items():
            setattr(value, name, changed(one, change, name))
    return value


def _form(form: forms.BaseForm, change: Change) -> forms.BaseForm:
    """What was typed, what it begins with, its words and its errors; values of choices choose."""
    if form.is_bound:
        found = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        form.data = {name: _typed(form, name, value, change) for name, value in form.data.items()}
        errors = {
            name: form.error_class([change(text, name) for text in texts]) for name, texts in found.items()
        }
        vars(form)["_errors"] = forms.utils.ErrorDict(errors)
    form.initial = {name: _typed(form, name, value, change) for name, value in form.initial.items()}
    for name, field in form.fields.items():
        field.label = change(str(field.label or name), name)
        field.help_text = change(str(field.help_text), name) if field.help_text else ""
        if isinstance(field.initial, str):
            field.initial = _typed(form, name, field.initial, change)
        if isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            field.choices = [(value, change(str(label), name)) for value, label in choices]
    return form


def _typed(form: forms.BaseForm, name: str, value: Any, change: Change) -> Any:
    chooses = isinstance(form.fields.get(name), forms.ChoiceField)
    return value if chooses or not isinstance(value, str) else change(value, name)
