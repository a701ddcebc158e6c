"""Forms shaped as the views' forms are, for the sample pages."""

from typing import Any

from django import forms

TIERS = [
    ("viewer", "Viewer", "Sees prices, orders and invoices. Orders nothing."),
    ("orderer", "Orderer", "Orders up to the limit. Above it, an approver decides."),
    ("approver", "Approver", "Orders, and approves what others order up to the limit."),
    ("user_admin", "User admin", "Invites, changes and removes people."),
]
SITES = [
    {"value": "1", "label": "Tampere"},
    {"value": "2", "label": "Oulu"},
    {"value": "3", "label": "Tallinn"},
]
MANY_SITES = SITES + [
    {"value": str(number), "label": name}
    for number, name in enumerate(
        [
            "Seinäjoki",
            "Rovaniemi",
            "Jyväskylä",
            "Kuopio",
            "Joensuu",
            "Lappeenranta",
            "Kouvola",
            "Lahti",
            "Hämeenlinna",
            "Turku",
            "Pori",
            "Vaasa",
        ],
        4,
    )
]


class Access(forms.Form):
    """What may they do, where, until when, and why."""

    tier = forms.ChoiceField(choices=[(value, label) for value, label, _ in TIERS], widget=forms.RadioSelect)
    limit_orderer = forms.CharField(required=False)
    limit_approver = forms.CharField(required=False)
    where = forms.ChoiceField(choices=[("all", "all"), ("some", "some")], widget=forms.RadioSelect)
    sites = forms.MultipleChoiceField(
        choices=[(site["value"], site["label"]) for site in MANY_SITES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    until = forms.CharField(required=False)
    reason = forms.CharField(required=False)
    once = forms.CharField(widget=forms.HiddenInput, required=False)


class Invite(Access):
    """And to whom."""

    field_order = ("email", "name")
    email = forms.EmailField()
    name = forms.CharField(required=False)


class Remove(forms.Form):
    """Why."""

    reason = forms.ChoiceField(
        choices=[
            ("left", "Left the company"),
            ("job", "Changed job"),
            ("mistake", "Added by mistake"),
            ("other", "Something else"),
        ]
    )
    note = forms.CharField(required=False, max_length=200)
    once = forms.CharField(widget=forms.HiddenInput, initial="0190")


def choices(form: forms.Form, *, now: str = "", hint: str = "") -> dict[str, Any]:
    """The tiers and sites as the pages take them, with what is chosen marked."""
    chosen, where = form["tier"].value(), form["where"].value()
    tiers = [
        {
            "value": value,
            "label": label,
            "sentence": sentence,
            "checked": value == chosen,
            "now": value == now,
            "limit": form[f"limit_{value}"] if f"limit_{value}" in form.fields else None,
            "limit_hint": hint,
            "currency": "€",
            "why": "Only an organization admin can give this." if value == "user_admin" else "",
        }
        for value, label, sentence in TIERS
    ]
    all_sites = {
        "label": "All sites I look after",
        "sentence": "Tampere, Oulu, Tallinn and 4 more. Also new ones.",
        "checked": where == "all",
    }
    return {
        "form": form,
        "tiers": tiers,
        "all_sites": all_sites,
        "some_sites_checked": where == "some",
        "sites": SITES,
    }
