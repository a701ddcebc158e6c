"""The consequences of an applied catalogue reach the organizations batch by batch, after its act and without its lock.

The deliverer runs this: an interrupted wave goes on where it was. While chains wait to be planned, the next batch waits
too, so that a removal is planned behind one batch at most.
"""

import uuid
from typing import Any

from django.db import connection

from audit.foundation.actor import Channel, system
from delegation.authorization.errors import DifferenceChanged
from delegation.catalogue import commands
from delegation.catalogue.models import CatalogueWave

BATCH = 30
"""The number of organizations whose chains one act locks."""
# Organizations in the order of their ids; of each, one member with one of the roles is enough.
_NEXT = """
SELECT o.id FROM identity_published_organization o
WHERE (%(position)s::uuid IS NULL OR o.id > %(position)s::uuid) AND EXISTS (
    SELECT FROM identity_published_membership m
    JOIN delegation_assignment a ON a.membership_id = m.id AND not_ended(a.valid_until, %(at)s)
    JOIN delegation_role r ON r.id = a.role_id AND r.key = ANY(%(roles)s)
    WHERE m.organization_id = o.id)
ORDER BY o.id LIMIT %(batch)s
"""


def propagate_next() -> int:
    """Record the oldest wave in its next batch of organizations. Returns how many; 0 where no wave is left."""
    wave = CatalogueWave.objects.order_by("at", "act").first()
    if wave is None:
        return 0
    organizations = next_organizations(wave)
    if not organizations:
        # One that another process has moved since stays.
        CatalogueWave.objects.filter(act=wave.act, position=wave.position).delete()
        return propagate_next()
    try:
        commands.propagate(actor=system(channel=Channel.JOB), wave=wave, organizations=organizations)
    except DifferenceChanged:
        return 0  # another process was first, and goes on
    return len(organizations)


def propagate_all() -> int:
    """Record all waves everywhere. Returns how many events."""
    total = 0
    while done := propagate_next():
        total += done
    return total


def next_organizations(wave: CatalogueWave) -> list[uuid.UUID]:
    """Find the organizations of the next batch. One statement."""
    params: dict[str, Any] = {
        "position": wave.position,
        "at": wave.at,
        "roles": list(wave.roles),
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, params)
        return [row[0] for row in cursor.fetchall()]
