-- Staff are users of the directory `staff` alone: their rows refer to the user together with that directory.
ALTER TABLE identity_staffidentity ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE identity_staffidentity ADD CONSTRAINT staff_identity_of_staff
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE identity_staffsession ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE identity_staffsession ADD CONSTRAINT staff_session_of_staff
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE identity_savedsearch ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE identity_savedsearch ADD CONSTRAINT saved_search_of_staff
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE identity_client ADD COLUMN owner_directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE identity_client ADD CONSTRAINT client_owner_of_staff
    FOREIGN KEY (owner_id, owner_directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE identity_serviceuser ADD COLUMN staff_directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE identity_serviceuser ADD CONSTRAINT service_user_owner_of_staff
    FOREIGN KEY (staff_owner_id, staff_directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
-- Scopes on the supplier's side are for programs that staff own, and they have no others.
ALTER TABLE identity_serviceuser ADD CONSTRAINT service_user_scopes_of_owner CHECK (
    CASE WHEN staff_owner_id IS NULL THEN scopes !~ '(^| )supplier[.]'
    ELSE scopes ~ '^supplier[.][a-z.]+( supplier[.][a-z.]+)*$' END);
SELECT audit_leave_free('identity_savedsearch', 'a reader''s own addresses of a page, which give no right; the page decides again what the reader sees');

-- Who signs in as a staff user is written with the event of the first sign-in, which `audit verify --state` compares.
SELECT audit_guard_table('identity_staffidentity', 'event');

-- Each opening of the sign-in for emergencies, and each of its passkeys, is an event in the supplier's chain.
SELECT audit_guard_table('identity_breakglass');
SELECT audit_guard_table('identity_breakglasspasskey');
CREATE UNIQUE INDEX break_glass_one_open ON identity_breakglass ((true)) WHERE ended_at IS NULL;

SELECT audit_leave_free('identity_staffsession', 'written by every request; its data is signed together with its key, user, epoch, limits and the provider''s session');
-- A received logout token stays until an ID token from before it can no longer be used.
SELECT audit_leave_free('identity_stafflogout', 'logout tokens that were received, kept against repetition; rows are added, and deleted after their time');
CREATE FUNCTION identity_keep_staff_logout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps a logout token for its time', TG_TABLE_NAME USING ERRCODE = 'KH005';
END $$;
CREATE TRIGGER keyholder_fixed BEFORE UPDATE ON identity_stafflogout
FOR EACH ROW EXECUTE FUNCTION identity_keep_staff_logout();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON identity_stafflogout
FOR EACH ROW WHEN (OLD.received_at > audit_present() - interval '50 minutes') EXECUTE FUNCTION identity_keep_staff_logout();
