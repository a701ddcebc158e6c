"""Who waits for whom: chains by id, then user rows by id, then the rest. Nothing slow under them."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import connection

from audit import ledger
from audit.actor import Actor, Door
from audit.ledger import Held
from identity.models import User

PEOPLE = dt.timedelta(seconds=3)
MACHINES = dt.timedelta(milliseconds=250)


def patience(actor: Actor) -> dt.timedelta:
    """How long this actor's door may wait for a lock."""
    return MACHINES if actor.door in {Door.API, Door.SCIM, Door.OIDC} else PEOPLE


def hold(*, chains: Iterable[uuid.UUID], users: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Held]:
    """Take all locks of an act, until its transaction ends. Five statements at most."""
    with connection.cursor() as cursor:
        milliseconds = int(patience(actor).total_seconds() * 1000)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])
    held = ledger.hold(chains=chains)
    _hold_users(set(users), actor)
    return held


def _hold_users(subjects: set[uuid.UUID], actor: Actor) -> None:
    """Subjects FOR UPDATE, the actor FOR SHARE, all in one ascending order so that no two acts wait in a circle."""
    everyone = User.everyone.order_by("id").values_list("id", flat=True)
    if not actor.is_person or actor.id in subjects:
        list(everyone.filter(id__in=subjects).select_for_update())
        return
    list(everyone.filter(id__in=[one for one in subjects if one < actor.id]).select_for_update())
    _share(actor.id)
    list(everyone.filter(id__in=[one for one in subjects if one > actor.id]).select_for_update())


def _share(user: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM identity_user WHERE id = %s FOR SHARE", [user])
