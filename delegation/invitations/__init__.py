"""Inviting people to an organization, and accepting an invitation."""
