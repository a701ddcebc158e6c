-- What sign-in and the token endpoint issue keeps what it was issued with: person, organization, client, scopes and end. A use or an
-- ending is set once and stays, so that a used or ended row is not revived. A row is deleted when it can no longer be used or
-- replayed: one that was deleted earlier could be inserted again, without its use. All of it binds the owner too.
CREATE FUNCTION identity_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows as issued', TG_TABLE_NAME USING ERRCODE = 'KH005';
END $$;

-- `once` is set once; `moving` columns change with use. The triggers do not run for statements that set other columns only.
CREATE FUNCTION identity_keep_issued(issued text, once text, moving text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    fixed text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ') INTO fixed FROM pg_attribute
    WHERE attrelid = issued::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (once || moving);
    EXECUTE format('CREATE TRIGGER keyholder_fixed BEFORE UPDATE OF %s ON %I
                    FOR EACH ROW EXECUTE FUNCTION identity_refuse_change()', fixed, issued);
    EXECUTE format('CREATE TRIGGER keyholder_once BEFORE UPDATE OF %1$I ON %2$I
                    FOR EACH ROW WHEN (OLD.%1$I IS NOT NULL) EXECUTE FUNCTION identity_refuse_change()', once, issued);
END $$;
SELECT identity_keep_issued('identity_signin', 'ended_at', ARRAY['last_seen_at', 'auth_time', 'amr']);
SELECT identity_keep_issued('identity_tokenfamily', 'ended_at', ARRAY['logout_at']);
CREATE TRIGGER keyholder_logout_with_end BEFORE UPDATE OF logout_at ON identity_tokenfamily
FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION identity_refuse_change();
SELECT identity_keep_issued('identity_accesstoken', 'ended_at');
SELECT identity_keep_issued('identity_servicetoken', 'ended_at');
SELECT identity_keep_issued('identity_refreshtoken', 'used_at');
SELECT identity_keep_issued('identity_authorizationcode', 'used_at', ARRAY['family']);
CREATE TRIGGER keyholder_fixed_family BEFORE UPDATE OF family ON identity_authorizationcode
FOR EACH ROW WHEN (OLD.family IS NOT NULL) EXECUTE FUNCTION identity_refuse_change();

-- The times of identity.grants.retention, by the server's clock.
CREATE FUNCTION identity_family_expires(family uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT expires_at FROM public.identity_tokenfamily WHERE id = family
$$;
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_accesstoken
FOR EACH ROW WHEN (OLD.expires_at > audit_present() - interval '2 hours') EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_servicetoken
FOR EACH ROW WHEN (OLD.expires_at > audit_present() - interval '2 hours') EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_authorizationcode
FOR EACH ROW WHEN (OLD.expires_at > audit_present() - interval '1 day') EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_tokenfamily
FOR EACH ROW WHEN (OLD.expires_at > audit_present() - interval '1 day') EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_refreshtoken
FOR EACH ROW WHEN (identity_family_expires(OLD.family_id) > audit_present() - interval '1 day')
EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_signin
FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
-- Says which services are notified of the end of a sign-in.
CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE ON identity_signin_clients
FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only();

-- A used recovery code and the last time step of an app stay used: the numbers of used codes are added at the end, and the step grows.
CREATE FUNCTION identity_keep_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT starts_with(coalesce(NEW.data ->> 'used', ''), coalesce(OLD.data ->> 'used', ''))
       OR coalesce((NEW.data ->> 'last_step')::bigint, 0) < coalesce((OLD.data ->> 'last_step')::bigint, 0) THEN
        RAISE EXCEPTION '% keeps what is used', TG_TABLE_NAME USING ERRCODE = 'KH005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keyholder_used BEFORE UPDATE OF data ON mfa_authenticator FOR EACH ROW EXECUTE FUNCTION identity_keep_used();
