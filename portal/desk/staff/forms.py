"""Two forms give and end a staff right."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.foundation.errors import DomainError
from delegation.authorization.errors import (
    AlreadyExists,
    AuditorApart,
    Denied,
    ExceedsAuthority,
    NotFound,
)
from delegation.staff import queries
from delegation.staff.queries import StaffMember
from identity.organizations.queries import OrganizationView
from portal.shell import forms as shell_forms
from portal.shell.forms import IdempotentForm
from portal.signin.staff import pages
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, refusals, time_zones

_REASON_LENGTH = 300
EVERYTHING, UNIT, CUSTOMER = "all", "unit", "customer"
WITHOUT_END, ON_A_DAY = "none", "day"


class RightForm(IdempotentForm):
    """Asks who gets which role for what, until when and why. The day of an end is in UTC."""

    user = forms.ChoiceField()
    role = forms.ChoiceField(widget=forms.RadioSelect)
    scope = forms.ChoiceField(widget=forms.RadioSelect)
    unit = forms.ChoiceField(required=False)
    customer = forms.CharField(required=False, max_length=100)
    end = forms.ChoiceField(widget=forms.RadioSelect, initial=WITHOUT_END)
    until = forms.CharField(required=False, max_length=40)
    reason = forms.CharField(max_length=_REASON_LENGTH)

    def __init__(
        self,
        *args: Any,
        reader: StaffReader,
        members: Sequence[StaffMember],
        units: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._reader = reader
        self.organization: OrganizationView | None = None
        people = [(str(one.id), _label(one)) for one in members]
        self.set_choices("user", [("", _("Choose")), *people], _("Choose a staff member."))
        self.set_choices("role", [(role, role) for role in pages.ROLES], _("Choose a role."))
        self.set_choices(
            "scope",
            [(one, one) for one in (EVERYTHING, UNIT, CUSTOMER)],
            _("Choose what the right is for."),
        )
        self.set_choices("unit", [("", _("Choose")), *units.items()], _("Choose a business unit."))
        self.set_choices(
            "end", [(one, one) for one in (WITHOUT_END, ON_A_DAY)], _("Choose when the right ends.")
        )
        self.fields["reason"].error_messages["required"] = _("Enter a reason.")
        for name in ("customer", "until", "reason"):
            self.fields[name].error_messages["max_length"] = _("This is too long.")

    @property
    def user_id(self) -> uuid.UUID:
        """Return the chosen staff user of a valid form."""
        return uuid.UUID(self.cleaned_data["user"])

    def clean_unit(self) -> str:
        """Return the key of the business unit; empty where the right is not for one. Raises ValidationError."""
        if self.cleaned_data.get("scope") != UNIT:
            return ""
        if not self.cleaned_data["unit"]:
            raise ValidationError(self.fields["unit"].error_messages["required"], code="required")
        return str(self.cleaned_data["unit"])

    def clean_customer(self) -> str:
        """Find the customer of this key that the reader's own right covers. Raises ValidationError."""
        if self.cleaned_data.get("scope") != CUSTOMER:
            return ""
        key = str(self.cleaned_data["customer"]).strip()
        self.organization = (
            queries.customer(actor=self._reader.actor, at=self._reader.at, key=key) if key else None
        )
        if self.organization is None:
            raise ValidationError(_no_customer() if key else _("Enter the customer’s key."), code="unknown")
        return key

    def clean_until(self) -> dt.datetime | None:
        """Return the end of the entered day in UTC. Raises ValidationError."""
        if self.cleaned_data.get("end") != ON_A_DAY:
            return None
        return shell_forms.end_of_day(self.cleaned_data["until"], zone=dt.UTC, at=self._reader.at)

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal of the command at its field. Raises it again where it concerns no field of this form."""
        sentence = refusals.sentence_for(error)
        if isinstance(error, Denied):
            own = error.data.get("reason") == "own_right"
            self.add_error("user" if own else "scope", sentence.text if own else _beyond_own_scope())
        elif isinstance(error, NotFound):
            self.add_error("user", _cannot_receive())
        elif isinstance(error, ExceedsAuthority):
            self.add_error("end", _beyond_own_end(str(error.data.get("until", ""))))
        elif isinstance(error, AlreadyExists):
            self.add_error("user", _("This person has this right already, in a part of this time."))
        elif isinstance(error, AuditorApart):
            self.add_error("role", sentence.text)
        elif sentence.field in self.fields:
            self.add_error(sentence.field, sentence.text)
        else:
            raise error


class EndRightForm(IdempotentForm):
    """Asks why a right ends."""

    reason = forms.CharField(max_length=_REASON_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages |= {
            "required": _("Enter a reason."),
            "max_length": _("This is too long."),
        }


def _label(member: StaffMember) -> str:
    day = cldr.date(member.since.astimezone(dt.UTC))
    return _("%(name)s (first signed in %(day)s)") % {"name": member.name, "day": day}


def _no_customer() -> str:
    return _("There is no customer with this key. Check it in the address of the customer’s page.")


def _cannot_receive() -> str:
    return _("This person is blocked and receives no right. Nothing was changed.")


def _beyond_own_scope() -> str:
    return _("Your own right does not cover this. Nothing was changed. Ask an owner with a right for it.")


def _beyond_own_end(until: str) -> str:
    text = _("Your own right ends %(end)s. You cannot give a right that lasts longer. Nothing was changed.")
    return text % {"end": time_zones.date_time(dt.datetime.fromisoformat(until), None) if until else ""}
