"""An actor says who acts, and through which channel, in plain values: the log outlives its subjects."""

import uuid
from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Says where an actor's authority comes from (`delegation.authorization.authorities`)."""

    PERSON = "person"
    STAFF = "staff"
    SERVICE = "service"
    STAFF_SERVICE = "staff_service"
    """A service user that a member of the supplier's staff owns."""
    CONNECTION = "connection"
    SYSTEM = "system"


class Channel(StrEnum):
    """An event records the channel through which its act came."""

    WEB = "web"
    API = "api"
    SCIM = "scim"
    OIDC = "oidc"
    JOB = "job"
    SHELL = "shell"


@dataclass(frozen=True, slots=True)
class Actor:
    """Identifies the person, program or system that acts. Never None: a timer acts as the system.

    `label` and `address` are personal: the log holds them as ciphertext only.
    """

    kind: ActorKind
    id: uuid.UUID
    channel: Channel
    label: str = ""
    address: str = ""
    request_id: str = ""
    staff_roles: frozenset[str] = frozenset()
    """Of staff: the roles that this session allows; of their service users, what the owner's last sign-in allowed."""
    scopes: frozenset[str] | None = None
    """Of a service user: the scopes of its token; None stands for all that it was given."""
    owner: uuid.UUID | None = None
    """Of a service user: the person or staff member who owns it."""
    preparer: uuid.UUID | None = None
    """Of a person: the staff member who prepared the form that the person sends, with `preparer_label` as name."""
    preparer_label: str = ""

    @property
    def is_person(self) -> bool:
        """Return whether `id` is the id of a user."""
        kinds = {ActorKind.PERSON, ActorKind.STAFF, ActorKind.SERVICE, ActorKind.STAFF_SERVICE}
        return self.kind in kinds

    @property
    def is_of_supplier(self) -> bool:
        """Return whether staff rights are what gives it authority."""
        return self.kind in {ActorKind.STAFF, ActorKind.STAFF_SERVICE}

    @property
    def own_users(self) -> frozenset[uuid.UUID]:
        """Return the actor and, of a service user, its owner: what one may not do to oneself concerns both."""
        return frozenset({self.id} if self.owner is None else {self.id, self.owner})

    @property
    def responsible(self) -> uuid.UUID:
        """Return who answers for the acts: of a service user, the person who owns it."""
        return self.id if self.owner is None else self.owner

    def is_self(self, user: uuid.UUID) -> bool:
        """Return whether this user is one of `own_users`."""
        return user in self.own_users


SYSTEM_ID = uuid.UUID("00000000-0000-7000-8000-000000000001")


def system(*, channel: Channel = Channel.JOB) -> Actor:
    """Return the actor of timers, data migrations and the first onboarding."""
    return Actor(kind=ActorKind.SYSTEM, id=SYSTEM_ID, channel=channel, label="Keyholder")
