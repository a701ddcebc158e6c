-- The shared cache (portal.operations.shared_cache). Unlogged: after a crash it is empty, and rate limits start at zero.
CREATE UNLOGGED TABLE portal_cache (
    cache_key text PRIMARY KEY,
    value jsonb NOT NULL,
    expires timestamptz NOT NULL
);
SELECT audit_leave_free('portal_cache', 'rate limits, and nothing that must last');
CREATE INDEX portal_cache_expires ON portal_cache (expires);

-- What is accepted once (portal.operations.one_time). Logged: a crash or a failover does not make it acceptable again.
CREATE TABLE portal_onetime (
    name text PRIMARY KEY,
    expires timestamptz NOT NULL
);
SELECT audit_leave_free('portal_onetime', 'names of what was accepted once; a row stays unchanged until its end');
CREATE INDEX portal_onetime_expires ON portal_onetime (expires);
CREATE FUNCTION portal_keep_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps what is used', TG_TABLE_NAME USING ERRCODE = 'KH005';
END $$;
CREATE TRIGGER keyholder_fixed BEFORE UPDATE ON portal_onetime FOR EACH ROW EXECUTE FUNCTION portal_keep_used();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON portal_onetime
FOR EACH ROW WHEN (OLD.expires > audit_present()) EXECUTE FUNCTION portal_keep_used();

SELECT audit_bound_values();
