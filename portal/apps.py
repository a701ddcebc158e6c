"""Doors for people and programs."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages, protocol, settings."""

    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers and register the checks, once models are loaded."""
        from portal.operations import checks  # noqa: F401 - the same
        from portal.signin.customers import receivers  # noqa: F401 - the one place where a late import is right
