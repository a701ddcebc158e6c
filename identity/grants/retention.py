"""Deletes codes, token families and access tokens that can neither be used nor replayed."""

import datetime as dt

from identity.grants.models import AccessToken, AuthorizationCode, TokenFamily

RETENTION = dt.timedelta(days=1)
"""A code or family stays this long after it expires, so that a replay is still detected and recorded."""


def purge(*, at: dt.datetime) -> int:
    """Delete what expired more than RETENTION before `at`, and expired access tokens. Returns the rows deleted."""
    tokens, _ = AccessToken.objects.filter(expires_at__lte=at).delete()
    codes, _ = AuthorizationCode.objects.filter(expires_at__lte=at - RETENTION).delete()
    families, _ = TokenFamily.objects.filter(expires_at__lte=at - RETENTION).delete()
    return tokens + codes + families
