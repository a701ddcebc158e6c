"""One record in one target is brought to the desired state, and verified.

No response is trusted: what a filter returns is checked, a write is read back, and a lost record is created again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from provisioning.connectors.connector import SyncResult, SyncTask
from provisioning.connectors.scim import compare, schema
from provisioning.connectors.scim.endpoint import Rejected, Resource, ScimEndpoint, is_id
from provisioning.connectors.scim.lookup import Lookup
from provisioning.delivery import errors
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http.pool import Pool

_PATIENCE = 3
"""Writes of an active person that a target does not show, before it is sent the whole record."""
_Way = Callable[[str], None]


def run(*, task: SyncTask, pool: Pool) -> SyncResult:
    """Synchronize one record. Raises DeliveryError where the target does not have the desired record, or may not."""
    sync = _Sync(task, ScimEndpoint(task.profile, pool))
    try:
        return sync.upsert() if compare.is_active(task.record) else sync.close()
    except _Gone as error:
        raise DeliveryError(Code.TARGET_ERROR, detail="the record disappeared twice") from error


class _Gone(Exception):
    """The target no longer has a record with this id."""


@dataclass(slots=True)
class _Sync:
    task: SyncTask
    endpoint: ScimEndpoint
    lookup: Lookup = field(init=False)
    supports_patch: bool | None = None
    remaining: str = ""
    """The id of an inactive record that the target still has."""

    def __post_init__(self) -> None:
        is_removed = not compare.is_active(self.task.record)
        self.lookup = Lookup(self.endpoint, self.task.record, needs_proof=is_removed)

    def upsert(self) -> SyncResult:
        """Make the target have the record of an active person, once."""
        known = self.task.remote_id
        if known and not self.task.read_first:
            return self._updated(known)
        current = _single(self.lookup.read_by_id(known) if known else self.lookup.find())
        if current is None:
            return self._result(self._create())
        if compare.is_done(self.task.record, [current]):
            return self._result(compare.remote_id(current))
        return self._updated(compare.remote_id(current))

    def close(self) -> SyncResult:
        """Make the target have no active record of a removed person."""
        known = self.task.remote_id
        try:
            if known and not self.task.read_first:
                self._close([{"id": known, "active": True}])
            else:
                self._close(self._all_records(known))
        except _Gone:
            self._close(self.lookup.find())
        return self._result(self.remaining)

    def _all_records(self, known: str) -> list[Resource]:
        """Read the known record, and every other one of this person, where the target can find them."""
        if not known:
            return self.lookup.find()
        records = self.lookup.read_by_id(known)
        try:
            return list(
                {compare.remote_id(record): record for record in [*records, *self.lookup.find()]}.values()
            )
        except DeliveryError as error:
            if not records or error.code in errors.TARGET_UNAVAILABLE:
                raise
            return records

    def _close(self, records: list[Resource]) -> None:
        self.remaining = ""
        for record in records:
            remote_id = compare.remote_id(record)
            if self.task.profile.deletes and self._delete(remote_id):
                continue
            if not compare.is_inactive(record):
                self._write(remote_id)
            self.remaining = self.remaining or remote_id

    def _delete(self, remote_id: str) -> bool:
        """Delete the record. Returns False where the target does not: then it is deactivated instead."""
        try:
            self.endpoint.delete(remote_id)
        except Rejected as error:
            if error.is_gone:
                return self._is_deleted(remote_id)
            if error.code is Code.TARGET_ERROR:
                # The person is inactive until a later attempt deletes the record.
                self._write(remote_id)
                raise
            self._require_other_way(error)
            return False
        return not self.task.profile.verify_writes or self._is_deleted(remote_id)

    def _is_deleted(self, remote_id: str) -> bool:
        """Check that no active record is left; a 404 alone may say that the target has no such route."""
        return compare.is_done(self.task.record, self.lookup.read_by_id(remote_id))

    def _create(self) -> str:
        try:
            created = self.endpoint.create(self.task.record)
        except Rejected as error:
            if not error.is_conflict:
                raise
            return self._adopt(error)
        if created is None:
            created = _single(self.lookup.find())
        if created is None:
            raise DeliveryError(Code.NOT_APPLIED, detail="created, and not found yet")
        remote_id = compare.remote_id(self.lookup.require_ours(created))
        if not compare.is_done(self.task.record, [created]):
            self._verify(remote_id)
        return remote_id

    def _adopt(self, conflict: Rejected) -> str:
        """Adopt our earlier record (its response was lost), or an unmanaged one with the same user name."""
        existing = _single(self.lookup.find()) or self.lookup.unmanaged()
        if existing is None:
            raise conflict
        self._write(compare.remote_id(existing))
        return compare.remote_id(existing)

    def _updated(self, remote_id: str) -> SyncResult:
        """Update the record; find or create it again where the target has lost the known id."""
        try:
            self._write(remote_id)
        except _Gone:
            current = _single(self.lookup.find())
            if current is None:
                return self._result(self._create())
            remote_id = compare.remote_id(current)
            self._write(remote_id)
        return self._result(remote_id)

    def _write(self, remote_id: str) -> None:
        """Write the record in the first way that the target accepts, and verify it. Raises _Gone, DeliveryError."""
        rejections: list[Rejected] = []
        lacks_patch = False
        for way in self._ways():
            try:
                way(remote_id)
            except Rejected as error:
                rejections.append(error)
                if error.is_gone and not self.lookup.is_there(remote_id):
                    raise _Gone from error
                self._require_other_way(error)
                lacks_patch |= way == self._patch and (error.is_gone or error.is_about_method)
                continue
            self._verify(remote_id)
            self._learn(way, lacks_patch=lacks_patch)
            return
        raise rejections[0]

    def _ways(self) -> list[_Way]:
        """Return the ways to write, in the order of this attempt: one that had no effect comes later.

        A removed person's record may also be left as it is but for `active`: its content may be what a target rejects.
        """
        ways: list[_Way] = (
            [self._patch, self._put] if self.task.profile.supports_patch else [self._put, self._patch]
        )
        turn = self.task.unconfirmed // _PATIENCE
        if not compare.is_active(self.task.record):
            ways += [self._patch_active, self._put_inactive]
            turn = self.task.unconfirmed
        turn %= len(ways)
        return ways[turn:] + ways[:turn]

    def _require_other_way(self, error: Rejected) -> None:
        """Raise the rejection where no other way may succeed. A removed person's record is closed in any way."""
        is_refused = error.code is Code.REFUSED
        is_closing = not compare.is_active(self.task.record) and error.code not in errors.TARGET_UNAVAILABLE
        if not is_refused and not (is_closing and not error.is_unauthenticated):
            raise error

    def _patch(self, remote_id: str) -> None:
        self.endpoint.patch(remote_id, schema.patch(self.task.record))

    def _put(self, remote_id: str) -> None:
        self.endpoint.put(remote_id, self.task.record)

    def _patch_active(self, remote_id: str) -> None:
        self.endpoint.patch(remote_id, schema.DEACTIVATION)

    def _put_inactive(self, remote_id: str) -> None:
        for current in self.lookup.read_by_id(remote_id):
            if is_id(compare.remote_id(current), remote_id):
                self.endpoint.put(remote_id, schema.deactivated(current))
                return
        raise _Gone

    def _learn(self, way: _Way, *, lacks_patch: bool) -> None:
        """Note whether the target carries out a PATCH; a rejection of this record's content says nothing about it."""
        if way in {self._patch, self._patch_active}:
            self.supports_patch = True
        elif lacks_patch:
            self.supports_patch = False

    def _verify(self, remote_id: str) -> None:
        """Read the record back. A read may come too early: the error stays temporary for some attempts."""
        if not self.task.profile.verify_writes:
            return
        if not compare.is_done(self.task.record, self.lookup.read_by_id(remote_id)):
            raise DeliveryError(Code.NOT_APPLIED, remote_id=remote_id)

    def _result(self, remote_id: str) -> SyncResult:
        return SyncResult(
            remote_id=remote_id,
            wrote=self.endpoint.writes > 0,
            supports_patch=self.supports_patch,
        )


def _single(records: list[Resource]) -> Resource | None:
    """Return the only record; None without any. Raises DeliveryError for several."""
    if len(records) > 1:
        raise DeliveryError(Code.AMBIGUOUS, detail="several records with one externalId")
    return records[0] if records else None
