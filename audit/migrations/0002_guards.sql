-- A change of a guarded table commits only together with an event: a deferred trigger looks in the inbox for an event of the
-- same transaction. `pg_current_xact_id` names the transaction also inside a savepoint, where `xmin` is another number.
ALTER TABLE audit_inbox
    ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD COLUMN in_chain boolean NOT NULL DEFAULT false;
CREATE INDEX audit_inbox_xact ON audit_inbox (xact, in_chain);

-- Both run once per changed row, and therefore without SECURITY DEFINER: the role may read the inbox.
CREATE FUNCTION audit_require_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.audit_inbox WHERE xact = pg_current_xact_id() AND in_chain) THEN
        RAISE EXCEPTION 'a change of % without the event of an act', TG_TABLE_NAME USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_require_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.audit_inbox WHERE xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a change of % without an event', TG_TABLE_NAME USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% cannot be truncated', TG_TABLE_NAME USING ERRCODE = 'KH002';
END $$;

-- For migrations: guard a table, or state why it is not guarded. A table with neither fails a test.
CREATE FUNCTION audit_guard_table(guarded text, required text DEFAULT 'act', free_columns text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    columns text := '';
BEGIN
    IF free_columns <> '{}' THEN
        SELECT 'OF ' || string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
        WHERE attrelid = guarded::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (free_columns);
    END IF;
    EXECUTE format('CREATE CONSTRAINT TRIGGER keyholder_guard AFTER INSERT OR DELETE OR UPDATE %s ON %I
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %I()',
                   columns, guarded, 'audit_require_' || required);
    -- Row triggers do not see TRUNCATE.
    EXECUTE format('CREATE TRIGGER keyholder_no_truncate BEFORE TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_truncate()', guarded);
END $$;

CREATE FUNCTION audit_leave_free(free text, reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COMMENT ON TABLE %I IS %L', free, 'Free: ' || reason);
END $$;

-- The application reads these and cannot write them (audit.log.privileges).
CREATE FUNCTION audit_make_read_only(unwritten text, reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COMMENT ON TABLE %I IS %L', unwritten, 'Read-only: ' || reason);
END $$;

-- JSON that Python reads: it recurses over nested values, and refuses to make a number of thousands of digits.
CREATE FUNCTION audit_json_readable(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT NOT jsonb_path_exists($1, '$.**{32}') AND NOT jsonb_path_exists($1, '$.** ? (@ > 1e18 || @ < -1e18)')
$$;

-- Adds to every table the constraints that each value can be read: instants in any time zone, numbers that no increment moves out of
-- their type and that are not NaN, and texts, bytes and JSON that a process can hold. One row with `infinity`, or of 500 MB, would end
-- whatever reads its table. A column that needs more has a constraint of its own on its octet_length. The last statement of each app's
-- migrations; a test finds a column without a bound.
CREATE FUNCTION audit_bound_values() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT c.oid::regclass AS name,
                    CASE WHEN atttypid = 'timestamptz'::regtype THEN 'keyholder_instants' ELSE 'keyholder_bounds' END AS added,
                    string_agg(format(CASE atttypid::regtype::text
                        WHEN 'timestamp with time zone' THEN '%1$I BETWEEN ''1970-01-01Z'' AND ''9999-12-31Z'''
                        WHEN 'smallint' THEN '%1$I BETWEEN 0 AND 32000'
                        WHEN 'integer' THEN '%1$I BETWEEN 0 AND 2000000000'
                        WHEN 'bigint' THEN '%1$I BETWEEN 0 AND 9000000000000000000'
                        WHEN 'numeric' THEN '%1$I BETWEEN 0 AND 1e15'
                        WHEN 'double precision' THEN '%1$I BETWEEN -1e12 AND 1e12'
                        WHEN 'text' THEN 'octet_length(%1$I) <= 65536'
                        WHEN 'bytea' THEN 'octet_length(%1$I) <= 65536'
                        WHEN 'jsonb' THEN 'octet_length(%1$I::text) <= 65536 AND audit_json_readable(%1$I)'
                        WHEN 'character varying[]' THEN 'cardinality(%1$I) <= 1000'
                    END, attname), ' AND ' ORDER BY attnum) AS bounds
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
               AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND attnum = ANY (k.conkey) AND contype = 'c'
                               AND (conname IN ('keyholder_instants', 'keyholder_bounds') OR pg_get_constraintdef(k.oid) LIKE '%octet_length%'))
             GROUP BY 1, 2 LOOP
        IF t.bounds IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s)', t.name, t.added, t.bounds);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION audit_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'KH002';
END $$;

CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only();
CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event_default
FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only();
CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf
FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only();
CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_subtree
FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only();

-- Creates the partitions of `months` months. It runs with the owner's rights, because the application calls it (audit.log.partitions).
-- Strict: with NULL the limits below would compare with NULL, and pass. While a new partition waits for readers of the log, every
-- act waits behind it: after two seconds it gives up, and the next run tries again.
CREATE FUNCTION audit_ensure_partitions(first date, months integer) RETURNS void
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    month date;
    partition_name text;
BEGIN
    -- The owner restores an old log; the application needs the next months only. A new partition locks the log until the transaction
    -- ends, so that an open one would stop every act: of these months, all but the last exist at any time.
    month := date_trunc('month', audit_present() AT TIME ZONE 'UTC')::date;
    IF session_user <> current_user AND (first < month OR first + make_interval(months => months) >= month + interval '7 months') THEN
        RAISE EXCEPTION 'the application creates the partitions of the present month and the next five' USING ERRCODE = 'KH004';
    END IF;
    FOR i IN 0 .. least(months, 24) - 1 LOOP
        month := (date_trunc('month', first) + make_interval(months => i))::date;
        partition_name := 'audit_event_' || to_char(month, 'YYYYMM');
        IF to_regclass(partition_name) IS NULL
           AND NOT EXISTS (SELECT 1 FROM audit_event_default
                           WHERE at >= month::timestamp AT TIME ZONE 'UTC'
                             AND at < (month + interval '1 month') AT TIME ZONE 'UTC') THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF audit_event FOR VALUES FROM (%L) TO (%L)',
                partition_name, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
            -- A statement on a partition does not fire the triggers of the table it is a part of.
            EXECUTE format('CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only()', partition_name);
        END IF;
    END LOOP;
END $$;

-- Every event is dated at the present. Events with a place must continue their chain: next number, hash of the event before, no
-- earlier instant. An event has the hash of its body, and its columns are those of the body (audit.log.integrity names the same).
-- A body that is not UTF-8 or not JSON raises an error; one that nests deeper than an act's is refused, because readers recurse.
CREATE FUNCTION audit_extend_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    present timestamptz;
    latest timestamptz;
BEGIN
    -- The statements below must see what others committed meanwhile.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'events are inserted at READ COMMITTED' USING ERRCODE = 'KH003';
    END IF;
    -- A writer without the lock waits here; its events are then compared with the head that the lock holder left.
    PERFORM 1 FROM audit_chain WHERE id IN (SELECT chain FROM inserted WHERE seq IS NOT NULL) ORDER BY id FOR UPDATE;
    present := audit_present();
    -- After a step back of the clock, acts follow the heads of their chains until the clock has caught up.
    SELECT greatest(present + interval '1 minute', max(last_at) + interval '1 microsecond') INTO latest FROM audit_chain
    WHERE id IN (SELECT chain FROM inserted WHERE seq IS NOT NULL) AND last_at <= present + interval '15 minutes';
    -- The events of an act have one date, so that the chains are looked at once.
    IF EXISTS (
        SELECT FROM inserted WHERE at < present - interval '15 minutes'
            OR seq IS NULL AND at > present + interval '1 minute'
    ) OR EXISTS (
        SELECT FROM (SELECT DISTINCT i.at FROM inserted i WHERE i.seq IS NOT NULL AND i.at > latest) ahead
        WHERE NOT audit_follows_a_chain(ahead.at)
    ) THEN
        RAISE EXCEPTION 'the event is not dated at the present' USING ERRCODE = 'KH004';
    END IF;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT chain, seq, prev, at,
                   lag(seq) OVER w AS seq_before, lag(hash) OVER w AS hash_before, lag(at) OVER w AS at_before
            FROM inserted WHERE seq IS NOT NULL
            WINDOW w AS (PARTITION BY chain ORDER BY seq)
        ) e LEFT JOIN audit_chain c ON c.id = e.chain
        WHERE c.id IS NULL
           OR e.seq <> coalesce(e.seq_before, c.last_seq) + 1
           OR e.prev IS DISTINCT FROM coalesce(e.hash_before, c.last_hash)
           OR e.at < coalesce(e.at_before, c.last_at) AND audit_binds(coalesce(e.at_before, c.last_at))
    ) THEN
        RAISE EXCEPTION 'the event does not continue its chain' USING ERRCODE = 'KH003';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT i.*, convert_from(body, 'UTF8')::jsonb AS content FROM inserted i OFFSET 0) e
        WHERE (hash = sha256(body) AND audit_json_readable(content) AND content @> jsonb_build_object(
            'id', id, 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'chain', chain, 'seq', seq,
            'prev', encode(prev, 'hex'), 'act', act, 'verb', verb, 'outcome', outcome, 'organization', organization,
            'incarnation', incarnation, 'actor', jsonb_build_object('kind', actor_kind, 'id', actor),
            'subject', jsonb_build_object('kind', subject_kind, 'id', subject))) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'the event differs from its body' USING ERRCODE = 'KH003';
    END IF;
    UPDATE audit_chain c SET last_seq = e.seq, last_hash = e.hash, last_at = e.at
    FROM (SELECT DISTINCT ON (chain) chain, seq, hash, at FROM inserted
          WHERE seq IS NOT NULL ORDER BY chain, seq DESC) e
    WHERE c.id = e.chain;
    -- The inbox refuses the id of a waiting event. One that was sealed meanwhile is visible to this statement, because it waits there.
    INSERT INTO audit_inbox (event, at, in_chain) SELECT id, at, seq IS NOT NULL FROM inserted;
    IF EXISTS (SELECT FROM inserted i JOIN audit_leaf l ON l.event = i.id) THEN
        RAISE EXCEPTION 'an event has the id of a sealed event' USING ERRCODE = 'KH003';
    END IF;
    PERFORM pg_notify('keyholder_chain', chain::text)
    FROM (SELECT DISTINCT chain FROM inserted WHERE seq IS NOT NULL) e;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_extend_chain AFTER INSERT ON audit_event
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION audit_extend_chain();

SELECT audit_make_read_only('audit_installation', 'written by the operator''s commands as the owner');
SELECT audit_make_read_only('audit_key_fingerprint', 'written by the operator''s commands as the owner');
SELECT audit_leave_free('audit_chain', 'the application adds a chain and locks it; its head moves by the trigger of audit_event');
SELECT audit_make_read_only('audit_inbox', 'a queue for the sealer: a trigger fills it, and only sealing empties it');
SELECT audit_leave_free('audit_refusal', 'counts repeats of refusals within a minute and of failed sign-ins and confirmed passwords within an hour; each counter carries a MAC with its count; without it, a counter is replaced and its event written');

SELECT audit_ensure_partitions(current_date, 6);
INSERT INTO audit_installation (id, uid, incarnation) VALUES (1, gen_random_uuid(), 1);
INSERT INTO audit_chain (id, kind) VALUES ('00000000-0000-7000-8000-000000000002', 'supplier');
SELECT audit_bound_values();
