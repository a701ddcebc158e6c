"""Grants the application's database role its privileges, table by table, after every migration."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.dispatch import receiver

_GRANT_PRIVILEGES = """
DO $$
DECLARE
    t record;
    f record;
    writable text;
    app text := %(role)s;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = app) OR current_user = app THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %%I', app);
    -- Rows get their numbers without it; with it, the application's role could use a sequence up.
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM %%I', app);
    FOR t IN SELECT oid, relname, relispartition, relkind FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
               AND pg_get_userbyid(relowner) = current_user LOOP
        EXECUTE format('REVOKE ALL ON %%I FROM %%I', t.relname, app);
        IF t.relispartition THEN
            CONTINUE;
        ELSIF t.relkind = 'v' OR obj_description(t.oid, 'pg_class') LIKE 'Read-only: %%' THEN
            EXECUTE format('GRANT SELECT ON %%I TO %%I', t.relname, app);
        ELSIF t.relname = 'audit_event' THEN
            EXECUTE format('GRANT SELECT, INSERT ON %%I TO %%I', t.relname, app);
        ELSIF t.relname = 'audit_chain' THEN
            EXECUTE format('GRANT SELECT, INSERT (id, kind), UPDATE (row_lock) ON %%I TO %%I', t.relname, app);
        ELSIF t.relname IN ('audit_leaf', 'audit_subtree') THEN
            EXECUTE format('GRANT SELECT ON %%I TO %%I', t.relname, app);
        ELSIF t.relname = 'audit_person_key' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE (wrapped) ON %%I TO %%I', t.relname, app);
        ELSIF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = t.oid AND attidentity <> '') THEN
            -- Numbers are given by their sequence alone: a number taken in advance would stop the row that gets it.
            SELECT string_agg(quote_ident(attname), ', ') INTO writable FROM pg_attribute
            WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = '';
            EXECUTE format('GRANT SELECT, INSERT (%%1$s), UPDATE (%%1$s), DELETE ON %%2$I TO %%3$I',
                           writable, t.relname, app);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %%I TO %%I', t.relname, app);
        END IF;
    END LOOP;
    -- Functions that run with the owner's rights: PostgreSQL lets every role call a new function.
    FOR f IN SELECT oid::regprocedure AS signature, proname, obj_description(oid, 'pg_proc') AS stated FROM pg_proc
             WHERE pronamespace = 'public'::regnamespace AND prosecdef AND pg_get_userbyid(proowner) = current_user LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %%s FROM PUBLIC', f.signature);
        IF f.proname IN ('audit_ensure_partitions', 'audit_seal') OR f.stated LIKE 'For the application: %%' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %%s TO %%I', f.signature, app);
        END IF;
    END LOOP;
END $$;
"""


@receiver(post_migrate)
def grant_privileges(sender: AppConfig, using: str, **_: Any) -> None:
    """Grant once per `migrate`, on the owner's connection."""
    if sender.name != "audit":
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(_GRANT_PRIVILEGES % {"role": "'" + settings.APPLICATION_ROLE.replace("'", "") + "'"})
