"""The layer decides who may do what, where and until when."""

from django.apps import AppConfig


class DelegationConfig(AppConfig):
    """The app owns roles, assignments, invitations, the policy and the commands."""

    name = "delegation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare how the tables follow from the events, and let capabilities join the impact of a removal."""
        from delegation.absence_claims import state as absence_claims_state  # noqa: F401 - needs loaded models
        from delegation.access import impact as access_impact  # noqa: F401 - needs loaded models
        from delegation.access import state as access_state  # noqa: F401 - needs loaded models
        from delegation.acts import state as acts_state  # noqa: F401 - needs loaded models
        from delegation.catalogue import state as catalogue_state  # noqa: F401 - needs loaded models
        from delegation.continuity_grades import state as grades_state  # noqa: F401 - needs loaded models
        from delegation.customer_contacts import state as contacts_state  # noqa: F401 - needs loaded models
        from delegation.departures import state as departures_state  # noqa: F401 - needs loaded models
        from delegation.domain_verifications import state as domains_state  # noqa: F401 - needs loaded models
        from delegation.dormancy import state as dormancy_state  # noqa: F401 - needs loaded models
        from delegation.duties import state as duties_state  # noqa: F401 - needs loaded models
        from delegation.factor_recoveries import state as recoveries_state  # noqa: F401 - needs loaded models
        from delegation.handovers import state as handovers_state  # noqa: F401 - needs loaded models
        from delegation.holds import state as holds_state  # noqa: F401 - needs loaded models
        from delegation.invitations import impact as invitations_impact  # noqa: F401 - needs loaded models
        from delegation.invitations import state as invitations_state  # noqa: F401 - needs loaded models
        from delegation.orphan_cases import joining  # noqa: F401 - registers what an acceptance does to a case
        from delegation.orphan_cases import state as cases_state  # noqa: F401 - needs loaded models
        from delegation.people import planned_ends  # noqa: F401 - registers what a return waits for
        from delegation.reviews import state as reviews_state  # noqa: F401 - needs loaded models
        from delegation.service_users import impact as service_users_impact  # noqa: F401 - needs loaded models
        from delegation.staff import state as staff_state  # noqa: F401 - needs loaded models
        from delegation.takeover_reports import state as takeover_state  # noqa: F401 - needs loaded models
