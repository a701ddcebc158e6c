"""Doors for people and programs."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages, protocol, settings."""

    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"
