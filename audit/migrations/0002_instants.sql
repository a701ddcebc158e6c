-- An event is dated at the present of the server's clock, which its author cannot move. An act is dated before it is written, and
-- the clock of another server may be ahead: both within the limits of audit_extend_chain (audit.log.instants has the same).
-- `clock_offset` is moved by tests alone: the application reads the row and cannot write it (docs/tables.md).
CREATE FUNCTION audit_moved(at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT at + make_interval(secs => clock_offset) FROM public.audit_installation
$$;

CREATE FUNCTION audit_present() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT public.audit_moved(clock_timestamp()) $$;

-- After a step back of the clock, an act follows the heads of all chains that it locks by a microsecond, also of those in which it
-- writes nothing (audit.log.instants). Read only then: it looks at every chain.
CREATE FUNCTION audit_follows_a_chain(at timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN EXISTS (SELECT FROM public.audit_chain
               WHERE last_at = at - interval '1 microsecond' AND last_at <= public.audit_present() + interval '15 minutes');

-- The head of a chain binds later events unless it is far in the future: one such head would push all later acts there. It is compared
-- with the beginning of the transaction, which is never after the instant that an act was given under its locks.
CREATE FUNCTION audit_binds(head_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT head_at <= public.audit_moved(transaction_timestamp()) + interval '15 minutes'
$$;
