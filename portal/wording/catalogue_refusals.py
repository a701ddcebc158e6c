"""The texts of refused catalogue files and proposals stand apart, so that `refusals` has room for others."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import DomainError
from delegation.authorization import errors
from portal.wording import cldr


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


TEXTS: Mapping[type[DomainError], Callable[[Mapping[str, Any]], str]] = {
    errors.SecondPersonRequired: _second_person,
    errors.DifferenceChanged: _changed,
    errors.OwnProposal: _own,
    errors.ProposalVoid: _void,
    errors.ProposalDecided: _decided,
}
"""The text of each of these refusals; their answer is 409."""
