"""The layer decides who may do what, where and until when."""

from django.apps import AppConfig


class DelegationConfig(AppConfig):
    """The app owns roles, assignments, invitations, the policy and the commands."""

    name = "delegation"
    default_auto_field = "django.db.models.BigAutoField"
