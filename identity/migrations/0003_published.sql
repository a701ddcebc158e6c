-- What SQL of the apps above may read of identity.
-- Whether an organization was in force at an instant, say its suspensions; its status is the present alone. They stand here as
-- a condition, twice: a join, or a function with a query of its own, would not vanish where a statement does not ask.
-- Joined from the outside: where a statement does not ask for a column of the organization or the person, the planner
-- leaves that table out.
CREATE FUNCTION identity_membership_at(at timestamptz) RETURNS TABLE (
    id uuid, user_id uuid, organization_id uuid,
    state varchar,                  -- of the period that holds; NULL where none does
    valid_from timestamptz, valid_until timestamptz,
    in_force boolean,               -- period active, person and organization in force; false or NULL otherwise
    organization_in_force boolean,  -- neither closed nor suspended then
    organization_closed boolean, organization_key varchar, organization_name varchar, organization_language varchar,
    email varchar, name varchar, phone varchar, language varchar)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT m.id, m.user_id, m.organization_id, p.state, p.valid_from, p.valid_until,
           o.status <> 'closed' AND NOT EXISTS (SELECT FROM identity_suspension s WHERE s.organization_id = o.id
                                              AND in_force(s.valid_from, s.valid_until, at))
               AND u.is_active AND p.state = 'active',
           o.status <> 'closed' AND NOT EXISTS (SELECT FROM identity_suspension s WHERE s.organization_id = o.id
                                              AND in_force(s.valid_from, s.valid_until, at)),
           o.status = 'closed', o.key, o.name, o.language, u.email, u.name, u.phone, u.language
    FROM identity_membership m
    LEFT JOIN identity_organization o ON o.id = m.organization_id
    LEFT JOIN identity_user u ON u.id = m.user_id
    LEFT JOIN identity_membershipperiod p ON p.membership_id = m.id AND in_force(p.valid_from, p.valid_until, at)
$$;

-- A service user is in force during its interval, and while the owner's period in which it began goes on: one that an
-- owner's leaving has ended does not come back with the owner. One of staff needs an owner who signs in by the supplier's
-- identity provider: who has left the provider signs in no more.
CREATE FUNCTION identity_service_user_at(at timestamptz) RETURNS TABLE (
    id uuid, name varchar, owner_id uuid, owner_user_id uuid, organization_id uuid, scopes varchar,
    valid_from timestamptz, valid_until timestamptz, in_force boolean,
    staff_roles varchar)            -- what the owner's last sign-in allowed; NULL for a customer's
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT s.id, u.name, s.owner_id, coalesce(m.user_id, s.staff_owner_id), s.organization_id, s.scopes, s.valid_from,
           s.valid_until,
           in_force(s.valid_from, s.valid_until, at) AND u.is_active AND CASE WHEN s.staff_owner_id IS NULL
               THEN coalesce(m.in_force AND m.valid_from <= s.valid_from, false)
               ELSE coalesce(o.is_active AND i.signed_in_at > at - interval '45 days', false) END,
           i.roles
    FROM identity_serviceuser s
    JOIN identity_user u ON u.id = s.id
    LEFT JOIN identity_membership_at(at) m ON m.id = s.owner_id
    LEFT JOIN identity_user o ON o.id = s.staff_owner_id
    LEFT JOIN identity_staffidentity i ON i.user_id = s.staff_owner_id
$$;

-- The limits of a session; ORM twin: identity.sessions.models.open_at.
CREATE FUNCTION identity_session_open(expire_date timestamptz, last_seen_at timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT expire_date > at AND last_seen_at > at - interval '1 hour'
$$;

CREATE VIEW identity_published_membership AS SELECT id, user_id, organization_id FROM identity_membership;
CREATE VIEW identity_published_period AS
SELECT membership_id, state, valid_from, valid_until FROM identity_membershipperiod;
CREATE VIEW identity_published_user AS SELECT id, is_active, last_login FROM identity_user;
CREATE VIEW identity_published_organization AS SELECT id, status = 'active' AS in_force, name FROM identity_organization;
CREATE VIEW identity_published_suspension AS
SELECT organization_id, valid_from, valid_until FROM identity_suspension;
CREATE VIEW identity_published_business_unit AS SELECT id, key FROM identity_businessunit;
CREATE VIEW identity_published_customer_number AS SELECT organization_id, unit_id, number FROM identity_customernumber;
CREATE VIEW identity_published_site AS SELECT id, organization_id, name, sort_key, external_id FROM identity_site;
CREATE VIEW identity_published_application AS SELECT id, key, name, is_active FROM identity_application;
CREATE VIEW identity_published_client AS
SELECT protocol_id AS id, application_id, is_active, backchannel_logout_uri, subject_per_organization FROM identity_client;
CREATE VIEW identity_published_session AS SELECT user_id, last_seen_at, expire_date AS expires_at FROM identity_session;
CREATE VIEW identity_published_sign_in AS
SELECT id, user_id, membership_id, started_at, last_seen_at, ended_at FROM identity_signin;
CREATE VIEW identity_published_last_sign_in AS SELECT membership_id, at FROM identity_lastsignin;
CREATE VIEW identity_published_sign_in_client AS
SELECT signin_id AS sign_in_id, client_id FROM identity_signin_clients;
-- Token families whose client gets a logout token although the sign-in goes on.
CREATE VIEW identity_published_ended_family AS
SELECT sign_in_id, client_id, logout_at FROM identity_tokenfamily WHERE logout_at IS NOT NULL;
