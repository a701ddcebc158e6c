"""The context of parts.html: every component with its states."""

from typing import Any

from django import forms

from tests.portal import samples_forms, samples_people
from tests.portal import samples_shell as shells


class Parts(forms.Form):
    """One field of each kind."""

    email = forms.EmailField(initial="liisa.h@koskela.example")
    limit = forms.CharField()
    reason = forms.ChoiceField(choices=[("left", "Left the company")])
    agreed = forms.BooleanField(required=False)
    tier = forms.CharField()
    sites = forms.MultipleChoiceField(choices=[("1", "Tampere"), ("2", "Oulu"), ("3", "Tallinn")])
    once = forms.CharField(widget=forms.HiddenInput, required=False)


def parts() -> dict[str, Any]:
    """Everything at once, with two errors."""
    form = Parts(
        {
            "email": "liisa.h@koskela.example",
            "limit": "200 000",
            "reason": "left",
            "tier": "orderer",
            "sites": ["1"],
            "once": "0190",
        }
    )
    form.add_error("limit", "The limit must be 20 000 € or less")
    form.add_error(None, "The form is for showing only")
    rights = samples_people.can()
    return {
        "shell": shells.shell(),
        "form": form,
        "allowed": {"url": "#"},
        "refused": {"url": "", "why": "Only an organization admin can do this."},
        "states": ["ok", "wait", "differs", "failed", "none", "closed"],
        "options": [{"label": "Any", "url": "#", "current": True}, {"label": "Orderer", "url": "#"}],
        "tabs": [
            {"count": 12, "label": "new", "url": "#", "current": True},
            {"count": 3, "label": "cannot be read", "url": "#", "bad": True},
        ],
        "segments": [
            {"value": "keep", "label": "Keep"},
            {"value": "lower", "label": "Lower"},
            {"value": "remove", "label": "Remove", "stop": True},
        ],
        "can": rights,
        "chain": rights[0]["chain"],
        "gains": ["order up to 5 000 € an order"],
        "losses": ["order in Oulu"],
        "sites": samples_forms.SITES,
        "events": samples_people.person()["events"],
    }
