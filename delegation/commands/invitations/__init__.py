"""Inviting a colleague, and becoming one."""

from delegation.commands.invitations.accepting import Newcomer, accept
from delegation.commands.invitations.sending import LASTS, cancel, invite, resend

__all__ = ["LASTS", "Newcomer", "accept", "cancel", "invite", "resend"]
