"""The desk lists what support decides: blocked sign-ins, cases, requests, lost sign-in methods, and questions."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.desk.home import case_lines, claim_lines, recovery_lines, takeover_lines
from portal.signin.staff.reader import StaffReader

MOST_LISTED = 20
"""Lines of each part that the page lists."""


def parts(reader: StaffReader) -> Mapping[str, Sequence[Any]]:
    """Return the parts that support decides, each with one line more than is listed where there are more.

    Five statements, two more with an unanswered question, none for other roles.
    """
    return {
        "takeovers": takeover_lines.waiting(reader),
        "cases": case_lines.open_cases(reader),
        "requests": case_lines.requests(reader),
        "recoveries": recovery_lines.waiting(reader),
        "claims": claim_lines.unanswered(reader),
    }
