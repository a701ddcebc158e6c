"""The result of each line is a table that a spreadsheet program reads."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from portal.desk.onboarding.checked_lines import EXISTS, NEW, CheckedLine
from portal.shell import csv_file


def csv_text(lines: Sequence[CheckedLine]) -> str:
    """Return the CSV with a line for each customer: its line, number, name, result, address and faults."""
    header = [_("Line"), _("Customer number"), _("Customer"), _("Result"), _("Address"), _("Faults")]
    return csv_file.text([header, *(_cells(one) for one in lines)])


def _cells(one: CheckedLine) -> list[str]:
    address = f"/o/{one.key}/" if one.key else ""
    return [str(one.line), one.number, one.name, result_of(one), address, faults_of(one)]


def result_of(one: CheckedLine) -> str:
    """Return what the line is: onboarded, not yet onboarded, or wrong."""
    if one.state == EXISTS:
        return _("Onboarded")
    return _("Not onboarded yet") if one.state == NEW else _("Wrong")


def faults_of(one: CheckedLine) -> str:
    """Return the faults, each with its column."""
    return " ".join(f"{column}: {text}" if column else text for column, text in one.faults)
