"""An admin limits people to some of their sites by this form."""

import uuid
from typing import Any, Self

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.access.assignable import AssignableOptions
from delegation.authorization.errors import AccessChanged, NotLimitable
from portal.shell.forms import IdempotentForm
from portal.web.access.forms import REASON_LENGTH
from portal.wording import refusals


class SitesForm(IdempotentForm):
    """Asks for sites and a reason."""

    sites = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)

    def __init__(self, *args: Any, options: AssignableOptions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options
        sites = self.fields["sites"]
        if isinstance(sites, forms.MultipleChoiceField):
            sites.choices = [(str(site.id), site.name) for site in options.sites]
        invalid = _("This is not one of the choices. Choose again.")
        required = _("Choose at least one site.")
        sites.error_messages |= {"required": required, "invalid_choice": invalid, "invalid_list": invalid}
        self.fields["reason"].error_messages["max_length"] = _("This is too long.")

    @property
    def chosen(self) -> frozenset[uuid.UUID]:
        """Return the sites of a form whose sites are valid."""
        return frozenset(uuid.UUID(site) for site in self.cleaned_data["sites"])

    @property
    def command_arguments(self) -> dict[str, Any]:
        """Return the arguments of the command, from a valid form."""
        return {
            "sites": self.chosen,
            "reason": self.cleaned_data["reason"],
            "idempotency_key": self.cleaned_data["idempotency_key"],
        }

    def with_initial(self) -> Self:
        """Return a bound form with the initial sites, for a preview; this form where it is bound or has none."""
        sites = self.initial.get("sites")
        return self if self.is_bound or not sites else type(self)({"sites": sites}, options=self.options)

    def preview_errors(self) -> list[str]:
        """Return the errors that prevent a preview, which needs no reason or idempotency key."""
        self.is_valid()
        return [str(error) for error in self.errors.get("sites", ())]

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form.

        Who cannot be limited, and whose access has changed, concerns the whole form.
        """
        sentence = refusals.sentence_for(error)
        if isinstance(error, NotLimitable | AccessChanged):
            self.add_error(NON_FIELD_ERRORS, sentence.text)
        elif sentence.field in self.fields:
            self.add_error(sentence.field, sentence.text)
        else:
            raise error
