"""Deletes codes, token families and access tokens that can neither be used nor replayed."""

import datetime as dt

from identity.grants.models import AccessToken, AuthorizationCode, TokenFamily

RETENTION = dt.timedelta(days=1)
"""A code or family stays this long after it expires, so that a replay is still detected and recorded."""


ACCESS_RETENTION = dt.timedelta(hours=2)
"""Longer than `signed_tokens.SKEW`: a row that is inserted again comes too late for its token."""


def purge(*, at: dt.datetime) -> int:
    """Delete what expired more than RETENTION, or ACCESS_RETENTION, before `at`. Returns the rows deleted."""
    tokens, _ = AccessToken.objects.filter(expires_at__lte=at - ACCESS_RETENTION).delete()
    codes, _ = AuthorizationCode.objects.filter(expires_at__lte=at - RETENTION).delete()
    families, _ = TokenFamily.objects.filter(expires_at__lte=at - RETENTION).delete()
    return tokens + codes + families
