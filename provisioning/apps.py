"""What other systems must be told and whether they know."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """Targets, accounts, deliveries."""

    name = "provisioning"
    default_auto_field = "django.db.models.BigAutoField"
