"""Forgetting what can no longer be used, nor replayed to any effect."""

import datetime as dt

from identity.grants.models import AccessToken, AuthorizationCode, RefreshFamily

RETENTION = dt.timedelta(days=1)
"""After its end a family is kept, so that a replay is still recognized and noted."""


def purge(*, at: dt.datetime) -> int:
    """Delete what ended before `at` by more than KEPT; access tokens at once. Returns how many rows went."""
    tokens, _ = AccessToken.objects.filter(expires_at__lte=at).delete()
    codes, _ = AuthorizationCode.objects.filter(expires_at__lte=at - RETENTION).delete()
    families, _ = RefreshFamily.objects.filter(expires_at__lte=at - RETENTION).delete()
    return tokens + codes + families
