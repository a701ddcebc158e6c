"""The lowest layer holds the log and the foundation that all other layers import."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app owns the chains of events, the clock, and the keys of personal data."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers once models are loaded."""
        from audit.foundation import checks, stale_plans  # noqa: F401 - needs loaded models
        from audit.log import privileges  # noqa: F401 - needs loaded models
        from audit.state import tables  # noqa: F401 - declares the log's own tables
