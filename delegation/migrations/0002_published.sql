-- What SQL of the apps above may read of delegation, and what is assigned at an instant, once.
CREATE FUNCTION delegation_assignment_at(at timestamptz) RETURNS TABLE (
    id uuid, membership_id uuid, role_id uuid, all_sites boolean, valid_from timestamptz, valid_until timestamptz,
    assigned_by uuid, assigned_by_kind varchar, act uuid)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT a.id, a.membership_id, a.role_id, a.all_sites, a.valid_from, a.valid_until,
           a.assigned_by, a.assigned_by_kind, a.act
    FROM delegation_assignment a WHERE in_force(a.valid_from, a.valid_until, at)
$$;

CREATE VIEW delegation_published_invitation AS SELECT id, membership_id FROM delegation_invitation;
-- Which applications an organization has ever been offered anything of.
CREATE VIEW delegation_published_offer AS
SELECT c.organization_id, e.application_id
FROM delegation_ceiling c JOIN delegation_entitlement e ON e.id = c.entitlement_id;
