"""The app delivers accounts, logouts and mails to other systems."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """The app owns targets, the accounts in them, deliveries and mails."""

    name = "provisioning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare how the tables follow from the events."""
        from provisioning.targets import state as targets_state  # noqa: F401 - needs loaded models
