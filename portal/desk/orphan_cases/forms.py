"""Forms open a case, name the person, add a proof, judge the proofs, and give the reason of a step."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization import input_cleaning
from delegation.orphan_cases import files, ladder
from delegation.orphan_cases.case_views import ProofView
from delegation.orphan_cases.new_admin import NewAdmin
from portal.shell.forms import IdempotentForm
from portal.wording import orphan_cases, refusals

YES, NO = "yes", "no"


class _CaseForm(IdempotentForm):
    """Puts a refusal of the command at its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["max_length"] = _("This is too long.")

    def add_refusal(self, error: DomainError) -> None:
        """Show the sentence at the field that it concerns, else at the top."""
        sentence = refusals.sentence_for(error)
        self.add_error(sentence.field if sentence.field in self.fields else None, sentence.text)


class PersonToInviteForm(_CaseForm):
    """Asks for the person to invite, and how the request came."""

    name = forms.CharField(max_length=input_cleaning.NAME)
    email = forms.CharField(max_length=254)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    note = forms.CharField(required=False, max_length=input_cleaning.REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].error_messages["required"] = _("Enter the name of the person.")
        self.fields["email"].error_messages["required"] = _("Enter an e-mail address.")

    @property
    def person(self) -> NewAdmin:
        """Return the person that a valid form names; the command cleans the values."""
        data = self.cleaned_data
        return NewAdmin(data["email"], data["name"], data["language"])


class OpenCaseForm(PersonToInviteForm):
    """Opens a case; the person may be named later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = self.fields["email"].required = False

    def clean(self) -> dict[str, Any]:
        """Require both of name and address, or none."""
        data = dict(super().clean() or self.cleaned_data)
        if bool(data.get("name")) != bool(data.get("email")) and not self.errors:
            missing = "email" if data.get("name") else "name"
            self.add_error(missing, self.fields[missing].error_messages["required"])
        return data


class ProofForm(_CaseForm):
    """Asks what was seen, and for the document."""

    kind = forms.ChoiceField()
    note = forms.CharField(max_length=input_cleaning.REASON, widget=forms.Textarea(attrs={"rows": 2}))
    file = forms.FileField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted(ladder.BY_STAFF, key=lambda kind: -ladder.weight_of(kind))
        choices = [("", _("Choose")), *((kind, kind_with_weight(kind)) for kind in kinds)]
        self.set_choices("kind", choices, _("Choose the kind of proof."))
        self.fields["note"].error_messages["required"] = _("Enter what you saw, and where.")
        self.fields["file"].error_messages["empty"] = _("The file is empty.")

    def clean_file(self) -> bytes:
        """Read the file: it is in memory, and the front bounds it. Raises ValidationError for one that is too large."""
        sent = self.cleaned_data.get("file")
        if sent is None:
            return b""
        if sent.size > files.MAX_BYTES:
            raise ValidationError(_("The file is too large: 2 MB at most."), code="too_large")
        return bytes(sent.read())


def kind_with_weight(kind: str) -> str:
    """Return `Company register, strong`."""
    weight = orphan_cases.weight(ladder.weight_of(kind))
    return _("%(kind)s, %(weight)s") % {"kind": orphan_cases.KINDS[kind](), "weight": weight}


class VerdictForm(_CaseForm):
    """Asks for a verdict on each proof; `shown` is the digest of what the page shows."""

    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, proofs: Sequence[ProofView] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._proofs = [one.id for one in proofs]
        for proof in proofs:
            name = verdict_name(proof.id)
            choices = [(YES, _("Accept")), (NO, _("Reject"))]
            self.fields[name] = forms.ChoiceField(choices=choices, widget=forms.RadioSelect)
            kind = orphan_cases.KINDS[proof.kind]()
            self.set_choices(name, choices, _("Accept or reject: %(kind)s.") % {"kind": kind})

    @property
    def verdicts(self) -> Mapping[uuid.UUID, bool]:
        """Return the verdicts of a valid form."""
        return {one: self.cleaned_data[verdict_name(one)] == YES for one in self._proofs}


def verdict_name(proof: uuid.UUID) -> str:
    """Return the name of the field for this proof."""
    return f"verdict_{proof.hex}"


class AskByMailForm(_CaseForm):
    """Asks who gets the question."""

    email = forms.CharField(max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["required"] = _("Enter an e-mail address.")


class CaseReasonForm(_CaseForm):
    """Asks for the reason of a step."""

    reason = forms.CharField(max_length=input_cleaning.REASON, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = _("Enter the reason.")


class ConnectForm(CaseReasonForm):
    """Asks for the customer of a request, and how it was found."""

    field_order = ("customer", "reason")
    customer = forms.CharField(max_length=40)
    reason = forms.CharField(max_length=input_cleaning.REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].error_messages["required"] = _(
            "Enter the customer number, the business ID or the customer key."
        )
        self.fields["reason"].error_messages["required"] = _("Enter how you know the customer.")
