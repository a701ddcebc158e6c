"""A page says what became of a handover that is over."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

OUTCOMES: Mapping[str, Callable[[], tuple[str, str]]] = {
    "completed": lambda: (_("Completed"), _("%(giver)s handed over to %(successor)s on %(day)s.")),
    "declined": lambda: (
        _("Declined"),
        _("%(successor)s declined on %(day)s. Nothing changed."),
    ),
    "cancelled": lambda: (_("Cancelled"), _("%(giver)s cancelled it on %(day)s. Nothing changed.")),
    "lapsed": lambda: (_("Expired"), _("It was not completed by %(day)s. Nothing changed.")),
    "paused": lambda: (_("Paused"), _("It does not go on at the moment.")),
    "left": lambda: (_("Ended"), _("%(giver)s left before it was completed.")),
}
"""The state and the sentence, by the outcome of the handover."""
