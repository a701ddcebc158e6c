"""The customer reads in these words what staff read."""

from django.utils.translation import gettext as _


def of_organization(page: str) -> str:
    """Return what staff read of the organization, as the rest of a sentence that begins with their name."""
    pages = {
        "activity": _("viewed the activity log"),
        "answer": _("asked who had a certain right on a day"),
        "changes": _("viewed what changed in people’s rights between two days"),
        "events": _("searched the activity log"),
        "events_export": _("exported events of the activity log"),
        "export": _("exported who had a certain right on a day"),
        "duties": _("viewed who holds duties to keep apart"),
        "invitations": _("viewed the pending invitations"),
        "case": _("viewed the case of the missing admin"),
        "organization": _("viewed the organization"),
        "people": _("viewed the list of people"),
        "record": _("viewed which people a connected system gets changes of"),
        "review": _("viewed the access reviews"),
        "search": _("saw people of the organization in a search"),
    }
    return pages.get(page, _("viewed data of the organization"))


def of_person(page: str, who: str) -> str:
    """Return what staff read of a person."""
    pages = {
        "look_activity": _("looked along with %(who)s: the activity log"),
        "look_form": _("looked along with %(who)s: a form"),
        "look_home": _("looked along with %(who)s: the start page"),
        "look_own": _("looked along with %(who)s: the own page"),
        "look_people": _("looked along with %(who)s: the list of people"),
        "look_person": _("looked along with %(who)s: a colleague’s page"),
        "record": _("viewed what a connected system gets about %(who)s"),
        "rights": _("viewed which rights %(who)s had on a day"),
    }
    return pages.get(page, _("viewed %(who)s’s page")) % {"who": who}
