-- Django cannot create a partitioned table; the migration's state describes the same columns.
CREATE TABLE audit_event (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    chain uuid NOT NULL,
    seq bigint,
    act uuid NOT NULL,
    verb varchar(64) NOT NULL,
    outcome varchar(16) NOT NULL,
    actor_kind varchar(16) NOT NULL,
    actor uuid NOT NULL,
    subject_kind varchar(32) NOT NULL,
    subject uuid NOT NULL,
    organization uuid,
    incarnation integer NOT NULL,
    prev bytea,
    hash bytea NOT NULL,
    body bytea NOT NULL,
    -- A key's id, a colon, and 32 bytes (audit.log.authentication).
    mac bytea NOT NULL CONSTRAINT audit_event_mac CHECK (octet_length(mac) BETWEEN 34 AND 64),
    -- Everything that reads the log holds a whole event in memory: one of 540 MB ended verification and signing.
    CONSTRAINT audit_event_hash CHECK (octet_length(hash) = 32 AND octet_length(prev) IN (0, 32)),
    CONSTRAINT audit_event_body CHECK (octet_length(body) <= 1048576),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_event_chain ON audit_event (chain, seq);
CREATE INDEX audit_event_organization ON audit_event (organization, at DESC, id DESC);
CREATE INDEX audit_event_subject ON audit_event (subject, at DESC, id DESC);
CREATE INDEX audit_event_actor ON audit_event (actor, at DESC, id DESC);
-- Holds what lies outside the months laid out so far.
CREATE TABLE audit_event_default PARTITION OF audit_event DEFAULT;
