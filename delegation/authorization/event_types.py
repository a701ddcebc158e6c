"""Events are of a verb's type, or of a type that no act decides; each type has a topic in the log's filter."""

from enum import StrEnum

from delegation.authorization.verbs import Topic, Verb


class Observation(StrEnum):
    """Events of these types are recorded outside acts: changes to one's own sign-in, and results of the system."""

    ACCOUNT_SYNCED = "account.synced"
    ACCOUNT_SYNC_FAILED = "account.sync_failed"
    BREAK_GLASS_ENDED = "break_glass.ended"
    BREAK_GLASS_OPENED = "break_glass.opened"
    BREAK_GLASS_PASSKEY_ADDED = "break_glass.passkey_added"
    BREAK_GLASS_USED = "break_glass.used"
    CONTINUITY_FELL = "continuity.fell"
    CUSTOMER_DATA_READ = "customer_data.read"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_RENAMED = "factor.renamed"
    FACTOR_RESET = "factor.reset"
    LOGOUT_DELIVERED = "logout.delivered"
    LOGOUT_FAILED = "logout.failed"
    MAIL_BOUNCED = "mail.bounced"
    MAIL_FAILED = "mail.failed"
    MAIL_SENT = "mail.sent"
    ORGANIZATION_ORPHANED = "organization.orphaned"
    OWN_DATA_READ = "own_data.read"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a verb
    PASSWORD_REHASHED = "password.rehashed"  # noqa: S105 - a verb
    PASSWORD_RESET = "password.reset"  # noqa: S105 - a verb
    SESSION_ENDED = "session.ended"
    SESSION_REAUTHENTICATED = "session.reauthenticated"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_DENIED = "sign_in.denied"
    STAFF_ENROLLED = "staff.enrolled"
    STAFF_RENAMED = "staff.renamed"
    STAFF_SESSION_ENDED = "staff_session.ended"
    STAFF_SIGN_IN_DENIED = "staff_sign_in.denied"
    STAFF_SIGN_IN_SUCCEEDED = "staff_sign_in.succeeded"
    SUPPLIER_LOG_READ = "supplier_log.read"
    TARGET_TESTED = "target.tested"
    TOKEN_REPLAYED = "token.replayed"  # noqa: S105 - a verb

    @property
    def topic(self) -> Topic:
        """Return the topic by which the log's filter finds these events."""
        return _TOPICS.get(self, Topic.OTHER)


FAILURES = frozenset({Observation.ACCOUNT_SYNC_FAILED, Observation.LOGOUT_FAILED, Observation.MAIL_FAILED})
"""Failed deliveries: a filter across topics."""
_TOPICS: dict[Observation, Topic] = {
    Observation.ACCOUNT_SYNCED: Topic.SYSTEMS,
    Observation.ACCOUNT_SYNC_FAILED: Topic.SYSTEMS,
    Observation.BREAK_GLASS_ENDED: Topic.NOT_LOGGED,
    Observation.BREAK_GLASS_OPENED: Topic.NOT_LOGGED,
    Observation.BREAK_GLASS_PASSKEY_ADDED: Topic.NOT_LOGGED,
    Observation.BREAK_GLASS_USED: Topic.NOT_LOGGED,
    Observation.CUSTOMER_DATA_READ: Topic.STAFF,
    Observation.FACTOR_ADDED: Topic.SIGN_IN,
    Observation.FACTOR_REMOVED: Topic.SIGN_IN,
    Observation.FACTOR_RENAMED: Topic.SIGN_IN,
    Observation.FACTOR_RESET: Topic.SIGN_IN,
    Observation.LOGOUT_DELIVERED: Topic.SYSTEMS,
    Observation.LOGOUT_FAILED: Topic.SYSTEMS,
    Observation.MAIL_FAILED: Topic.MAILS,
    Observation.MAIL_SENT: Topic.MAILS,
    Observation.OWN_DATA_READ: Topic.NOT_LOGGED,
    Observation.PASSWORD_CHANGED: Topic.SIGN_IN,
    Observation.PASSWORD_REHASHED: Topic.SIGN_IN,
    Observation.PASSWORD_RESET: Topic.SIGN_IN,
    Observation.SESSION_ENDED: Topic.SIGN_IN,
    Observation.SESSION_REAUTHENTICATED: Topic.SIGN_IN,
    Observation.SIGN_IN_SUCCEEDED: Topic.SIGN_IN,
    Observation.SIGN_IN_FAILED: Topic.SIGN_IN,
    Observation.SIGN_IN_DENIED: Topic.SIGN_IN,
    Observation.STAFF_ENROLLED: Topic.NOT_LOGGED,
    Observation.STAFF_RENAMED: Topic.NOT_LOGGED,
    Observation.STAFF_SESSION_ENDED: Topic.NOT_LOGGED,
    Observation.STAFF_SIGN_IN_DENIED: Topic.NOT_LOGGED,
    Observation.STAFF_SIGN_IN_SUCCEEDED: Topic.NOT_LOGGED,
    Observation.SUPPLIER_LOG_READ: Topic.NOT_LOGGED,
    Observation.TARGET_TESTED: Topic.NOT_LOGGED,
    Observation.TOKEN_REPLAYED: Topic.SIGN_IN,
}


def event_types(topic: Topic) -> list[str]:
    """List the verbs and observations that this filter finds."""
    return sorted(str(event_type) for event_type in (*Verb, *Observation) if event_type.topic is topic)
