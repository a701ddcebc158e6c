"""A service knows a person by `sub` (OIDC Core §8): the same everywhere, or another one for each organization."""

import hashlib
import uuid


def subject(*, user: uuid.UUID, membership: uuid.UUID, application: uuid.UUID, per_organization: bool) -> str:
    """Return `sub`: the person's id, or one that only this application gets for this person and organization.

    Neither ever changes: a membership is one permanent row.
    """
    if not per_organization:
        return str(user)
    return hashlib.sha256(application.bytes + membership.bytes).hexdigest()[:40]
