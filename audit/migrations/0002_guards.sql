-- A guarded table refuses a write in a transaction without the setting of an act (audit.foundation.write_guard).
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('keyholder.act', true), '') = '' THEN
        RAISE EXCEPTION 'a write to % outside an act', TG_TABLE_NAME USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_guard_act_or_observation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('keyholder.act', true), '') = ''
       AND coalesce(current_setting('keyholder.observation', true), '') = '' THEN
        RAISE EXCEPTION 'a write to % outside an act or an observation', TG_TABLE_NAME USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
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

-- Creates the partitions of `months` months. It runs with the owner's rights, because the application calls it (audit.log.partitions).
CREATE FUNCTION audit_ensure_partitions(first date, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date;
    partition_name text;
BEGIN
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

-- Events with a place must continue their chain: next number, hash of the event before, no earlier instant.
CREATE FUNCTION audit_extend_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- A writer without the lock waits here; its events are then compared with the head that the lock holder left.
    PERFORM 1 FROM audit_chain WHERE id IN (SELECT chain FROM inserted WHERE seq IS NOT NULL) ORDER BY id FOR UPDATE;
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
           OR e.at < coalesce(e.at_before, c.last_at)
    ) THEN
        RAISE EXCEPTION 'the event does not continue its chain' USING ERRCODE = 'KH003';
    END IF;
    UPDATE audit_chain c SET last_seq = e.seq, last_hash = e.hash, last_at = e.at
    FROM (SELECT DISTINCT ON (chain) chain, seq, hash, at FROM inserted
          WHERE seq IS NOT NULL ORDER BY chain, seq DESC) e
    WHERE c.id = e.chain;
    INSERT INTO audit_inbox (event, at) SELECT id, at FROM inserted;
    PERFORM pg_notify('keyholder_chain', chain::text)
    FROM (SELECT DISTINCT chain FROM inserted WHERE seq IS NOT NULL) e;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_extend_chain AFTER INSERT ON audit_event
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION audit_extend_chain();

CREATE INDEX audit_label_name ON audit_label USING gin (name gin_trgm_ops);

SELECT audit_ensure_partitions(current_date, 6);
INSERT INTO audit_installation (id, incarnation) VALUES (1, 1);
INSERT INTO audit_chain (id, kind) VALUES ('00000000-0000-7000-8000-000000000002', 'supplier');
