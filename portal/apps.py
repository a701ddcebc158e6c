"""The portal has the channels for people and programs."""

from django.apps import AppConfig
from django.core.signals import request_started

from audit.foundation import web_keys


class PortalConfig(AppConfig):
    """The app owns pages, protocols and settings."""

    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers and register the checks after the models are loaded."""
        from portal.desk.applications import client_mail  # noqa: F401 - registers its mail
        from portal.desk.programs import program_mail  # noqa: F401 - registers its mail
        from portal.operations import checks  # noqa: F401 - registers the checks
        from portal.shell import (  # noqa: F401 - register their mails
            case_mails,
            continuity_mails,
            dormancy_mails,
            suspension_mails,
        )
        from portal.signin.customers import receivers  # noqa: F401 - connects the receivers
        from portal.web.handovers import handover_mails  # noqa: F401 - registers its reminders
        from portal.web.people import removal_mail, service_user_mail  # noqa: F401 - register their mails
        from portal.web.reviews import review_mails  # noqa: F401 - registers its mails

        request_started.connect(web_keys.refresh)
