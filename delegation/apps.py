"""Who may do what, for whom, until when."""

from django.apps import AppConfig


class DelegationConfig(AppConfig):
    """Roles, assignments, invitations, policy, and the commands."""

    name = "delegation"
    default_auto_field = "django.db.models.BigAutoField"
