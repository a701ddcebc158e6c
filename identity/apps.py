"""Identities: organizations, people, memberships, and what is issued to them."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app of organizations, people, sessions and tokens."""

    name = "identity"
    default_auto_field = "django.db.models.BigAutoField"
