-- The organization of an assignment is its membership's, whatever was written: working admins are found by it.
-- Memberships never change their organization (identity, `membership_keeps_organization`).
CREATE FUNCTION delegation_organization_of(membership uuid) RETURNS uuid LANGUAGE sql STABLE
RETURN (SELECT organization_id FROM identity_membership WHERE id = membership);

CREATE FUNCTION delegation_assignment_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.organization_id := delegation_organization_of(NEW.membership_id);
    RETURN NEW;
END $$;

SET LOCAL lock_timeout = '5s';
ALTER TABLE delegation_assignment ADD COLUMN organization_id uuid
    REFERENCES identity_organization (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE delegation_assignment
    ALTER COLUMN organization_id TYPE uuid USING delegation_organization_of(membership_id),
    ALTER COLUMN organization_id SET NOT NULL;
CREATE TRIGGER assignment_organization BEFORE INSERT OR UPDATE OF membership_id, organization_id
ON delegation_assignment FOR EACH ROW EXECUTE FUNCTION delegation_assignment_organization();
