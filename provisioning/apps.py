"""The app that delivers accounts, logouts and mails to other systems."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """Targets, accounts, deliveries."""

    name = "provisioning"
    default_auto_field = "django.db.models.BigAutoField"
