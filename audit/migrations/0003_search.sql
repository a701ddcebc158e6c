-- The supplier's search over the log of all customers reads the newest events first; what is rare has an index of its own.
CREATE INDEX audit_event_newest ON audit_event (at DESC, id DESC);
CREATE INDEX audit_event_refused ON audit_event (at DESC, id DESC) WHERE outcome = 'refused';
CREATE INDEX audit_event_staff ON audit_event (at DESC, id DESC) WHERE actor_kind IN ('staff', 'staff_service');
-- Charts count acts: these columns answer without the events themselves.
CREATE INDEX audit_event_acts ON audit_event (at, verb, outcome, actor_kind, organization, chain)
    WHERE outcome <> 'observed';
