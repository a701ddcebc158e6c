-- Written in an act only.
SELECT audit_guard_table(guarded) FROM unnest(ARRAY[
    'delegation_absenceclaim',
    'delegation_catalogueproposal',
    'delegation_entitlement',
    'delegation_role',
    'delegation_roleversion',
    'delegation_roleentitlement',
    'delegation_ceiling',
    'delegation_ceilingtemplate',
    'delegation_unitceiling',
    'delegation_hold',
    'delegation_plannedremoval',
    'delegation_factorrecovery',
    'delegation_customercontact',
    'delegation_domainverification',
    'delegation_staffscope',
    'delegation_staffright',
    'delegation_staffpermission',
    'delegation_assignment',
    'delegation_assignmentsite',
    'delegation_assignmentlimit',
    'delegation_invitation',
    'delegation_invitation_sites',
    'delegation_invitationtoken',
    'delegation_idempotencyrecord'
]) guarded;

-- The organization of an assignment is its membership's, whatever was written: working admins are found by it.
-- Memberships never change their organization (identity, `membership_keeps_organization`).
CREATE FUNCTION delegation_organization_of(membership uuid) RETURNS uuid LANGUAGE sql STABLE
RETURN (SELECT organization_id FROM identity_membership WHERE id = membership);

CREATE FUNCTION delegation_assignment_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.organization_id := delegation_organization_of(NEW.membership_id);
    RETURN NEW;
END $$;

CREATE TRIGGER assignment_organization BEFORE INSERT OR UPDATE OF membership_id, organization_id
ON delegation_assignment FOR EACH ROW EXECUTE FUNCTION delegation_assignment_organization();

-- Staff rights are for users of the directory `staff` alone: their rows refer to the user together with that directory.
ALTER TABLE delegation_staffright ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE delegation_staffright ADD CONSTRAINT staff_right_of_staff
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE delegation_staffpermission ADD COLUMN directory varchar(10) GENERATED ALWAYS AS ('staff') STORED;
ALTER TABLE delegation_staffpermission ADD CONSTRAINT staff_permission_of_staff
    FOREIGN KEY (user_id, directory) REFERENCES identity_user (id, directory) DEFERRABLE INITIALLY IMMEDIATE;
-- An auditor changes nothing: at no instant has a user an auditor's right together with another role.
ALTER TABLE delegation_staffright ADD CONSTRAINT staff_auditor_apart EXCLUDE USING gist
    (user_id WITH =, (CASE WHEN role = 'auditor' THEN 1 ELSE 0 END) WITH <>, tstzrange(valid_from, valid_until) WITH &&);

-- One business unit offers an organization an entitlement once at a time; the supplier itself counts as a unit.
ALTER TABLE delegation_unitceiling ADD CONSTRAINT unit_ceiling_no_overlap EXCLUDE USING gist
    (organization_id WITH =, entitlement_id WITH =,
     (coalesce(unit_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
     tstzrange(valid_from, valid_until) WITH &&);

-- A proposal is the file that was shown, and it is decided once: a second person agrees to exactly this.
ALTER TABLE delegation_catalogueproposal ADD CONSTRAINT proposal_digest_of_file
    CHECK (octet_length(file) <= 65536 AND digest = encode(sha256(convert_to(file, 'UTF8')), 'hex'));
CREATE FUNCTION delegation_proposal_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' OR TG_OP = 'DELETE'
       OR (NEW.id, NEW.file, NEW.digest, NEW.version, NEW.lose, NEW.gain, NEW.proposed_by, NEW.proposed_by_kind,
           NEW.proposed_at, NEW.act)
          IS DISTINCT FROM (OLD.id, OLD.file, OLD.digest, OLD.version, OLD.lose, OLD.gain, OLD.proposed_by,
                            OLD.proposed_by_kind, OLD.proposed_at, OLD.act) THEN
        RAISE EXCEPTION 'a proposal is decided once, and never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER proposal_fixed BEFORE UPDATE OR DELETE ON delegation_catalogueproposal
FOR EACH ROW EXECUTE FUNCTION delegation_proposal_fixed();

-- A plan is closed once and never rewritten.
CREATE FUNCTION delegation_plan_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
       OR (NEW.id, NEW.membership_id, NEW.organization_id, NEW.ends_at, NEW.planned_at, NEW.planned_by,
           NEW.planned_by_kind, NEW.act)
          IS DISTINCT FROM (OLD.id, OLD.membership_id, OLD.organization_id, OLD.ends_at, OLD.planned_at,
                            OLD.planned_by, OLD.planned_by_kind, OLD.act) THEN
        RAISE EXCEPTION 'a planned removal is closed once, and never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_fixed BEFORE UPDATE OR DELETE ON delegation_plannedremoval
FOR EACH ROW EXECUTE FUNCTION delegation_plan_fixed();

-- An open plan is the end of the membership's last period, by the interval itself: access stops without any process. A
-- member does not return before what the end implies is done: the old period's sessions and assignments would come back.
CREATE FUNCTION delegation_require_planned_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    planned timestamptz;
BEGIN
    SELECT ends_at INTO planned FROM public.delegation_plannedremoval
    WHERE membership_id = NEW.membership_id AND closed_at IS NULL;
    IF planned IS NOT NULL AND (
        SELECT count(*) FILTER (WHERE valid_until = planned) = 0 OR count(*) FILTER (WHERE not_ended(valid_until, planned)) > 0
        FROM public.identity_membershipperiod WHERE membership_id = NEW.membership_id) THEN
        RAISE EXCEPTION 'a membership ends as planned' USING ERRCODE = 'check_violation', CONSTRAINT = 'planned_end';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER plan_ends_period AFTER INSERT OR UPDATE ON delegation_plannedremoval
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION delegation_require_planned_end();
CREATE CONSTRAINT TRIGGER period_ends_as_planned AFTER INSERT OR UPDATE ON identity_membershipperiod
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION delegation_require_planned_end();

-- What was asked for and by which two people is never rewritten; a request is agreed to once and used once.
CREATE FUNCTION delegation_recovery_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.membership_id, NEW.organization_id, NEW.recognition, NEW.opened_by, NEW.opened_at, NEW.act)
          IS DISTINCT FROM (OLD.id, OLD.membership_id, OLD.organization_id, OLD.recognition, OLD.opened_by,
                            OLD.opened_at, OLD.act)
       OR OLD.state NOT IN ('open', 'agreed')
       OR OLD.state = 'open' AND NEW.state NOT IN ('agreed', 'refused', 'withdrawn')
       OR OLD.state = 'agreed' AND (NEW.state NOT IN ('used', 'refused', 'withdrawn')
           OR (NEW.decided_by, NEW.decided_at, NEW.usable_from, NEW.ends_at)
              IS DISTINCT FROM (OLD.decided_by, OLD.decided_at, OLD.usable_from, OLD.ends_at)) THEN
        RAISE EXCEPTION 'a request to replace a factor is decided once and used once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_fixed BEFORE UPDATE OR DELETE ON delegation_factorrecovery
FOR EACH ROW EXECUTE FUNCTION delegation_recovery_fixed();

-- Contacts and verified domains are ended once and never rewritten.
SELECT identity_keep_issued('delegation_customercontact', 'valid_until');
SELECT identity_keep_issued('delegation_domainverification', 'valid_until');
CREATE TRIGGER keyholder_kept BEFORE DELETE ON delegation_customercontact FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER keyholder_kept BEFORE DELETE ON delegation_domainverification FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
CREATE INDEX contact_search_trigrams ON delegation_customercontact
    USING gin (identity_search_text(name, email) gin_trgm_ops) WHERE valid_until IS NULL;
-- What a colleague said about an admin is never rewritten, and is closed once.
CREATE FUNCTION delegation_claim_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open' OR NEW.state = 'open'
       OR (NEW.id, NEW.membership_id, NEW.organization_id, NEW.person, NEW.reason, NEW.claimed_by, NEW.claimed_at,
           NEW.act, NEW.answer_by)
          IS DISTINCT FROM (OLD.id, OLD.membership_id, OLD.organization_id, OLD.person, OLD.reason, OLD.claimed_by,
                            OLD.claimed_at, OLD.act, OLD.answer_by) THEN
        RAISE EXCEPTION 'a claim about an admin is closed once, and never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_fixed BEFORE UPDATE OR DELETE ON delegation_absenceclaim
FOR EACH ROW EXECUTE FUNCTION delegation_claim_fixed();

-- The outcome of an act on 10,000 people.
ALTER TABLE delegation_idempotencyrecord ADD CONSTRAINT idempotency_outcome_bound
    CHECK (octet_length(outcome::text) <= 4194304 AND audit_json_readable(outcome));

SELECT audit_leave_free('delegation_cataloguewave', 'how far the consequences of an applied catalogue have reached; the events say what was applied and which organizations it reached, and a batch that is repeated changes no right');

-- What staff prepared is added in an act, is sent once, and says the same until it is deleted.
SELECT audit_leave_free('delegation_preparedform', 'added in an act; marked as sent by the person''s request, and deleted after the look');
CREATE CONSTRAINT TRIGGER keyholder_added_in_act AFTER INSERT ON delegation_preparedform
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_require_act();
SELECT identity_keep_issued('delegation_preparedform', 'sent_at');

SELECT audit_bound_values();
