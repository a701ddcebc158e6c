"""Every template with a sample context: the pictures, the tests and the documentation by example read this one list."""

from collections.abc import Callable
from typing import Any

from tests.portal import samples_people as people
from tests.portal import samples_rest as rest

Make = Callable[[], dict[str, Any]]

PAGES: dict[str, tuple[str, Make]] = {
    "start": ("home/start.html", rest.start),
    "start-colleague": ("home/start.html", rest.start_colleague),
    "people": ("people/list.html", people.listing),
    "people-none": (
        "people/list.html",
        lambda: people.listing() | {"people": [], "chips": [], "invitations": [], "note": None, "q": "xyz"},
    ),
    "invite": ("people/invite.html", people.invite),
    "invite-wrong": ("people/invite.html", people.invite_wrong),
    "person": ("people/person.html", people.person),
    "person-ended": ("people/person.html", people.ended),
    "access": ("people/access.html", people.access),
    "remove": ("people/remove.html", rest.remove),
    "remove-blocked": ("people/remove.html", rest.remove_blocked),
    "removal": ("people/removal.html", rest.removal),
    "removal-done": ("people/removal.html", rest.removal_done),
    "activity": ("activity/list.html", rest.activity),
    "my-access": ("me/access.html", rest.my_access),
}
