"""The commands on invitations send (invite, resend, cancel) and accept."""
