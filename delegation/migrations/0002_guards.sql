-- Written in an act only.
SELECT audit_guard_table(guarded) FROM unnest(ARRAY[
    'delegation_absenceclaim',
    'delegation_adminconfirmation',
    'delegation_dormancywarning',
    'delegation_handover',
    'delegation_accessreview',
    'delegation_reviewline',
    'delegation_catalogueproposal',
    'delegation_entitlement',
    'delegation_role',
    'delegation_roleversion',
    'delegation_roleentitlement',
    'delegation_dutyconflict',
    'delegation_dutyconflictversion',
    'delegation_dutyexception',
    'delegation_ceiling',
    'delegation_ceilingtemplate',
    'delegation_unitceiling',
    'delegation_hold',
    'delegation_plannedremoval',
    'delegation_factorrecovery',
    'delegation_customercontact',
    'delegation_domainverification',
    'delegation_orphancase',
    'delegation_orphanproof',
    'delegation_orphanverdict',
    'delegation_orphanletter',
    'delegation_orphanrequest',
    'delegation_staffscope',
    'delegation_staffright',
    'delegation_staffpermission',
    'delegation_assignment',
    'delegation_assignmentsite',
    'delegation_assignmentlimit',
    'delegation_invitation',
    'delegation_invitation_sites',
    'delegation_invitationtoken',
    'delegation_idempotencyrecord',
    'delegation_takeoverreport'
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
    -- A program is no second pair of eyes for its owner.
    IF NEW.state = 'applied' AND EXISTS (
        SELECT FROM public.identity_serviceuser WHERE id = NEW.proposed_by AND staff_owner_id = NEW.decided_by) THEN
        RAISE EXCEPTION 'the owner of the program that proposed does not agree'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_applied_by_another_person';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION delegation_proposal_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'open' THEN
        RAISE EXCEPTION 'a proposal begins undecided' USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_begins_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER proposal_begins BEFORE INSERT ON delegation_catalogueproposal
FOR EACH ROW EXECUTE FUNCTION delegation_proposal_begins();
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
CREATE TRIGGER warning_fixed BEFORE UPDATE OR DELETE ON delegation_dormancywarning
FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
CREATE TRIGGER confirmation_fixed BEFORE UPDATE OR DELETE ON delegation_adminconfirmation
FOR EACH ROW EXECUTE FUNCTION identity_refuse_change();
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

-- A report of a takeover is closed once and never rewritten. Reports of a person do not overlap: a change has one report.
ALTER TABLE delegation_takeoverreport ADD CONSTRAINT takeover_report_no_overlap EXCLUDE USING gist
    (person WITH =, tstzrange(changed_at, covered_until) WITH &&);
CREATE FUNCTION delegation_takeover_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
       OR (NEW.id, NEW.person, NEW.changed_at, NEW.covered_until, NEW.reported_at, NEW.act)
          IS DISTINCT FROM (OLD.id, OLD.person, OLD.changed_at, OLD.covered_until, OLD.reported_at, OLD.act) THEN
        RAISE EXCEPTION 'a report of a takeover is closed once, and never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takeover_fixed BEFORE UPDATE OR DELETE ON delegation_takeoverreport
FOR EACH ROW EXECUTE FUNCTION delegation_takeover_fixed();

-- The steps of a case without an admin follow one another (docs/orphan-cases.md); what was opened, for which person and who
-- named that person, is never rewritten. Each step writes its own columns alone, at the present of this server's clock (`audit_present`): the
-- writer's instants do not shorten the time for objections.
CREATE FUNCTION delegation_orphan_case_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ok boolean;
    step text;
    is_blank boolean;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        is_blank := NEW.digest = '' AND num_nonnulls(
            NEW.proposed_by, NEW.proposed_at, NEW.proposed_act, NEW.waits_until, NEW.stopped_at, NEW.approved_by, NEW.approved_at,
            NEW.approved_act, NEW.invitation_id, NEW.invited_at, NEW.membership_id, NEW.full_from, NEW.closed_at) = 0;
    END IF;
    IF TG_OP = 'INSERT' THEN
        ok := NEW.state = 'open' AND is_blank AND delegation_orphan_is_present(NEW.opened_at);
    ELSIF TG_OP = 'DELETE' THEN
        ok := false;
    ELSE
        step := OLD.state || '-' || NEW.state;
        ok := (NEW.id, NEW.organization_id, NEW.cause, NEW.threshold, NEW.opened_by, NEW.opened_by_kind, NEW.opened_at)
                IS NOT DISTINCT FROM
              (OLD.id, OLD.organization_id, OLD.cause, OLD.threshold, OLD.opened_by, OLD.opened_by_kind, OLD.opened_at)
            AND (OLD.email = '' OR (NEW.email, NEW.name, NEW.language, NEW.named_by)
                IS NOT DISTINCT FROM (OLD.email, OLD.name, OLD.language, OLD.named_by))
            AND (NEW.state = OLD.state OR step IN (
                'open-proposed', 'proposed-approved', 'approved-invited', 'invited-joined', 'joined-resolved',
                'proposed-open', 'approved-open', 'approved-proposed',
                'open-closed', 'proposed-closed', 'approved-closed', 'invited-closed', 'joined-closed'))
            AND OLD.state NOT IN ('resolved', 'closed')
            AND (NEW.state <> 'open' OR is_blank)
            -- An objection without a decision stops every step but the end.
            AND (NEW.state IN (OLD.state, 'closed') OR OLD.stopped_at IS NULL OR step = 'approved-proposed')
            AND (OLD.stopped_at IS NULL OR NEW.stopped_at = OLD.stopped_at OR NEW.state = 'closed' OR NOT EXISTS (
                SELECT FROM delegation_orphanletter
                WHERE case_id = NEW.id AND answer = 'objected' AND decided_at IS NULL))
            AND (step = 'open-proposed' OR NEW.state = 'open'
                OR (NEW.digest, NEW.proposed_by, NEW.proposed_at, NEW.proposed_act)
                    IS NOT DISTINCT FROM (OLD.digest, OLD.proposed_by, OLD.proposed_at, OLD.proposed_act)
                AND (NEW.waits_until IS NOT DISTINCT FROM OLD.waits_until OR NEW.waits_until > OLD.waits_until))
            AND (step = 'proposed-approved' OR NEW.state = 'open'
                OR step = 'approved-proposed' AND num_nonnulls(NEW.approved_by, NEW.approved_at, NEW.approved_act) = 0
                OR (NEW.approved_by, NEW.approved_at, NEW.approved_act)
                    IS NOT DISTINCT FROM (OLD.approved_by, OLD.approved_at, OLD.approved_act))
            AND (step = 'approved-invited'
                OR (NEW.invitation_id, NEW.invited_at) IS NOT DISTINCT FROM (OLD.invitation_id, OLD.invited_at))
            AND (step = 'invited-joined' OR NEW.membership_id IS NOT DISTINCT FROM OLD.membership_id
                AND (NEW.full_from IS NOT DISTINCT FROM OLD.full_from OR NEW.full_from > OLD.full_from))
            AND CASE step
                WHEN 'open-proposed' THEN delegation_orphan_is_present(NEW.proposed_at)
                    AND NEW.waits_until >= NEW.proposed_at + interval '1 hour'
                    AND delegation_orphan_enough(NEW.id, NEW.threshold, NEW.proposed_act, NEW.proposed_by,
                                                 NEW.proposed_act, NEW.proposed_by, NEW.proposed_at)
                WHEN 'proposed-approved' THEN delegation_orphan_is_present(NEW.approved_at)
                    AND delegation_orphan_enough(NEW.id, NEW.threshold, NEW.proposed_act, NEW.proposed_by,
                                                 NEW.approved_act, NEW.approved_by, NEW.approved_at)
                    AND NOT EXISTS (SELECT FROM delegation_orphanletter
                                    WHERE case_id = NEW.id AND decided_by = NEW.approved_by)
                WHEN 'approved-invited' THEN delegation_orphan_is_present(NEW.invited_at)
                    AND NEW.invited_at >= NEW.waits_until AND delegation_orphan_is_over(OLD.waits_until)
                    AND delegation_orphan_enough(NEW.id, NEW.threshold, NEW.proposed_act, NEW.proposed_by,
                                                 NEW.approved_act, NEW.approved_by, NEW.invited_at)
                    AND EXISTS (SELECT FROM delegation_invitation WHERE id = NEW.invitation_id
                        AND organization_id = NEW.organization_id AND lower(email) = lower(NEW.email) AND accepted_at IS NULL)
                -- An hour is the shortest time that can be set; the act began a moment ago.
                WHEN 'invited-joined' THEN NEW.full_from >= audit_present() + interval '59 minutes'
                    AND EXISTS (SELECT FROM delegation_invitation WHERE id = NEW.invitation_id
                        AND accepted_at IS NOT NULL AND membership_id = NEW.membership_id)
                WHEN 'joined-resolved' THEN NEW.closed_at >= NEW.full_from AND delegation_orphan_is_over(OLD.full_from)
                ELSE true
            END;
    END IF;
    IF ok IS NOT TRUE THEN
        RAISE EXCEPTION 'a case goes on step by step, and its time for objections never gets shorter'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orphan_case_steps';
    END IF;
    RETURN NEW;
END $$;

-- An act is dated a moment before it is written, and follows the head of its chain after a step back of the clock.
CREATE FUNCTION delegation_orphan_is_present(at timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN at BETWEEN audit_present() - interval '1 minute' AND audit_present() + interval '15 minutes';
CREATE FUNCTION delegation_orphan_is_over(at timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN at <= audit_present() + interval '1 minute';

-- A verification begins now: one that is dated back would prove in a case.
CREATE FUNCTION delegation_domain_verified_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF delegation_orphan_is_present(NEW.valid_from) IS NOT TRUE THEN
        RAISE EXCEPTION 'a domain is verified from the present on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'domain_verified_now';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER domain_verified_now BEFORE INSERT ON delegation_domainverification
FOR EACH ROW EXECUTE FUNCTION delegation_domain_verified_now();

-- A lapsed domain can be bought, and an insider can verify one. A domain proves where it was verified before the case was
-- opened and before its first request, and without a break until `at`. The case is of the organization of the verification.
CREATE FUNCTION delegation_orphan_domain_proves(of_case uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM delegation_orphancase c JOIN delegation_domainverification d ON d.organization_id = c.organization_id
    WHERE c.id = of_case AND not_ended(d.valid_until, at) AND d.valid_from < least(
        c.opened_at, (SELECT min(r.asked_at) FROM delegation_orphanrequest r WHERE r.case_id = of_case)));

-- The proofs that both acts accepted: from two sources at least, and heavy enough, each source by its heaviest proof. Each
-- proof has a verdict in both acts, by the person that the case names. A domain that lapsed before `at` does not count.
CREATE FUNCTION delegation_orphan_enough(
    of_case uuid, threshold integer, first_act uuid, first_person uuid, second_act uuid, second_person uuid, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE
RETURN (
    SELECT count(*) >= 2 AND coalesce(sum(weight), 0) >= threshold FROM (
        SELECT p.source, max(p.weight) AS weight
        FROM delegation_orphanproof p
        JOIN delegation_orphanverdict a ON a.proof_id = p.id AND a.act = first_act AND a.accepted
        JOIN delegation_orphanverdict b ON b.proof_id = p.id AND b.act = second_act AND b.accepted
        WHERE p.case_id = of_case
          AND (p.kind <> 'domain' OR delegation_orphan_domain_proves(of_case, at))
        GROUP BY p.source
    ) by_source
) AND NOT EXISTS (
    SELECT FROM delegation_orphanproof p WHERE p.case_id = of_case AND NOT (
        EXISTS (SELECT FROM delegation_orphanverdict v
                WHERE v.proof_id = p.id AND v.act = first_act AND v.judged_by = first_person)
        AND EXISTS (SELECT FROM delegation_orphanverdict v
                    WHERE v.proof_id = p.id AND v.act = second_act AND v.judged_by = second_person))
);
CREATE TRIGGER orphan_case_steps BEFORE INSERT OR UPDATE OR DELETE ON delegation_orphancase
FOR EACH ROW EXECUTE FUNCTION delegation_orphan_case_steps();

-- Proofs and verdicts are added and never changed; a proof only before the proposal and dated now, a domain only where it
-- proves.
CREATE FUNCTION delegation_orphan_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' OR TG_TABLE_NAME = 'delegation_orphanproof'
       AND ('open' IS DISTINCT FROM (SELECT state FROM delegation_orphancase WHERE id = (to_jsonb(NEW) ->> 'case_id')::uuid)
            OR delegation_orphan_is_present((to_jsonb(NEW) ->> 'added_at')::timestamptz) IS NOT TRUE
            OR to_jsonb(NEW) ->> 'kind' = 'domain' AND NOT delegation_orphan_domain_proves(
                (to_jsonb(NEW) ->> 'case_id')::uuid, (to_jsonb(NEW) ->> 'added_at')::timestamptz)) THEN
        RAISE EXCEPTION 'evidence is added before the proposal, and never changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orphan_evidence_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orphan_proof_fixed BEFORE INSERT OR UPDATE OR DELETE ON delegation_orphanproof
FOR EACH ROW EXECUTE FUNCTION delegation_orphan_fixed();
CREATE TRIGGER orphan_verdict_fixed BEFORE INSERT OR UPDATE OR DELETE ON delegation_orphanverdict
FOR EACH ROW EXECUTE FUNCTION delegation_orphan_fixed();
-- Each kind rests on its source. A colleague or a contact who answered by mail alone proves no more than the domain.
ALTER TABLE delegation_orphanproof ADD CONSTRAINT orphan_proof_source_of_kind CHECK ((kind, source) IN (
    ('register', 'register'), ('mandate', 'paper'), ('letter', 'paper'), ('call_back', 'phone'), ('domain', 'domain'),
    ('mailbox', 'domain'), ('member', 'members'), ('member', 'domain'), ('contact', 'contact'), ('contact', 'domain')));
-- The file as stored, with room for the key's id, nonce and tag.
ALTER TABLE delegation_orphanproof ADD CONSTRAINT orphan_proof_file_of_digest CHECK (
    file_size BETWEEN 0 AND 2000000000 AND (file IS NULL AND (file_type, file_size, file_digest, stored_digest) = ('', 0, '', '')
    OR file IS NOT NULL AND octet_length(file) <= 2097152 + 1024 AND file_size BETWEEN 1 AND 2097152
       AND stored_digest = encode(sha256(file), 'hex') AND file_digest <> ''
       AND file_type IN ('application/pdf', 'image/png', 'image/jpeg')));

-- A letter is answered once, and an objection decided once.
CREATE FUNCTION delegation_orphan_letter_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.case_id, NEW.organization_id, NEW.purpose, NEW.recipient, NEW.membership_id, NEW.contact, NEW.hash,
           NEW.sent_by, NEW.sent_at, NEW.act)
          IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.organization_id, OLD.purpose, OLD.recipient, OLD.membership_id,
                            OLD.contact, OLD.hash, OLD.sent_by, OLD.sent_at, OLD.act)
       OR OLD.answer <> '' AND (NEW.answer, NEW.answered_at, NEW.answered_act)
          IS DISTINCT FROM (OLD.answer, OLD.answered_at, OLD.answered_act)
       OR OLD.decided_at IS NOT NULL
       -- Once a person is invited, no other one approves again: those who made the case do not overrule an objection.
       OR NEW.decided_by IS NOT NULL AND EXISTS (
           SELECT FROM delegation_orphancase c WHERE c.id = NEW.case_id AND (NEW.decided_by = c.approved_by
               OR c.state IN ('invited', 'joined') AND NEW.decided_by IN (c.opened_by, c.named_by, c.proposed_by))) THEN
        RAISE EXCEPTION 'a letter is answered once, and an objection decided once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orphan_letter_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orphan_letter_fixed BEFORE UPDATE OR DELETE ON delegation_orphanletter
FOR EACH ROW EXECUTE FUNCTION delegation_orphan_letter_fixed();

-- A stranger's request is confirmed once, and then connected to a case or closed once. It is deleted when its time to be confirmed
-- is over, or when it was kept long enough: never while its case is open, nor in the first 31 days, which are the shortest retention.
CREATE FUNCTION delegation_orphan_request_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF (CASE WHEN OLD.confirmed_at IS NULL THEN delegation_orphan_is_over(OLD.expires_at)
            ELSE delegation_orphan_is_over(OLD.confirmed_at + interval '31 days') AND NOT EXISTS (
                SELECT FROM delegation_orphancase c WHERE c.id = OLD.case_id AND c.closed_at IS NULL)
            END) THEN
            RETURN OLD;
        END IF;
    ELSIF (NEW.id, NEW.organization_id, NEW.email, NEW.name, NEW.company, NEW.number, NEW.language, NEW.hash, NEW.asked_at,
           NEW.act, NEW.expires_at)
          IS NOT DISTINCT FROM (OLD.id, OLD.organization_id, OLD.email, OLD.name, OLD.company, OLD.number, OLD.language,
                                OLD.hash, OLD.asked_at, OLD.act, OLD.expires_at)
          AND OLD.case_id IS NULL AND OLD.decided_at IS NULL
          AND (CASE WHEN OLD.confirmed_at IS NULL THEN delegation_orphan_is_present(NEW.confirmed_at) AND NEW.decided_at IS NULL
               ELSE NEW.confirmed_at = OLD.confirmed_at AND delegation_orphan_is_present(NEW.decided_at) END) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a request is confirmed once and decided once, and kept while its case is open'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orphan_request_fixed';
END $$;
ALTER TABLE delegation_orphanrequest ADD CONSTRAINT orphan_request_decided_once_confirmed CHECK (
    num_nonnulls(decided_by, decided_at) = 0 OR decided_by IS NOT NULL AND confirmed_at IS NOT NULL AND decided_at >= confirmed_at);
CREATE TRIGGER orphan_request_fixed BEFORE UPDATE OR DELETE ON delegation_orphanrequest
FOR EACH ROW EXECUTE FUNCTION delegation_orphan_request_fixed();
-- A handover takes its steps in order, each once; what was asked, and the successor once named, are never rewritten.
CREATE FUNCTION delegation_handover_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.organization_id, NEW.giver_id, NEW.invitation_id, NEW.opened_at, NEW.act, NEW.ends_at)
          IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.giver_id, OLD.invitation_id, OLD.opened_at, OLD.act,
                            OLD.ends_at)
       OR OLD.step NOT IN ('open', 'accepted')
       OR OLD.step = 'open' AND NEW.step NOT IN ('accepted', 'declined', 'cancelled', 'replaced')
       OR OLD.step = 'accepted' AND NEW.step NOT IN ('completed', 'declined', 'cancelled', 'replaced')
       OR NEW.successor_id IS DISTINCT FROM OLD.successor_id
          AND (OLD.successor_id IS NOT NULL OR NEW.step <> 'accepted')
       OR OLD.step = 'accepted' AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at THEN
        RAISE EXCEPTION 'a handover takes its steps in order, each once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handover_fixed BEFORE UPDATE OR DELETE ON delegation_handover
FOR EACH ROW EXECUTE FUNCTION delegation_handover_fixed();

-- A conflict is about the same two entitlements for as long as it exists: accepted exceptions refer to it.
CREATE FUNCTION delegation_duty_conflict_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.key, NEW.first_id, NEW.second_id)
          IS DISTINCT FROM (OLD.id, OLD.key, OLD.first_id, OLD.second_id) THEN
        RAISE EXCEPTION 'a conflict keeps its two entitlements'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_conflict_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duty_conflict_fixed BEFORE UPDATE OR DELETE ON delegation_dutyconflict
FOR EACH ROW EXECUTE FUNCTION delegation_duty_conflict_fixed();

-- An exception keeps what was asked for; it is accepted once while it is open, and closed once.
CREATE FUNCTION delegation_duty_exception_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.membership_id, NEW.organization_id, NEW.person, NEW.conflict_id, NEW.requested_by,
           NEW.requested_at, NEW.act, NEW.valid_until)
          IS DISTINCT FROM (OLD.id, OLD.membership_id, OLD.organization_id, OLD.person, OLD.conflict_id,
                            OLD.requested_by, OLD.requested_at, OLD.act, OLD.valid_until)
       OR OLD.state NOT IN ('open', 'accepted')
       OR OLD.state = 'open' AND NEW.state NOT IN ('accepted', 'refused', 'withdrawn', 'ended')
       OR OLD.state = 'accepted' AND NEW.state NOT IN ('revoked', 'ended')
       OR NEW.state <> 'accepted' AND (NEW.accepted_by, NEW.accepted_at)
          IS DISTINCT FROM (OLD.accepted_by, OLD.accepted_at) THEN
        RAISE EXCEPTION 'an exception is accepted once and closed once, and never rewritten'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_exception_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duty_exception_fixed BEFORE UPDATE OR DELETE ON delegation_dutyexception
FOR EACH ROW EXECUTE FUNCTION delegation_duty_exception_fixed();
-- It begins as asked for, and is about a person of its organization.
CREATE FUNCTION delegation_duty_exception_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'open' OR NOT EXISTS (
        SELECT 1 FROM public.identity_membership m
        WHERE m.id = NEW.membership_id AND m.organization_id = NEW.organization_id AND m.user_id = NEW.person) THEN
        RAISE EXCEPTION 'an exception begins as a request about a member'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_exception_new';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duty_exception_new BEFORE INSERT ON delegation_dutyexception
FOR EACH ROW EXECUTE FUNCTION delegation_duty_exception_new();

-- What was set at the start of a review is never rewritten; it is warned step by step, closed once, and completed by its time
-- only after its warnings.
CREATE FUNCTION delegation_review_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open'
       OR (NEW.id, NEW.organization_id, NEW.scope, NEW.role_id, NEW.site_id, NEW.cause, NEW.cause_id, NEW.size,
           NEW.reviewer_id, NEW.fallback_id, NEW.silence, NEW.started_by, NEW.started_by_kind, NEW.started_at, NEW.act,
           NEW.due_at)
          IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.scope, OLD.role_id, OLD.site_id, OLD.cause, OLD.cause_id,
                            OLD.size, OLD.reviewer_id, OLD.fallback_id, OLD.silence, OLD.started_by,
                            OLD.started_by_kind, OLD.started_at, OLD.act, OLD.due_at)
       OR NEW.warnings NOT IN (OLD.warnings, OLD.warnings + 1)
       OR (NEW.warnings = OLD.warnings) <> (NEW.warned_at IS NOT DISTINCT FROM OLD.warned_at)
       OR NEW.warnings <> OLD.warnings AND NEW.warned_at < OLD.warned_at + interval '1 day'
       OR NEW.state <> 'open' AND NEW.warnings <> OLD.warnings THEN
        RAISE EXCEPTION 'a review is never rewritten and closed once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_fixed';
    END IF;
    IF NEW.state IN ('completed', 'lapsed') AND EXISTS (
        SELECT 1 FROM public.delegation_reviewline WHERE review_id = NEW.id AND decision = '') THEN
        RAISE EXCEPTION 'a review with open lines is not complete'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_complete';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_fixed BEFORE UPDATE OR DELETE ON delegation_accessreview
FOR EACH ROW EXECUTE FUNCTION delegation_review_fixed();

-- A line is decided once, in an open review; silence is an answer only after two warnings, the due date and a day more.
CREATE FUNCTION delegation_review_line_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review record;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.decision <> '' OR NEW.decision = ''
       OR (NEW.id, NEW.review_id, NEW.organization_id, NEW.membership_id, NEW.service_user_id, NEW.person, NEW.frozen)
          IS DISTINCT FROM (OLD.id, OLD.review_id, OLD.organization_id, OLD.membership_id, OLD.service_user_id,
                            OLD.person, OLD.frozen) THEN
        RAISE EXCEPTION 'a line of a review is decided once, and never rewritten'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_line_fixed';
    END IF;
    SELECT state, warnings, warned_at, due_at, silence INTO review
    FROM public.delegation_accessreview WHERE id = NEW.review_id;
    IF review.state <> 'open'
       OR NEW.basis IN ('silence', 'last_admin', 'not_lower')
          AND (review.warnings < 2 OR NEW.decided_at < greatest(review.due_at, review.warned_at + interval '1 day'))
       OR NEW.basis = 'silence' AND NEW.decision <> review.silence THEN
        RAISE EXCEPTION 'a line is decided in an open review, and by silence only after its warnings'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_line_in_time';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_line_fixed BEFORE UPDATE OR DELETE ON delegation_reviewline
FOR EACH ROW EXECUTE FUNCTION delegation_review_line_fixed();

-- The lines are those of the start: their number stands in the review.
CREATE FUNCTION delegation_review_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <> (SELECT count(*) FROM public.delegation_reviewline WHERE review_id = NEW.id) THEN
        RAISE EXCEPTION 'the lines of a review are those of its start'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_frozen';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER review_frozen AFTER INSERT ON delegation_accessreview
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION delegation_review_frozen();
CREATE FUNCTION delegation_review_line_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM public.delegation_accessreview r
        WHERE r.id IN (SELECT review_id FROM new_lines) AND r.size < (SELECT count(*) FROM public.delegation_reviewline l WHERE l.review_id = r.id)) THEN
        RAISE EXCEPTION 'the lines of a review are those of its start'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_frozen';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER review_line_frozen AFTER INSERT ON delegation_reviewline REFERENCING NEW TABLE AS new_lines
FOR EACH STATEMENT EXECUTE FUNCTION delegation_review_line_frozen();

-- The outcome of an act on 10,000 people.
ALTER TABLE delegation_idempotencyrecord ADD CONSTRAINT idempotency_outcome_bound
    CHECK (octet_length(outcome::text) <= 4194304 AND audit_json_readable(outcome));

SELECT audit_leave_free('delegation_continuitywatch', 'which grade the watch saw last; the grade itself is computed from facts, and a forged row repeats or suppresses one mail');
SELECT audit_leave_free('delegation_cataloguewave', 'how far the consequences of an applied catalogue have reached; the events say what was applied and which organizations it reached, and a batch that is repeated changes no right');

SELECT audit_leave_free('delegation_logexport', 'what a reader of the log asked to export; it gives no right, which each part and each download decides again, and the readings of its parts are in the log');
SELECT audit_leave_free('delegation_logexportpart', 'the encrypted rows of an export; they are the reader''s copy of events');
-- The rows of one part.
ALTER TABLE delegation_logexportpart ADD CONSTRAINT log_export_part_bound
    CHECK (octet_length(content::text) <= 16777216 AND audit_json_readable(content));

-- What staff prepared is added in an act, is sent once, and says the same until it is deleted.
SELECT audit_leave_free('delegation_preparedform', 'added in an act; marked as sent by the person''s request, and deleted after the look');
CREATE CONSTRAINT TRIGGER keyholder_added_in_act AFTER INSERT ON delegation_preparedform
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_require_act();
SELECT identity_keep_issued('delegation_preparedform', 'sent_at');

SELECT audit_bound_values();
