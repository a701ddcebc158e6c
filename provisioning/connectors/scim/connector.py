"""This connector serves targets with a SCIM 2.0 endpoint (RFC 7643, RFC 7644)."""

from collections.abc import Iterator

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
        """Yield the records page by page, and no further page after `limit` records. Raises DeliveryError."""
        start, total = 1, 1
        while start <= min(total, limit):
            # One endpoint for each page, because an endpoint limits the time of all its requests together.
            page, total = ScimEndpoint(profile.base_url, profile.token, pool).page(start)
            if not page:
                return
            start += len(page)
            yield from page

    def matches(self, *, ours: Record, theirs: Record) -> bool:
        """Check whether the two records agree in every attribute that Keyholder manages."""
        return compare.matches(ours, theirs)

    def external_id(self, *, record: Record) -> str:
        """Return the `externalId`; empty where absent."""
        return compare.external_id(record)

    def is_active(self, *, record: Record) -> bool:
        """Check whether the record is active."""
        return compare.is_active(record)

    def observed_state(self, *, record: Record) -> ObservedState:
        """Return the state of a record that differs, without names."""
        return compare.observed_state(record)
