-- A target's configuration is written in an act only. The deliverer writes the free columns without one, because they record
-- how the target answers.
SELECT audit_guard_table('provisioning_target',
                         free_columns => '{supports_patch,without_patch,failures,down_since,pause_until}');

SELECT audit_leave_free(free, 'follows from the log and from what targets answer; reconciliation repairs it') FROM unnest(ARRAY[
    'provisioning_account',
    'provisioning_cursor',
    'provisioning_delivery',
    'provisioning_logout'
]) free;
SELECT audit_leave_free('provisioning_mail', 'a queue of mails; the events that caused them are in the log');
SELECT audit_leave_free('provisioning_heartbeat', 'shows operators which processes run; nothing depends on it');

SELECT audit_keep_instants_readable();
