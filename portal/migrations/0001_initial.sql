-- The columns of django.core.cache.backends.db. Unlogged: after a crash it is empty, and rate limits start at zero.
CREATE UNLOGGED TABLE portal_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
SELECT audit_leave_free('portal_cache', 'rate limits, and nothing that must last');
CREATE INDEX portal_cache_expires ON portal_cache (expires);
