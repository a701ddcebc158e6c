"""Assigning and changing the access of members, and the options for it."""
