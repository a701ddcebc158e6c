"""Rate limits bound guesses of secrets, requests for pages, and mails; SECURITY.md has the same table.

A counter is a row of the shared cache that no other row evicts. Windows are aligned to the clock, so that each refusal
knows in how many seconds the next attempt is possible.
"""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache

from audit.foundation import clock


@dataclass(frozen=True, slots=True)
class Limit:
    """Allows `amount` of `what` by or for one `per` in each window of `seconds`."""

    name: str
    what: str
    per: str
    amount: int
    seconds: int


_MINUTE, _HOUR, _DAY = 60, 3600, 24 * 3600

DEVICE = Limit("device", "wrong secrets", "known browser", 10, _HOUR)
SESSION = Limit("session", "wrong secrets", "session in an unknown browser", 5, 5 * _MINUTE)
# A right secret is given back, but counts while it is checked: many colleagues sign in from one network at once.
NETWORK = Limit("network", "wrong secrets", "network, unknown browsers", 30, _MINUTE)
PERSON_NETWORK = Limit(
    "person-network", "wrong secrets", "person and network, unknown browsers", 5, 5 * _MINUTE
)
PERSON = Limit("person", "wrong secrets", "person, unknown browsers", 15, 5 * _MINUTE)
# Codes are tried after the right password only, so strangers lock nobody out here. Of a million codes three are right
# at a time: 180 a day find one in some five years (NIST SP 800-63B-4 §3.2.2).
CODES = Limit("codes", "wrong codes after the right password", "person, unknown browsers", 30, 4 * _HOUR)
REQUESTS = Limit(
    "requests",
    "passkey challenges, reset requests, and links of reset and security mails",
    "network or known browser",
    60,
    _MINUTE,
)
# Apart from those of strangers, who must not make a known browser wait: one person can have any number of browsers.
REQUESTS_KNOWN = Limit(
    "requests-known",
    "passkey challenges, reset requests, and links of reset and security mails",
    "network, known browsers",
    300,
    _MINUTE,
)
RESET_MAIL = Limit("reset-mail", "reset mails", "address, unknown browsers", 3, _DAY)
RESET_MAIL_LATER = Limit(
    "reset-mail-later", "reset mail after those", "address, unknown browsers", 1, 2 * _HOUR
)
RESET_MAIL_DEVICE = Limit("reset-mail-device", "reset mails", "known browser", 5, _DAY)
NOTICE = Limit(
    "notice", "mails at once about changed factors, the others as one mail an hour", "person", 10, _DAY
)
RESYNC = Limit("resync", "resyncs of access and retries of a removal", "person", 6, _MINUTE)
# Each change is an event in the log of every organization of the person, and a delivery to every connected system.
OWN_DETAILS = Limit("own-details", "changes of the own name and phone", "person", 5, _DAY)
# Each reads all events of a person.
OWN_DATA = Limit("own-data", "readings of all of the own data", "person", 20, _HOUR)
OWN_LANGUAGE = Limit("own-language", "changes of the own language", "person", 20, _DAY)
INVITATION_NOTICE = Limit(
    "invitation-notice",
    "mails at once about invitations to addresses outside, the others as one mail in four hours",
    "admin and organization",
    10,
    _DAY,
)
LOOK_CODES = Limit("look-codes", "codes by which support may look along", "person", 10, _HOUR)
# Of a million codes some tens are open at a time: 30 guesses a day find one in some years.
LOOK_GUESSES = Limit("look-guesses", "wrong codes of looking along", "staff member", 5, 10 * _MINUTE)
LOOK_GUESSES_DAY = Limit("look-guesses-day", "wrong codes of looking along", "staff member", 30, _DAY)
# Each is a mail, and an event in the organization's log.
ADMIN_MESSAGES = Limit("admin-messages", "messages to the own admins", "person", 10, _DAY)
ABSENCE_CLAIMS = Limit("absence-claims", "questions whether an admin is still one", "person", 5, _DAY)
# Each is a row and a mail to an address that a stranger enters; the command bounds them by address and in all.
CASE_REQUESTS = Limit("case-requests", "requests for an admin’s place", "network", 10, _HOUR)
# 200 of a day are confirmed in all: ten networks together could use them up, one or two cannot.
CASE_REQUESTS_DAY = Limit("case-requests-day", "requests for an admin’s place", "network", 20, _DAY)
# By both, so that strangers elsewhere do not use up what the owner of an address has.
CASE_ADDRESSES = Limit("case-addresses", "requests for an admin’s place", "network and address", 3, _DAY)
# Links have 256 random bits: this bounds what strangers write into the log.
CASE_LINKS = Limit("case-links", "unknown links of letters about a missing admin", "network", 30, _MINUTE)
STAFF_SIGN_IN = Limit("staff-sign-in", "starts and responses of staff sign-ins", "network", 60, _MINUTE)
# It opens a connection from the supplier's network to an address that an operator enters.
TARGET_TEST = Limit("target-test", "test calls to connected systems", "operator", 20, _HOUR)
# Each asks name servers of others.
DOMAIN_CHECKS = Limit("domain-checks", "checks of mail domains by an admin", "organization", 30, _HOUR)
# A program that reads all people of a large organization takes pages of 200; each request occupies a thread.
API_READS = Limit("api-reads", "requests of the REST API that read", "service user", 600, _MINUTE)
API_CHANGES = Limit("api-changes", "requests of the REST API that change", "service user", 120, _MINUTE)
API_TOKENS = Limit("api-tokens", "access tokens of the REST API", "service user", 30, _MINUTE)
# Each is a row of the shared cache, written for a client that proves nothing.
OIDC_STRANGERS = Limit(
    "oidc-strangers", "pushed requests and device sign-ins of public clients", "network", 60, _MINUTE
)
# A code of eight letters out of 20 is one of 25 thousand million, and lives ten minutes.
DEVICE_CODES = Limit("device-codes", "wrong codes of device sign-ins", "person", 10, 10 * _MINUTE)

LIMITS: Sequence[Limit] = (
    DEVICE,
    SESSION,
    NETWORK,
    PERSON_NETWORK,
    PERSON,
    CODES,
    REQUESTS,
    REQUESTS_KNOWN,
    RESET_MAIL,
    RESET_MAIL_LATER,
    RESET_MAIL_DEVICE,
    NOTICE,
    RESYNC,
    OWN_DETAILS,
    OWN_DATA,
    OWN_LANGUAGE,
    INVITATION_NOTICE,
    LOOK_CODES,
    LOOK_GUESSES,
    LOOK_GUESSES_DAY,
    ADMIN_MESSAGES,
    ABSENCE_CLAIMS,
    CASE_REQUESTS,
    CASE_REQUESTS_DAY,
    CASE_ADDRESSES,
    CASE_LINKS,
    STAFF_SIGN_IN,
    TARGET_TEST,
    DOMAIN_CHECKS,
    API_READS,
    API_CHANGES,
    API_TOKENS,
    OIDC_STRANGERS,
    DEVICE_CODES,
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Holds what was counted, or how many seconds to wait where a limit is reached and nothing was counted."""

    counters: Sequence[str] = ()
    wait: int = 0

    def give_back(self) -> None:
        """Count the attempt no more."""
        for counter in self.counters:
            with suppress(ValueError):  # the window has ended
                cache.incr(counter, -1)


def take(*subjects: tuple[Limit, str]) -> Taken:
    """Count one attempt under each limit before it is made, so that attempts at once cannot exceed one."""
    counters: list[str] = []
    at = clock.wall().timestamp()
    for limit, subject in subjects:
        window = math.floor(at / limit.seconds)
        end = (window + 1) * limit.seconds
        counter = f"limit:{limit.name}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}:{window}"
        counters.append(counter)
        if _count(counter, seconds=math.ceil(end - at) + 1) > limit.amount:
            Taken(counters).give_back()
            return Taken(wait=max(1, math.ceil(end - at)))
    return Taken(counters)


def _count(counter: str, *, seconds: int) -> int:
    try:
        return cache.incr(counter)
    except ValueError:
        return 1 if cache.add(counter, 1, seconds) else cache.incr(counter)
