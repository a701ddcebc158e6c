"""The target's id of a record carries a MAC, because a write by this id needs no read of the record before.

With SQL as the application's role, an account could otherwise name another record of the target, such as its
administrator's. An id without a right MAC is unknown: the record is found by Keyholder's own id.
"""

from typing import Any

from audit.log import authentication, canonical
from provisioning.accounts.models import Account
from provisioning.targets.models import Target


def authenticate(*, account: Account, target: Target, remote_id: str) -> str:
    """Return the MAC of this id in hex; empty without an id. Raises LogUnavailable."""
    if not remote_id:
        return ""
    body = _body(account, target, remote_id)
    return authentication.mac_of(body=body, key=authentication.current_key()).hex()


def proven(*, account: Account, target: Target) -> str:
    """Return the id that a delivery to the target's address stored; empty for any other. Raises LogUnavailable."""
    if not account.remote_id:
        return ""
    is_ours = authentication.is_authentic(
        body=_body(account, target, account.remote_id),
        mac=bytes(account.remote_mac),
        keys=authentication.keys_for_reading(),
    )
    return account.remote_id if is_ours else ""


def _body(account: Account, target: Target, remote_id: str) -> bytes:
    stated: dict[str, Any] = {
        "remote_id": remote_id,
        "target": str(target.id),
        "address": target.base_url,
        "user": str(account.user_id),
        "membership": str(account.membership_id),
    }
    return canonical.encode(stated)
