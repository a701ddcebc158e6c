"""What must stay true, whoever asks. Called by commands under the lock."""

from delegation.rules.admins import keep_an_admin, left_with_an_admin, looked_after, makes_an_admin
from delegation.rules.authority import REFUSALS, within_authority
from delegation.rules.letters import not_too_often
from delegation.rules.shape import amount_problem, sound

__all__ = [
    "REFUSALS",
    "amount_problem",
    "keep_an_admin",
    "left_with_an_admin",
    "looked_after",
    "makes_an_admin",
    "not_too_often",
    "sound",
    "within_authority",
]
