"""The names of these fields are the keys of the file with a person's data, and only grow (docs/my-data.md)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OwnDetails:
    """Holds what every organization of the person sees."""

    id: str
    name: str
    email: str
    phone: str
    language: str
    created_at: dt.datetime
    mail_returned_at: dt.datetime | None
    """Since when mail to the address comes back."""


@dataclass(frozen=True, slots=True)
class OwnPeriod:
    """Holds an interval of a membership: active or suspended."""

    state: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """Limits an entitlement of an assignment; without an amount, explicitly to nothing."""

    entitlement: str
    amount: str | None
    currency: str
    period: str


@dataclass(frozen=True, slots=True)
class OwnAccess:
    """Holds an assignment, also an ended one."""

    role: str
    role_name: Text
    all_sites: bool
    sites: Sequence[str]
    limits: Sequence[OwnLimit]
    valid_from: dt.datetime
    valid_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """Holds a membership, also an ended one, with its whole history."""

    id: str
    organization: str
    organization_name: str
    title: str
    created_at: dt.datetime
    periods: Sequence[OwnPeriod]
    access: Sequence[OwnAccess]


@dataclass(frozen=True, slots=True)
class OwnSession:
    """Holds a signed-in browser."""

    browser: str
    signed_in_at: dt.datetime
    last_seen_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """Holds a sign-in for one organization, with the services that it opened."""

    organization: str
    methods: Sequence[str]
    authenticated_at: dt.datetime
    last_seen_at: dt.datetime
    ended_at: dt.datetime | None
    services: Sequence[str]


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """Holds what a service was given by a sign-in: `scopes` are what the person agreed to."""

    service: str
    service_name: Text
    organization: str
    scopes: Sequence[str]
    issued_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnMethod:
    """Holds a sign-in method; never a secret."""

    kind: str
    added_at: dt.datetime
    last_used_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnInvitation:
    """Holds an invitation to the person's address; the inviting person is not named."""

    organization: str
    role: str
    created_at: dt.datetime
    expires_at: dt.datetime
    accepted_at: dt.datetime | None
    cancelled_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """Holds a service user that the person owns or owned."""

    organization: str
    name: str
    scopes: Sequence[str]
    valid_from: dt.datetime
    valid_until: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """Holds a question whether an admin is still there, about or by the person; the other person is not named."""

    organization: str
    about_you: bool
    reason: str
    asked_at: dt.datetime
    state: str
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnBlock:
    """Holds a block of the own sign-in after a change that was another person's."""

    changed_at: dt.datetime
    blocked_at: dt.datetime
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnFactorRecovery:
    """Holds a request at customer service for a new second sign-in method."""

    organization: str
    recognition: str
    state: str
    opened_at: dt.datetime
    ends_at: dt.datetime
    used_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OwnWarning:
    """Holds a warning that the membership is suspended without a sign-in."""

    organization: str
    number: int
    warned_at: dt.datetime
    suspends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnConfirmation:
    """Holds that the person confirmed to be an admin still."""

    organization: str
    confirmed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """Holds an event of the log that the person caused or that is about the person; no other person is named."""

    id: str
    at: dt.datetime
    type: str
    outcome: str
    organization: str
    by_you: bool
    about_you: bool
    address: str
    """The network address of the person's own act."""


@dataclass(frozen=True, slots=True)
class OwnData:
    """Holds everything, the newest first."""

    person: OwnDetails
    has_password: bool
    sign_in_methods: Sequence[OwnMethod]
    memberships: Sequence[OwnMembership]
    sessions: Sequence[OwnSession]
    sign_ins: Sequence[OwnSignIn]
    services: Sequence[OwnGrant]
    invitations: Sequence[OwnInvitation]
    programs: Sequence[OwnProgram]
    questions: Sequence[OwnQuestion]
    blocks: Sequence[OwnBlock]
    recoveries: Sequence[OwnFactorRecovery]
    warnings: Sequence[OwnWarning]
    confirmations: Sequence[OwnConfirmation]
    events: Sequence[OwnEvent]
    events_complete: bool
    """False where there are more events than the file holds."""
