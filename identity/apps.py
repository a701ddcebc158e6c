"""The layer knows who exists: organizations, people, memberships, and what is issued to them."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app owns organizations, people, memberships, sessions and tokens."""

    name = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare how the tables follow from the events."""
        from identity.clients import state as clients_state  # noqa: F401 - needs loaded models
        from identity.grants import state as grants_state  # noqa: F401 - needs loaded models
        from identity.looks import state as looks_state  # noqa: F401 - needs loaded models
        from identity.memberships import state as memberships_state  # noqa: F401 - needs loaded models
        from identity.organizations import state as organizations_state  # noqa: F401 - needs loaded models
        from identity.people import state as people_state  # noqa: F401 - needs loaded models
        from identity.service_users import state as service_users_state  # noqa: F401 - needs loaded models
        from identity.sessions import state as sessions_state  # noqa: F401 - needs loaded models
        from identity.staff import state as staff_state  # noqa: F401 - needs loaded models
