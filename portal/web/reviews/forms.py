"""The form answers the lines of a review."""

from django import forms

from portal.shell.forms import IdempotentForm

KEEP, LOWER, END, LATER = "keep", "lower", "end", "later"


class DecisionsForm(IdempotentForm):
    """Reads the note; the decisions are read line by line, because an unknown one must refuse no other."""

    reason = forms.CharField(required=False, max_length=500)
