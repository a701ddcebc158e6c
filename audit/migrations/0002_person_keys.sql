-- A person's key is added only with an event. It is destroyed by emptying its row, with an event in a chain that names it in
-- `facts.destroyed_keys`: without the key, no personal value of that person in the log can be read again. The empty row stays, so that
-- neither an older copy of the key nor a new key takes its place.
CREATE FUNCTION audit_guard_person_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.wrapped = '' OR NOT EXISTS (SELECT FROM public.audit_inbox WHERE xact = pg_current_xact_id()) THEN
            RAISE EXCEPTION 'a change of % without an event', TG_TABLE_NAME USING ERRCODE = 'KH001';
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'the row of the key of % is emptied, not deleted', OLD.id USING ERRCODE = 'KH001';
    ELSIF NEW.id <> OLD.id OR NEW.wrapped <> '' THEN
        RAISE EXCEPTION 'the key of % is destroyed, not replaced', OLD.id USING ERRCODE = 'KH001';
    ELSIF NOT EXISTS (
        SELECT FROM public.audit_inbox i JOIN public.audit_event e ON e.id = i.event AND e.at = i.at
        WHERE i.xact = pg_current_xact_id() AND i.in_chain
          AND convert_from(e.body, 'UTF8')::jsonb -> 'facts' -> 'destroyed_keys' ? OLD.id::text
    ) THEN
        RAISE EXCEPTION 'the key of % was destroyed without an event that names it', OLD.id USING ERRCODE = 'KH001';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keyholder_guard AFTER INSERT OR DELETE OR UPDATE ON audit_person_key
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_guard_person_key();
CREATE TRIGGER keyholder_no_truncate BEFORE TRUNCATE ON audit_person_key
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_truncate();
-- The id of the key file's key, a colon, and 60 bytes. Every reader of the log holds as many keys in memory as there are people.
ALTER TABLE audit_person_key ADD CONSTRAINT audit_person_key_wrapped CHECK (octet_length(wrapped) <= 128);
