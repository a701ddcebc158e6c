-- Written in an act only; django-allauth writes the last four in an observation too.
SELECT audit_guard_table(guarded) FROM unnest(ARRAY[
    'identity_businessunit',
    'identity_organization',
    'identity_suspension',
    'identity_customernumber',
    'identity_site',
    'identity_membership',
    'identity_membershipperiod',
    'identity_serviceuser',
    'identity_application',
    'identity_client'
]) guarded;
SELECT audit_guard_table(guarded, 'event') FROM unnest(ARRAY[
    'identity_user',
    'account_emailaddress',
    'mfa_authenticator',
    'allauth_idp_oidc_client'
]) guarded;

SELECT audit_leave_free('identity_session', 'written by every request; its data is signed together with its key, user, directory, epoch and limits');
SELECT audit_leave_free(free, 'issued by sign-in and the token endpoint; rows keep what they were issued with and end once, and codes and tokens are signed')
FROM unnest(ARRAY[
    'identity_signin',
    'identity_authorizationcode',
    'identity_tokenfamily',
    'identity_refreshtoken',
    'identity_accesstoken',
    'identity_servicetoken'
]) free;
-- Tables that libraries bring and that the product does not write.
SELECT audit_make_read_only(unwritten, 'rights are assignments; no part of the product writes it') FROM unnest(ARRAY[
    'identity_user_groups',
    'identity_user_user_permissions',
    'auth_group',
    'auth_group_permissions',
    'auth_permission',
    'guardian_groupobjectpermission',
    'guardian_userobjectpermission'
]) unwritten;
SELECT audit_make_read_only('account_emailconfirmation', 'confirmation links are signed, not stored');
SELECT audit_make_read_only('allauth_idp_oidc_token', 'codes and tokens are identity''s own tables');
SELECT audit_make_read_only('django_content_type', 'written by migrations');
SELECT audit_make_read_only('django_migrations', 'written by migrations');

-- Rows of one directory refer to the user together with that directory.
ALTER TABLE identity_membership ADD CONSTRAINT membership_user_in_directory
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE account_emailaddress ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('customer') STORED;
ALTER TABLE account_emailaddress ADD CONSTRAINT email_address_of_customer
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE mfa_authenticator ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('customer') STORED;
ALTER TABLE mfa_authenticator ADD CONSTRAINT authenticator_of_customer
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;

ALTER TABLE identity_serviceuser ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('service') STORED;
ALTER TABLE identity_serviceuser ADD CONSTRAINT service_user_of_services
    FOREIGN KEY (id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;

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

-- People are searched by the letters that readers type: without accents and case. `ł`, `ø`, `đ` and the like do not
-- decompose in Unicode. Every word stands after a space, and apostrophes are left out. The domain of an address is no word of its own: that of most
-- colleagues is the same. The function calls no other of the schema: an index is built without a search path.
CREATE FUNCTION identity_search_text(name text, email text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ' ' || replace(replace(replace(replace(lower(regexp_replace(translate(
        normalize($1 || ' ' || split_part($2, '@', 1), NFKD),
        'łŁøØđĐðÐıħĦ-.,_+/()&%"''’‘ʼ`', 'lLoOdDdDihH           '), '[\u0300-\u036f]', '', 'g')),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') || ' ' || lower($2)
$$;
-- The beginnings of words find a person; the extension pg_trgm comes with the database.
-- Among 1,000,000 people, 100,000 of them in one organization: no match 0.1 ms, a rare name 1 ms, 50 rows of a common
-- name 73 ms, the count of a name that 1,000 people have 180 ms, all with a cold cache.
CREATE INDEX user_search_trigrams ON identity_user USING gin (identity_search_text(name, email) gin_trgm_ops);
CREATE INDEX organization_search_trigrams ON identity_organization USING gin (identity_search_text(name, '') gin_trgm_ops);
