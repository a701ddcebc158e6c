-- The latest sign-in of each membership (identity.sessions.models.LastSignIn), written with the sign-in itself. A table of its own:
-- a removal locks the membership's row before the browser sessions, a sign-in locks its session first.
SELECT audit_make_read_only('identity_lastsignin', 'written by triggers that run as the owner, with each sign-in');

-- Not later than the present: SQL as the application's role could otherwise write an instant that no sign-in corrects.
CREATE FUNCTION identity_note_sign_in(membership uuid, signed_in_at timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO identity_lastsignin AS l (membership_id, at) VALUES ($1, least($2, audit_present() + interval '1 minute'))
    ON CONFLICT (membership_id) DO UPDATE SET at = greatest(l.at, excluded.at)
$$;
-- The only membership of this person that was in force then. A minute before its beginning counts: accepting an invitation signs in
-- first and joins afterwards.
CREATE FUNCTION identity_only_membership_at(person uuid, instant timestamptz) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT (array_agg(DISTINCT m.id))[1]
    FROM identity_membership m JOIN identity_membershipperiod p ON p.membership_id = m.id
    WHERE m.user_id = $1 AND p.valid_from <= $2 + interval '1 minute' AND not_ended(p.valid_until, $2)
    HAVING count(DISTINCT m.id) = 1
$$;

CREATE FUNCTION identity_sign_in_to_service() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM identity_note_sign_in(NEW.membership_id, NEW.last_seen_at);
    RETURN NULL;
END $$;
CREATE TRIGGER note_sign_in AFTER INSERT OR UPDATE OF last_seen_at ON identity_signin
FOR EACH ROW EXECUTE FUNCTION identity_sign_in_to_service();

CREATE FUNCTION identity_sign_in_of_browser() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    membership uuid := identity_only_membership_at(NEW.id, NEW.last_login);
BEGIN
    IF membership IS NOT NULL THEN
        PERFORM identity_note_sign_in(membership, NEW.last_login);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_sign_in AFTER UPDATE OF last_login ON identity_user
FOR EACH ROW WHEN (NEW.last_login IS NOT NULL AND NEW.last_login IS DISTINCT FROM OLD.last_login)
EXECUTE FUNCTION identity_sign_in_of_browser();

-- A person of several organizations signs in to none of them; the first page of one that the browser opens says for which one the
-- sign-in is. Of the session, only the beginning is read: the caller cannot choose the instant. A membership that began later counts
-- from its beginning.
CREATE FUNCTION identity_browser_opened_organization(session_key text, membership uuid, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    signed_in_at timestamptz := (
        SELECT greatest(s.created_at, max(p.valid_from))
        FROM identity_session s JOIN identity_membership m ON m.user_id = s.user_id
        JOIN identity_membershipperiod p ON p.membership_id = m.id AND p.state = 'active'
         AND in_force(p.valid_from, p.valid_until, $3)
        WHERE s.session_key = $1 AND m.id = $2
        GROUP BY s.session_key);
BEGIN
    IF signed_in_at IS NOT NULL THEN
        PERFORM identity_note_sign_in($2, signed_in_at);
    END IF;
END $$;
COMMENT ON FUNCTION identity_browser_opened_organization(text, uuid, timestamptz)
    IS 'For the application: it notes nothing but the beginning of a session that exists.';

-- Who accepts an invitation has signed in already.
CREATE FUNCTION identity_sign_in_before_joining() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM identity_note_sign_in(m.id, u.last_login)
    FROM joined j JOIN identity_membership m ON m.id = j.membership_id JOIN identity_user u ON u.id = m.user_id
    WHERE u.last_login >= j.valid_from - interval '1 minute' AND not_ended(j.valid_until, u.last_login)
      AND identity_only_membership_at(u.id, u.last_login) = m.id;
    RETURN NULL;
END $$;
CREATE TRIGGER note_sign_in AFTER INSERT ON identity_membershipperiod REFERENCING NEW TABLE AS joined
FOR EACH STATEMENT EXECUTE FUNCTION identity_sign_in_before_joining();

SELECT audit_bound_values();
