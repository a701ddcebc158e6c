"""The log at the ground of everything."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Chains of events, the clock, the keys of persons."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers once models are loaded."""
        from audit.foundation import checks, stale_plans  # noqa: F401 - the one place where a late import is right
        from audit.log import receivers  # noqa: F401 - the same
