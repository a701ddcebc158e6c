"""A connector gives accounts all that they need from the protocol of one kind of target."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from delegation.authorization.entitlements import Right
from provisioning.connectors.rights_summary import RightSummary
from provisioning.http.pool import Pool

Record = dict[str, Any]
"""A person's record in the target's own format. It has JSON values only: accounts store its digest."""


@dataclass(frozen=True, slots=True)
class OrganizationEntry:
    """Describes an organization of the person as the target's record shows it."""

    organization: str
    key: str
    name: str
    customer_number: str
    active: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class DesiredPerson:
    """Describes the person as a target should hold them, before a connector uses the target's format."""

    external_id: str
    """Keyholder's id of the record: the person's, or the membership's where the target has one record for each."""
    user_name: str
    email: str
    name: str
    language: str
    organizations: tuple[OrganizationEntry, ...]
    given_name: str = ""
    """Empty where the target takes the whole name alone; the same holds for `family_name`."""
    family_name: str = ""
    phone: str | None = None
    """The work phone; empty where the person has none, None where the target takes none."""

    @property
    def active(self) -> bool:
        """Check whether the person is active in one of the organizations."""
        return any(entry.active for entry in self.organizations)


@dataclass(frozen=True, slots=True)
class TargetProfile:
    """Holds a target's address and behavior as plain values, which a delivery uses in any thread."""

    base_url: str
    token: str
    supports_patch: bool = True
    verify_writes: bool = True
    deletes: bool = False
    """Whether the record of a removed person is deleted instead of deactivated."""
    media_type: str = "application/scim+json"
    """Of requests with a body, and preferred in answers."""
    target: uuid.UUID | None = None
    """The id with which its last requests are stored for operators; None for a system that is only tried."""


@dataclass(frozen=True, slots=True)
class SyncTask:
    """Holds the desired record of one person, and what Keyholder knows about the current one."""

    profile: TargetProfile
    record: Record
    remote_id: str = ""
    """The target's own id of the record; empty where unknown."""
    read_first: bool = False
    """Whether the record is read before it is written: it may differ from the last acknowledgement."""
    unconfirmed: int = 0
    """How many writes in a row the target has reported as done and not shown when it was read."""


class ObservedState(TypedDict):
    """Holds the state of a record that differs, in codes and ids; it contains no names."""

    active: bool
    rights: dict[str, list[RightSummary]]
    """By id of the organization."""


@dataclass(slots=True)
class SyncResult:
    """Describes the target after the synchronization."""

    remote_id: str
    wrote: bool
    supports_patch: bool | None = None
    """Whether this record was changed by PATCH; False where there is no such request, None where nothing shows it."""


class Connector(Protocol):
    """A connector has no state and reads no database: its methods run in any thread.

    Its requests go through the caller's pool, which is the guarded way out and which the caller closes.
    """

    def build_record(self, *, person: DesiredPerson) -> Record:
        """Build the record that the target should have. An equal person gives an equal record."""

    def synchronize(self, *, task: SyncTask, pool: Pool) -> SyncResult:
        """Make the target have this record: create, change, deactivate or delete it.

        Raises DeliveryError where the target does not have it afterwards, or may not.
        """

    def read_records(self, *, profile: TargetProfile, pool: Pool, limit: int) -> Iterator[Record]:
        """Yield the records that the target has, each once, about `limit` at most; some may be missing.

        Raises DeliveryError.
        """

    def read_record(self, *, task: SyncTask, pool: Pool) -> list[Record]:
        """Read the target's records of one person; empty where it has none. Raises DeliveryError."""

    def is_done(self, *, ours: Record, theirs: Sequence[Record]) -> bool:
        """Judge whether the target's records of one person are as desired. The only judge, also of `synchronize`."""

    def external_id(self, *, record: Record) -> str:
        """Return Keyholder's id of a record that was read; empty where it has none."""

    def observed_state(self, *, record: Record) -> ObservedState:
        """Return the state that pages show of a record that differs."""
