"""Invitations of erased people are rewritten here without authorization. Only commands and effects may import it."""

import uuid

from django.db.models import Q

from delegation.invitations.models import Invitation


def anonymize(*, user: uuid.UUID, address: str, to: str) -> list[uuid.UUID]:
    """Replace name and address in the invitations to this person, and return their ids. Two statements."""
    rows = Invitation.objects.filter(Q(membership__user=user) | Q(email=address))
    found = list(rows.values_list("id", flat=True))
    Invitation.objects.filter(id__in=found).update(email=to, name="")
    return found
