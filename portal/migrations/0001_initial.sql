-- The shared cache (portal.operations.shared_cache). Unlogged: after a crash it is empty, and rate limits start at zero.
CREATE UNLOGGED TABLE portal_cache (
    cache_key text PRIMARY KEY,
    value jsonb NOT NULL,
    expires timestamptz NOT NULL
);
SELECT audit_leave_free('portal_cache', 'rate limits, and nothing that must last');
CREATE INDEX portal_cache_expires ON portal_cache (expires);

SELECT audit_bound_values();
