"""The code of a problem is the same in every layer, and docs/api.md names each."""

import json
import re

from django.conf import settings

from audit.foundation.errors import DomainError
from portal.api import problems
from portal.front import error_answers, kinds
from portal.http import problem_codes

OF_PAGES_ALONE = {
    "error",
    "last_owner",
    "owner_exists",
    "auditor_apart",
    "second_person_required",
    "own_proposal",
    "proposal_void",
    "proposal_decided",
    "has_members",
    "not_limitable",
    "recipients_refused",
    "wrong_person",
    "nothing_differs",
    "look_not_allowed",
    "own_recovery",
    "recovery_over",
    "nothing_to_recover",
    "answered_recently",
    "case_changed",
    "case_step",
    "has_admin",
    "own_case",
    "case_stopped",
    "case_waits",
    "claim_closed",
    "takeover_closed",
    "domain_verified_late",
    "notices_returned",
    "tier_missing",
    "proofs_missing",
    "handover_not_ready",
    "handover_over",
    "review_over",
    "own_duty_exception",
    "duty_exception_over",
}
"""Refusals of what no program does: what staff do, several people at once, accepting an invitation."""


def domain_codes(kind: type[DomainError] = DomainError) -> set[str]:
    return {kind.code}.union(*(domain_codes(one) for one in kind.__subclasses__()))


def test_every_code_is_documented_and_no_other() -> None:
    text = (settings.BASE_DIR / "docs" / "api.md").read_text("utf-8")
    documented = re.findall(r"^\| \d{3} \| `(\w+)` \|", text, re.MULTILINE)
    emitted = domain_codes() - OF_PAGES_ALONE | set(problems.DETAILS) | set(problem_codes.BY_STATUS.values())
    assert documented == list(dict.fromkeys(documented))
    assert set(documented) == emitted


def test_front_answers_with_the_codes_of_the_api() -> None:
    for status, code in problem_codes.BY_STATUS.items():
        refusal = error_answers.RequestRefused(status)
        answer = error_answers.answer(refusal, kinds.API, {}, "R")
        problem = json.loads(answer.body)
        assert (problem["code"], problem["type"]) == (code, f"urn:keyholder:problem:{code}")
        if code in problems.DETAILS:
            own = problems.response(status, code, reference="R")
            assert json.loads(own.content).keys() == problem.keys()
    for code in ("failed", "unavailable"):
        assert "may have been done" in problems.DETAILS[code], "nobody knows whether it was committed"
