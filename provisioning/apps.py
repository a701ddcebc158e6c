"""The app delivers accounts, logouts and mails to other systems."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """Django loads the app by this configuration."""

    name = "provisioning"
    default_auto_field = "django.db.models.BigAutoField"
