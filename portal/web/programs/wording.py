"""An admin reads here what the scopes of the organization's programs allow."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

SCOPES: Mapping[str, Callable[[], str]] = {
    "people.read": lambda: _("Read people and their access"),
    "people.write": lambda: _("Remove and restore people"),
    "access.write": lambda: _("Change people’s access"),
    "invitations.write": lambda: _("Invite people, resend and cancel invitations"),
    "activity.read": lambda: _("Read the activity, and who could do what"),
}
"""What each scope of `service_scopes.VERBS` allows."""
