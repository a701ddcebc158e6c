"""The texts of refused catalogue files, proposals and conflicts stand apart, so that `refusals` has room for others."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import DomainError
from delegation.authorization import errors
from portal.wording import cldr, duty_events, supplier_texts


def _second_person(data: Mapping[str, Any]) -> str:
    people = int(data.get("people_losing", 0))
    text = ngettext(
        "%(people)s person would lose something. Nothing was applied. Ask a second catalogue owner to agree.",
        "%(people)s people would lose something. Nothing was applied. Ask a second catalogue owner to agree.",
        people,
    )
    return text % {"people": cldr.number(people)}


def _changed(data: Mapping[str, Any]) -> str:
    del data
    return _(
        "The catalogue or the numbers have changed since you saw them. Nothing was applied. Check again."
    )


def _own(data: Mapping[str, Any]) -> str:
    del data
    return _("You proposed this file. Nothing was applied. Another catalogue owner must agree.")


def _void(data: Mapping[str, Any]) -> str:
    if data.get("reason") == "proposer":
        return _("The proposer is no longer a catalogue owner. Nothing was applied. Propose the file again.")
    return _(
        "The catalogue has changed since this file was proposed. Nothing was applied. Propose the file again."
    )


def _decided(data: Mapping[str, Any]) -> str:
    del data
    return _("This proposal has been decided already. Nothing was changed.")


def _conflicting(data: Mapping[str, Any]) -> str:
    values = {"what": supplier_texts.in_language(data.get("text", {}))}
    if until := data.get("until"):
        values["day"] = duty_events.last_day(dt.datetime.fromisoformat(str(until)))
        text = _(
            "One person could then %(what)s for longer than the accepted exception. Nothing was changed. Set the end to"
            " %(day)s or earlier."
        )
    else:
        text = _(
            "One person could then %(what)s. These are kept apart, so nothing was changed. Choose another tier, other"
            " sites or another person, or ask for an exception on the page of duties to keep apart first."
        )
    return text % values


def _own_exception(data: Mapping[str, Any]) -> str:
    del data
    return _(
        "You asked for this exception, or it is about you. Nothing was changed. Another person must accept it."
    )


def _exception_over(data: Mapping[str, Any]) -> str:
    del data
    return _("This exception was decided already, or its end has passed. Nothing was changed.")


TEXTS: Mapping[type[DomainError], Callable[[Mapping[str, Any]], str]] = {
    errors.ConflictingAccess: _conflicting,
    errors.DutyExceptionOver: _exception_over,
    errors.OwnDutyException: _own_exception,
    errors.SecondPersonRequired: _second_person,
    errors.DifferenceChanged: _changed,
    errors.OwnProposal: _own,
    errors.ProposalVoid: _void,
    errors.ProposalDecided: _decided,
}
"""The text of each of these refusals; their answer is 409."""
