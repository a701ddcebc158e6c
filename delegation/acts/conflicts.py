"""What a unique constraint means when two acts under different locks want the same."""

from django.db import IntegrityError

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import AlreadyExists

_FIELDS = {
    "allauth_idp_oidc_client_pkey": "client",
    "customer_number_unique_in_unit": "number",
    "identity_application_key_key": "key",
    "identity_organization_key_key": "key",
    "site_name_in_organization": "site",
}
_ONLY_ONCE = {"unique_verified_email", "user_email_unique_for_customers"}
"""Looked up before: whoever asks again is told what it is."""


def translate(error: IntegrityError) -> DomainError | None:
    """The refusal behind a violated constraint, or None for one that nobody should be able to violate."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if name in _ONLY_ONCE:
        return Busy(seconds=1)
    return AlreadyExists(field=_FIELDS[name]) if name in _FIELDS else None
