"""This connector serves targets with a SCIM 2.0 endpoint (RFC 7643, RFC 7644)."""

from collections.abc import Iterator, Sequence

from provisioning.connectors.connector import (
    DesiredPerson,
    ObservedState,
    Record,
    SyncResult,
    SyncTask,
    TargetProfile,
)
from provisioning.connectors.scim import compare, schema, sync_record
from provisioning.connectors.scim.endpoint import ScimEndpoint
from provisioning.connectors.scim.listing import Listing
from provisioning.connectors.scim.lookup import Lookup
from provisioning.http.pool import Pool


class ScimConnector:
    """Speaks SCIM 2.0 to a target (`provisioning.connectors.connector.Connector`)."""

    def build_record(self, *, person: DesiredPerson) -> Record:
        """Build a SCIM user with the Keyholder extension."""
        return schema.user(person)

    def synchronize(self, *, task: SyncTask, pool: Pool) -> SyncResult:
        """Make the target have this record. Raises DeliveryError."""
        return sync_record.run(task=task, pool=pool)

    def read_records(self, *, profile: TargetProfile, pool: Pool, limit: int) -> Iterator[Record]:
        """Yield the records, each once, and read no further page after `limit` records. Raises DeliveryError."""
        # One endpoint for each page, because an endpoint limits the time of all its requests together.
        return iter(Listing(lambda start: ScimEndpoint(profile, pool).page(start), limit))

    def read_record(self, *, task: SyncTask, pool: Pool) -> list[Record]:
        """Read the records of one person by id, else by filters. Raises DeliveryError."""
        lookup = Lookup(ScimEndpoint(task.profile, pool), task.record, needs_proof=True)
        return list(lookup.read_by_id(task.remote_id) if task.remote_id else lookup.find())

    def is_done(self, *, ours: Record, theirs: Sequence[Record]) -> bool:
        """Judge whether the target's records of one person are as desired."""
        return compare.is_done(ours, theirs)

    def external_id(self, *, record: Record) -> str:
        """Return the `externalId`; empty where absent."""
        return compare.external_id(record)

    def observed_state(self, *, record: Record) -> ObservedState:
        """Return the state of a record that differs, without names."""
        return compare.observed_state(record)
