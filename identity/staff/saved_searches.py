"""Staff users keep searches of their own by name."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import transaction

from identity.people.models import User
from identity.staff.models import SavedSearch

MOST = 20
"""The most searches of one user."""


@dataclass(frozen=True, slots=True)
class SearchView:
    """Describes a saved search; `query` holds the parameters of its address."""

    id: uuid.UUID
    name: str
    query: str


def of_user(*, user: uuid.UUID) -> list[SearchView]:
    """List the searches of this user by name. One statement."""
    rows = SavedSearch.objects.filter(user=user).order_by("name", "id")
    return [SearchView(*row) for row in rows.values_list("id", "name", "query")]


def save(*, user: uuid.UUID, name: str, query: str, at: dt.datetime) -> bool:
    """Save the search, in place of one of the same name; False where the user has `MOST` others."""
    with transaction.atomic():
        User.all_directories.select_for_update().get(pk=user)  # two requests at once save no more than `MOST`
        others = SavedSearch.objects.filter(user=user).exclude(name=name)
        if others.count() >= MOST:
            return False
        SavedSearch.objects.update_or_create(
            user_id=user,
            name=name,
            defaults={"query": query},
            create_defaults={"query": query, "created_at": at},
        )
        return True


def delete(*, user: uuid.UUID, search: uuid.UUID) -> None:
    """Delete this search of the user; one that is gone stays gone. One statement."""
    SavedSearch.objects.filter(user=user, id=search).delete()
