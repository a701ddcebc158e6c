-- Sealing runs with the owner's rights: the application can neither write a leaf nor take an event out of the inbox.

-- The hash of a complete subtree of 2^level leaves (RFC 9162 section 2.1.1), from its 256 parts.
CREATE FUNCTION audit_subtree_hash(of_level integer, of_index bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    hashes bytea[];
BEGIN
    IF of_level = 8 THEN
        hashes := ARRAY(SELECT sha256('\x00'::bytea || event_hash) FROM audit_leaf
                        WHERE position > of_index * 256 AND position <= (of_index + 1) * 256 ORDER BY position);
    ELSE
        hashes := ARRAY(SELECT hash FROM audit_subtree WHERE level = of_level - 8
                        AND index >= of_index * 256 AND index < (of_index + 1) * 256 ORDER BY index);
    END IF;
    IF cardinality(hashes) <> 256 THEN
        RAISE EXCEPTION 'a subtree of level % has % parts', of_level, cardinality(hashes) USING ERRCODE = 'KH004';
    END IF;
    WHILE cardinality(hashes) > 1 LOOP
        hashes := ARRAY(SELECT sha256('\x01'::bytea || hashes[2 * n - 1] || hashes[2 * n])
                        FROM generate_series(1, cardinality(hashes) / 2) n ORDER BY n);
    END LOOP;
    RETURN hashes[1];
END $$;

-- Stores the subtrees that became complete when the tree grew: one row for 256 leaves, one for 65,536, and so on.
CREATE FUNCTION audit_grow_tree(size_before bigint, size_after bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    of_level integer := 8;
    leaves bigint := 256;
BEGIN
    WHILE size_after / leaves > 0 LOOP
        INSERT INTO audit_subtree (level, index, hash)
        SELECT of_level, i, audit_subtree_hash(of_level, i)
        FROM generate_series(size_before / leaves, size_after / leaves - 1) i;
        of_level := of_level + 8;
        leaves := leaves * 256;
    END LOOP;
END $$;

-- Gives waiting events their positions, and returns how many; 0 while another sealer works. Sealers lock a row that the application
-- can read but not lock: a lock that it could hold would stop sealing. Events of one instant stay together.
-- The snapshot of each statement is younger than the lock. Without the settings a long inbox makes the planner read all events.
CREATE FUNCTION audit_seal(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    size bigint;
    sealed integer;
BEGIN
    -- An empty inbox costs no write.
    IF NOT EXISTS (SELECT FROM audit_inbox) THEN
        RETURN 0;
    END IF;
    PERFORM FROM audit_installation FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    size := coalesce((SELECT max(position) FROM audit_leaf), 0);
    WITH batch AS (
        SELECT event, at FROM audit_inbox ORDER BY at FETCH FIRST (most) ROWS WITH TIES
    ), leaves AS (
        INSERT INTO audit_leaf (position, incarnation, event, at, event_hash)
        SELECT size + row_number() OVER (ORDER BY e.at, e.chain, e.seq, e.id),
               (SELECT incarnation FROM audit_installation), e.id, e.at, e.hash
        FROM batch b JOIN audit_event e ON e.id = b.event AND e.at = b.at
        RETURNING event
    )
    DELETE FROM audit_inbox i USING leaves l WHERE i.event = l.event;
    GET DIAGNOSTICS sealed = ROW_COUNT;
    PERFORM audit_grow_tree(size, size + sealed);
    RETURN sealed;
END $$;

SELECT audit_leave_free('audit_checkpoint', 'a copy of the newest checkpoint for readiness and metrics, which verify its signature; the signed files outside the database count');
