"""Who exists."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Organizations, people, sessions, grants of tokens."""

    name = "identity"
    default_auto_field = "django.db.models.BigAutoField"
