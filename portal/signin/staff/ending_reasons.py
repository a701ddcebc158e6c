"""The page before the staff sign-in says why the last session of this browser ended.

A browser learns the reason by the secret of the ended session, and by a signed cookie that names its user.
"""

from django.http import HttpRequest

from audit.foundation import clock
from delegation.activity import staff_session_endings
from delegation.activity.staff_session_endings import StaffEnding
from identity import machine_secrets
from portal.signin.staff import cookies

PARAMETER = "ended"


def find(request: HttpRequest) -> StaffEnding | None:
    """Return why the session of this request's cookies has ended; None for every other browser."""
    secret, user = cookies.secret_of(request), cookies.user_of(request)
    if not secret or user is None:
        return None
    keys = machine_secrets.hash_candidates(secret)
    return staff_session_endings.find(user=user, session_keys=keys, at=clock.now())


def from_address(request: HttpRequest) -> StaffEnding | None:
    """Return the reason that the address names; None without one, and for an unknown one."""
    try:
        return StaffEnding(request.GET.get(PARAMETER, ""))
    except ValueError:
        return None
