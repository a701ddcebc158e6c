"""The form ends the replaced secret of a program."""

from django import forms

from portal.shell.forms import IdempotentForm


class OldSecretForm(IdempotentForm):
    """Names the secret that the page showed, by its end: a later one is not ended by a page of before."""

    until = forms.CharField(max_length=40)
    """What the button sends."""
