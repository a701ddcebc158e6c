"""One business unit neither stops nor frees a customer that others know too."""

import uuid
from collections.abc import Collection, Sequence

from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb


def covers_whole(
    *, own: Sequence[Authority], verb: Verb, organization: uuid.UUID, units: Collection[uuid.UUID]
) -> bool:
    """Return whether these rights allow the verb for the organization as a whole.

    They are for the organization, for everything, or for all of the business units that know the organization.
    """
    able = [one for one in own if verb.value in one.verbs]
    if any(one.is_for_all or one.organization == organization for one in able):
        return True
    return bool(units) and {one.unit for one in able} >= set(units)
