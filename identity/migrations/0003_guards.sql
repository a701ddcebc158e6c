-- Written in an act only; django-allauth writes the last four in an observation too.
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY[
        'identity_businessunit',
        'identity_organization',
        'identity_customernumber',
        'identity_site',
        'identity_membership',
        'identity_membershipperiod',
        'identity_application',
        'identity_client'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER keyholder_guard BEFORE INSERT OR UPDATE OR DELETE ON %I
             FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY[
        'identity_user',
        'account_emailaddress',
        'mfa_authenticator',
        'allauth_idp_oidc_client'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER keyholder_guard BEFORE INSERT OR UPDATE OR DELETE ON %I
             FOR EACH STATEMENT EXECUTE FUNCTION audit_guard_act_or_observation()', guarded);
    END LOOP;
END $$;

-- Rows of one directory refer to the user together with that directory.
ALTER TABLE identity_membership ADD CONSTRAINT membership_user_in_directory
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE account_emailaddress ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('customer') STORED;
ALTER TABLE account_emailaddress ADD CONSTRAINT email_address_of_customer
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE mfa_authenticator ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('customer') STORED;
ALTER TABLE mfa_authenticator ADD CONSTRAINT authenticator_of_customer
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;

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

-- A part of a name or an address finds a person; the extension pg_trgm comes with the database.
CREATE INDEX membership_name_trigrams ON identity_membership USING gin (sort_key gin_trgm_ops);
CREATE INDEX user_email_trigrams ON identity_user USING gin (email gin_trgm_ops);
