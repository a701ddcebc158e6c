"""A violated unique constraint is a refusal, because two acts under different locks can need the same unique value."""

from django.db import IntegrityError

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import AlreadyExists

_FIELDS = {
    "allauth_idp_oidc_client_pkey": "client",
    "customer_number_unique_in_unit": "number",
    "identity_application_key_key": "key",
    "identity_organization_key_key": "key",
    "proposal_open_once": "proposal",
    "site_name_in_organization": "site",
}
_CHECKED_BEFORE = {"unique_verified_email", "user_email_unique_for_customers"}
"""Checked before the insert: a repeated request finds the row and gets the precise refusal."""

_ABOUT_TO_CHANGE = {"planned_end"}
"""A planned removal has just become due: its consequences come first."""


def translate(error: IntegrityError) -> DomainError | None:
    """Return the refusal behind a violated constraint; None for one that no request should violate."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if name in _CHECKED_BEFORE | _ABOUT_TO_CHANGE:
        return Busy(seconds=1)
    return AlreadyExists(field=_FIELDS[name]) if name in _FIELDS else None
