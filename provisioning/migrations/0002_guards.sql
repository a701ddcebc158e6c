-- A target's configuration is written in an act only. The deliverer writes the free columns without one, because they record
-- how the target answers.
SELECT audit_guard_table('provisioning_target',
                         free_columns => '{supports_patch,without_patch,failures,down_since,pause_until,sync_cursor,synced_at}');

SELECT audit_leave_free(free, 'follows from the log and from what targets answer; reconciliation repairs it') FROM unnest(ARRAY[
    'provisioning_account',
    'provisioning_cursor',
    'provisioning_delivery',
    'provisioning_logout'
]) free;
SELECT audit_leave_free('provisioning_removal', 'says when a removal is examined next; the receipt shows the removal without it');
SELECT audit_leave_free('provisioning_domaincheck', 'what the DNS answered last, and when it is asked again; the events say which domains are verified');
SELECT audit_leave_free('provisioning_targetexchange', 'the last requests to targets and their answers, masked, for operators; nothing depends on it');
SELECT audit_leave_free('provisioning_mail', 'a queue of mails; the events that caused them are in the log');
SELECT audit_leave_free('provisioning_heartbeat', 'shows operators which processes run; nothing depends on it');

-- Deliveries, pages and removals read these rows: a shape or a number that no part of the product writes would stop them for all people.
ALTER TABLE provisioning_account
    ADD CONSTRAINT account_acknowledged_rights CHECK (
        jsonb_typeof(acknowledged_rights) = 'object'
        AND NOT jsonb_path_exists(acknowledged_rights, 'strict $.* ? (@.type() <> "array")')
        AND NOT jsonb_path_exists(acknowledged_rights, 'lax $.*[*] ? (@.type() <> "object")')),
    ADD CONSTRAINT account_observed CHECK (
        observed IS NULL OR (jsonb_typeof(observed) = 'object' AND jsonb_typeof(observed -> 'active') = 'boolean'
            AND jsonb_typeof(observed -> 'rights') = 'object'
            AND NOT jsonb_path_exists(observed -> 'rights', 'strict $.* ? (@.type() <> "array")')) IS TRUE),
    ADD CONSTRAINT account_attempts_bound CHECK (attempts <= 1000000);
ALTER TABLE provisioning_logout ADD CONSTRAINT logout_attempts_bound CHECK (attempts <= 1000000);
ALTER TABLE provisioning_mail ADD CONSTRAINT mail_attempts_bound CHECK (attempts <= 1000000);
ALTER TABLE provisioning_target ADD CONSTRAINT target_failures_bound CHECK (failures <= 1000000);
-- A mail about 300 people, in text and HTML.
ALTER TABLE provisioning_mail ADD CONSTRAINT mail_body_bound CHECK (octet_length(body) <= 1048576);
-- Rights to 50 entitlements at 1,000 sites, and what a target answers, one entry for each site (provisioning.connectors.scim.compare).
ALTER TABLE provisioning_account ADD CONSTRAINT account_rights_bound CHECK (
    octet_length(acknowledged_rights::text) <= 4194304 AND audit_json_readable(acknowledged_rights)
    AND octet_length(observed::text) <= 16777216 AND audit_json_readable(observed));

SELECT audit_bound_values();
