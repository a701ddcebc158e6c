-- Consents and standing rules are written in an act only. Neither is lengthened, begun twice or opened again, also by the owner.
SELECT audit_guard_table('identity_lookrule');
SELECT audit_guard_table('identity_look');
ALTER TABLE identity_look ADD COLUMN directory varchar(10) GENERATED ALWAYS AS (CASE WHEN staff_id IS NULL THEN NULL ELSE 'staff' END) STORED;
ALTER TABLE identity_look ADD CONSTRAINT look_by_staff
    FOREIGN KEY (staff_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;

SELECT identity_keep_issued('identity_lookrule', 'valid_until');
SELECT identity_keep_issued('identity_look', 'ended_at',
                            ARRAY['staff_id', 'directory', 'staff_session', 'staff_right', 'begun_at', 'valid_until']);
CREATE TRIGGER keyholder_begun_once BEFORE UPDATE OF staff_id, staff_session, staff_right, begun_at, valid_until ON identity_look
FOR EACH ROW WHEN (OLD.begun_at IS NOT NULL OR OLD.ended_at IS NOT NULL) EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_look FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_lookrule FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
-- A consent begins now: one dated ahead would last longer. After a step back of the clock, acts follow their chains.
CREATE FUNCTION identity_look_present() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF greatest(NEW.allowed_at, NEW.begun_at) > audit_present() + interval '1 minute'
       AND NOT audit_follows_a_chain(greatest(NEW.allowed_at, NEW.begun_at)) THEN
        RAISE EXCEPTION 'a look begins now' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER look_present BEFORE INSERT OR UPDATE OF begun_at ON identity_look
FOR EACH ROW EXECUTE FUNCTION identity_look_present();

SELECT audit_leave_free('identity_lookpage', 'written by every page that the person opens during a look, and deleted after it');
ALTER TABLE identity_lookpage ADD CONSTRAINT look_page_bounded CHECK (octet_length(body) <= 1048576);

-- A consent holds while the person could use it: with the membership and the browser session of its instant, and until a later
-- consent of the same person replaces it.
CREATE FUNCTION identity_look_allowed_at(at timestamptz) RETURNS TABLE (
    id uuid, organization_id uuid, membership_id uuid, user_id uuid, name varchar, session_key varchar, mode varchar, masked boolean,
    rule_id uuid, code_hash varchar, code_until timestamptz, staff_id uuid, staff_session varchar, staff_right uuid,
    begun_at timestamptz, valid_until timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT l.id, l.organization_id, l.membership_id, m.user_id, u.name, l.session_key, l.mode, l.masked, l.rule_id, l.code_hash,
           l.code_until, l.staff_id, l.staff_session, l.staff_right, l.begun_at, l.valid_until
    FROM identity_look l
    JOIN identity_membership m ON m.id = l.membership_id AND m.epoch = l.membership_epoch
    JOIN identity_organization o ON o.id = l.organization_id AND o.status = 'active'
    JOIN identity_user u ON u.id = m.user_id AND u.is_active
    JOIN identity_membershipperiod p ON p.membership_id = m.id AND p.state = 'active' AND in_force(p.valid_from, p.valid_until, at)
    WHERE l.ended_at IS NULL AND l.allowed_at <= at
      AND NOT EXISTS (SELECT FROM identity_look n WHERE n.membership_id = l.membership_id AND n.allowed_at > l.allowed_at)
      AND EXISTS (SELECT FROM identity_session b WHERE b.user_id = m.user_id AND b.epoch = u.epoch
                  AND (l.session_key = '' OR b.session_key = l.session_key)
                  AND identity_session_open(b.expire_date, b.last_seen_at, at))
$$;

-- A look ends with the first that is missing: the consent, the staff member's session, the rule that it began by, its half hour.
-- The staff right is checked by the layer above.
CREATE FUNCTION identity_look_at(at timestamptz) RETURNS TABLE (
    id uuid, organization_id uuid, membership_id uuid, user_id uuid, name varchar, session_key varchar, mode varchar, masked boolean,
    rule_id uuid, staff_id uuid, staff_name varchar, staff_session varchar, staff_right uuid, begun_at timestamptz,
    valid_until timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT l.id, l.organization_id, l.membership_id, l.user_id, l.name, l.session_key, l.mode, l.masked, l.rule_id, l.staff_id,
           x.name, l.staff_session, l.staff_right, l.begun_at, l.valid_until
    FROM identity_look_allowed_at(at) l
    JOIN identity_staffsession s ON s.session_key = l.staff_session AND s.user_id = l.staff_id
     AND s.expires_at > at AND s.last_seen_at > at - interval '30 minutes'
    JOIN identity_user x ON x.id = s.user_id AND x.epoch = s.epoch AND x.is_active
    LEFT JOIN identity_lookrule r ON r.id = l.rule_id
    WHERE l.begun_at <= at AND l.valid_until > at
      AND (l.rule_id IS NULL OR in_force(r.valid_from, r.valid_until, at))
$$;
