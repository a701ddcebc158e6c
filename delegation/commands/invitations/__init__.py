"""Inviting a colleague, and becoming one."""

from delegation.commands.invitations.accepting import InvitationAccepted, Newcomer, accept
from delegation.commands.invitations.sending import LASTS, InvitationSent, cancel, invite, resend

__all__ = [
    "LASTS",
    "InvitationAccepted",
    "InvitationSent",
    "Newcomer",
    "accept",
    "cancel",
    "invite",
    "resend",
]
