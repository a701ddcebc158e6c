-- What holds at an instant is defined here once; the planner inlines both into the statements that call them.
-- ORM twins: audit.foundation.intervals.
CREATE FUNCTION not_ended(valid_until timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT valid_until IS NULL OR at < valid_until $$;

CREATE FUNCTION in_force(valid_from timestamptz, valid_until timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT valid_from <= at AND (valid_until IS NULL OR at < valid_until) $$;

-- What SQL of the apps above may read: everything else may change without them.
CREATE VIEW audit_published_chain AS SELECT id, last_seq, last_at FROM audit_chain;
CREATE VIEW audit_published_event AS
SELECT id, chain, seq, act, at, verb, outcome, actor_kind, actor, subject_kind, subject, organization, incarnation, prev,
       hash, body, mac
FROM audit_event;
