"""New recovery codes are stored between the form that creates them and the page that shows them.

They stand encrypted in the session, for one person, until that person has saved them or ten minutes have passed. The
form can therefore redirect: a reload of the page shows the same codes and creates none.
"""

import base64
import json
from collections.abc import Sequence

from django.http import HttpRequest

from audit.foundation import clock, encryption
from identity.people.models import User

LIFETIME = 600
"""Seconds."""
_KEY = "keyholder.new_codes"


def store(request: HttpRequest, user: User, codes: Sequence[str]) -> None:
    """Store the codes in the session."""
    content = {"codes": list(codes), "until": clock.wall().timestamp() + LIFETIME}
    data = encryption.encrypt_secret(data=json.dumps(content).encode(), context=_context(user))
    request.session[_KEY] = base64.urlsafe_b64encode(data).decode()


def load(request: HttpRequest, user: User) -> list[str]:
    """Return the stored codes; none where the person has saved them, or after `LIFETIME`."""
    stored = str(request.session.get(_KEY, ""))
    if not stored:
        return []
    try:
        data = encryption.decrypt_secret(data=base64.urlsafe_b64decode(stored), context=_context(user))
    except (encryption.DecryptionFailed, ValueError):
        return []
    content = json.loads(data)
    return list(content["codes"]) if clock.wall().timestamp() < content["until"] else []


def forget(request: HttpRequest) -> None:
    """Remove the codes from the session."""
    request.session.pop(_KEY, None)


def _context(user: User) -> bytes:
    return b"new recovery codes " + user.pk.bytes
