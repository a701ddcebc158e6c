-- A target's configuration is written in an act only. The deliverer writes `supports_patch`, `failures`, `down_since` and
-- `pause_until` without one, because they record how the target answers. A new column joins the list, or the free columns
-- of tests/audit/foundation/test_guards.py.
CREATE TRIGGER keyholder_guard BEFORE INSERT OR DELETE OR UPDATE OF
    id, application_id, kind, base_url, token, include_applications, record_per, on_removal, verify_writes, is_active,
    created_at
ON provisioning_target FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
