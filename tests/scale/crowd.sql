-- Organizations with people beside the cast; `crowd.py` gives their numbers and what is due.
-- Written by the owner past the triggers, in seconds; events are left out where no statement here reads them.
CREATE TEMP TABLE place ON COMMIT DROP AS
SELECT g AS no, gen_random_uuid() AS organization FROM generate_series(1, $organizations) g;

CREATE TEMP TABLE person ON COMMIT DROP AS
SELECT p.no, k, p.organization, gen_random_uuid() AS membership, gen_random_uuid() AS usr, gen_random_uuid() AS assignment,
       gen_random_uuid() AS sign_in, gen_random_uuid() AS family,
       CASE WHEN k < 2 THEN 'organization_admin' WHEN k = 2 THEN 'user_admin' ELSE 'viewer' END AS role,
       now() - interval '100 days' AS at
FROM place p, generate_series(0, $people - 1) k;

INSERT INTO identity_organization (id, key, name, sort_key, register_id, status, language, time_zone, mail_domains,
                                   created_at)
SELECT organization, 'crowd-' || no, 'Crowd ' || no, 'crowd ' || no, '', 'active', 'en', 'Europe/Helsinki', '{}', now()
FROM place;

INSERT INTO identity_customernumber (id, number, organization_id, unit_id)
SELECT gen_random_uuid(), 'C-' || no, organization, u.id FROM place, identity_businessunit u WHERE u.key = 'kivisalo';

INSERT INTO identity_user (password, is_superuser, id, directory, email, contact, name, sort_key, phone, language, time_zone,
                           is_active, epoch, created_at)
SELECT 'argon2$$x', false, usr, 'customer', 'p' || k || '@crowd' || no || '.example', '', 'Person ' || k, 'person ' || k, '', 'en', '',
       true, 1, at FROM person;

INSERT INTO identity_membership (id, directory, kind, title, former_name, sort_key, epoch, created_at, user_id, organization_id)
SELECT membership, 'customer', 'person', '', '', 'person ' || k, 1, at, usr, organization FROM person;

INSERT INTO identity_membershipperiod (id, state, valid_from, membership_id)
SELECT gen_random_uuid(), 'active', at, membership FROM person;

INSERT INTO delegation_ceiling (id, currency, valid_from, organization_id, entitlement_id)
SELECT gen_random_uuid(), '', now() - interval '100 days', organization, e.id FROM place, delegation_entitlement e;

INSERT INTO delegation_assignment (id, all_sites, valid_from, assigned_by, assigned_by_kind, act, membership_id,
                                   organization_id, role_id)
SELECT assignment, true, at, usr, 'system', usr, membership, organization, r.id
FROM person JOIN delegation_role r ON r.key = person.role;

INSERT INTO delegation_invitation (id, email, name, language, all_sites, limits, invited_by, invited_by_kind,
                                   created_at, expires_at, accepted_at, membership_id, organization_id, role_id)
SELECT gen_random_uuid(), 'p' || k || '@crowd' || no || '.example', '', 'en', true, '[]', usr, 'person', at,
       at + interval '14 days', at, membership, organization, r.id
FROM person JOIN delegation_role r ON r.key = person.role;

INSERT INTO mfa_authenticator (type, data, user_id, created_at)
SELECT 'totp', '{}', usr, at FROM person WHERE k < 3;

INSERT INTO provisioning_account (due_at, attempts, last_error, remote_id, acknowledged_digest, acknowledged_active, acknowledged_at, acknowledged_rights, checked_at, state,
                                  priority, generation, act, user_id, target_id)
SELECT $due, 0, '', usr::text, '', true, at, jsonb_build_object(membership::text, '[{}]'::jsonb), at, 'up_to_date', 1, 1, usr, usr, t.id
FROM person, provisioning_target t JOIN identity_application p ON p.id = t.application_id;

INSERT INTO identity_session (session_key, session_data, expire_date, directory, epoch, created_at, last_seen_at, agent, user_id)
SELECT sign_in::text, '', now() + interval '10 days', 'customer', 1, at, at, '', usr FROM person;

INSERT INTO identity_signin (id, session_key, user_epoch, membership_epoch, auth_time, amr, started_at, last_seen_at, ended_at,
                             membership_id, user_id)
SELECT sign_in, sign_in::text, 1, 1, at, '[]', at, at, CASE WHEN k % 2 = 0 THEN at + interval '1 hour' END, membership, usr
FROM person;

INSERT INTO identity_lastsignin (membership_id, at) SELECT membership, at FROM person WHERE k % 3 > 0;

INSERT INTO identity_signin_clients (signin_id, client_id) SELECT sign_in, 'ordering' FROM person;

INSERT INTO identity_tokenfamily (user_epoch, membership_epoch, scopes, id_token_claims, resource, issued_at, expires_at, id, nonce, client_id,
                                    membership_id, user_id, sign_in_id, auth_time, amr)
SELECT 1, 1, 'openid', '', '', at, now() + interval '10 days', family, '', 'ordering', membership, usr, sign_in, at, '[]' FROM person;

INSERT INTO audit_event (id, at, chain, seq, act, verb, outcome, actor_kind, actor, subject_kind, subject, organization,
                         incarnation, prev, hash, body, mac)
SELECT gen_random_uuid(), now(), organization, k + 1, usr, 'access.change', 'done', 'system', usr, 'membership', membership,
       organization, 1, '', sha256(''), '', 'k1:00000000000000000000000000000000' FROM person;

INSERT INTO audit_chain (id, kind, last_seq, last_hash, last_at) SELECT organization, 'organization', $people, '', now() FROM place;
INSERT INTO audit_chain (id, kind) SELECT usr, 'person' FROM person;
INSERT INTO provisioning_cursor (chain, seq) SELECT organization, $people FROM place;

INSERT INTO delegation_customercontact (id, contact, organization_id, kind, name, email, phone, valid_from, added_by, added_by_kind, act)
SELECT gen_random_uuid(), gen_random_uuid(), organization, 'invoice', 'Contact ' || no, 'contact@crowd' || no || '.example', '',
       now() - interval '100 days', organization, 'system', organization FROM place;
