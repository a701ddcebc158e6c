"""Who acts, through which door. Plain values: a log outlives its subjects."""

import uuid
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What kind of being acts."""

    PERSON = "person"
    STAFF = "staff"
    SERVICE = "service"
    CONNECTION = "connection"
    SYSTEM = "system"


class Channel(StrEnum):
    """The way in through which an act came."""

    WEB = "web"
    API = "api"
    SCIM = "scim"
    OIDC = "oidc"
    JOB = "job"
    SHELL = "shell"


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts. Never None: what nobody did, the system did.

    `label` and `address` are personal and are written to the log as ciphertext only.
    """

    kind: Kind
    id: uuid.UUID
    channel: Channel
    label: str = ""
    address: str = ""
    request_id: str = ""

    @property
    def is_person(self) -> bool:
        """Whether a user row stands behind this actor."""
        return self.kind in {Kind.PERSON, Kind.STAFF, Kind.SERVICE}


SYSTEM_ID = uuid.UUID("00000000-0000-7000-8000-000000000001")


def system(*, channel: Channel = Channel.JOB) -> Actor:
    """The system itself: timers, migrations of data, the first onboarding."""
    return Actor(kind=Kind.SYSTEM, id=SYSTEM_ID, channel=channel, label="Keyholder")
