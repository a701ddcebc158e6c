"""The layer knows who exists: organizations, people, memberships, and what is issued to them."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app owns organizations, people, memberships, sessions and tokens."""

    name = "identity"
    default_auto_field = "django.db.models.BigAutoField"
