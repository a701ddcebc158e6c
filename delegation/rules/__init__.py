"""What must stay true, whoever asks. Called by commands under the lock."""

from delegation.rules.admins import keep_an_admin, makes_an_admin
from delegation.rules.authority import REFUSALS, within_authority
from delegation.rules.shape import amount_problem, sound

__all__ = ["REFUSALS", "amount_problem", "keep_an_admin", "makes_an_admin", "sound", "within_authority"]
