-- A membership is one permanent row: what copies its organization may rely on it.
CREATE FUNCTION identity_membership_keeps_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.organization_id <> OLD.organization_id THEN
        RAISE EXCEPTION 'a membership cannot change its organization' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER membership_keeps_organization BEFORE UPDATE OF organization_id ON identity_membership
FOR EACH ROW EXECUTE FUNCTION identity_membership_keeps_organization();
