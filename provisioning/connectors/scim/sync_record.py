"""One record in one target is brought to the desired state, and verified.

No response is trusted: the result of a filter is checked, a write is read back, and a lost record is created again.
"""

from dataclasses import dataclass

from provisioning.connectors.connector import ObservedState, SyncResult, SyncTask
from provisioning.connectors.scim import compare, schema
from provisioning.connectors.scim.endpoint import Conflict, NotFound, NotSupported, Resource, ScimEndpoint
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http.pool import Pool


def run(*, task: SyncTask, pool: Pool) -> SyncResult:
    """Synchronize one record. Raises DeliveryError where the target does not have the desired record, or may not."""
    sync = _Sync(task, ScimEndpoint(task.profile.base_url, task.profile.token, pool))
    try:
        return sync.delete() if task.profile.deletes and not task.record["active"] else sync.upsert()
    except Conflict as error:
        raise DeliveryError(Code.CONFLICT) from error
    except NotSupported as error:
        raise DeliveryError(Code.REFUSED) from error
    except NotFound as error:
        raise DeliveryError(Code.TARGET_ERROR, detail="the record disappeared twice") from error


@dataclass(slots=True)
class _Sync:
    task: SyncTask
    endpoint: ScimEndpoint
    supports_patch: bool = True
    observed: ObservedState | None = None

    def upsert(self) -> SyncResult:
        self.supports_patch = self.task.profile.supports_patch
        current = self._current()
        if current is None:
            if not self.task.record["active"]:
                return self._result("")
            return self._result(self._create())
        remote_id = compare.remote_id(current) if isinstance(current, dict) else current
        if isinstance(current, dict) and compare.matches(self.task.record, current):
            return self._result(remote_id)
        if isinstance(current, dict):
            self.observed = compare.observed_state(current)
        try:
            return self._result(self._update(remote_id))
        except NotFound:
            return self._recreate()

    def delete(self) -> SyncResult:
        remote_id = self.task.remote_id or compare.remote_id(self._find() or {})
        if remote_id:
            self.endpoint.delete(remote_id)
        return self._result("")

    def _current(self) -> Resource | str | None:
        """Read the current record; return its id alone where it is known and not to be read, and None where absent."""
        if self.task.remote_id and not self.task.read_first:
            return self.task.remote_id
        if self.task.remote_id:
            try:
                return self._require_ours(self.endpoint.get(self.task.remote_id))
            except NotFound:
                pass
        return self._find()

    def _require_ours(self, record: Resource) -> Resource:
        """Return the record. Raises DeliveryError where its id belongs to another person: that is never written."""
        external_id = compare.external_id(record)
        if external_id and external_id != self.task.record["externalId"]:
            raise DeliveryError(Code.AMBIGUOUS, detail="the id belongs to another person")
        return record

    def _find(self) -> Resource | None:
        external_id = self.task.record["externalId"]
        listed = self.endpoint.find("externalId", external_id)
        matching = [record for record in listed if compare.external_id(record) == external_id]
        if len({compare.remote_id(record) for record in matching}) > 1:
            raise DeliveryError(Code.AMBIGUOUS, detail="several records with one externalId")
        return matching[0] if matching else None

    def _create(self) -> str:
        try:
            created = self.endpoint.create(self.task.record)
        except Conflict:
            return self._adopt()
        if self.task.profile.verify_writes and not compare.matches(self.task.record, created):
            self._verify(compare.remote_id(created))
        return compare.remote_id(created)

    def _adopt(self) -> str:
        """Adopt our earlier record (its response was lost), or an unmanaged one with the same user name."""
        existing = self._find() or self._unmanaged()
        if existing is None:
            raise Conflict
        return self._update(compare.remote_id(existing))

    def _unmanaged(self) -> Resource | None:
        name = compare.user_name(self.task.record)
        listed = self.endpoint.find("userName", self.task.record["userName"])
        matching = [record for record in listed if compare.user_name(record) == name]
        return matching[0] if len(matching) == 1 and not compare.external_id(matching[0]) else None

    def _update(self, remote_id: str) -> str:
        if self.supports_patch:
            try:
                self.endpoint.patch(remote_id, schema.patch(self.task.record))
            except NotSupported:
                self._put_instead(remote_id)
            else:
                self._verify_or_put(remote_id)
        else:
            self.endpoint.put(remote_id, self.task.record)
            self._verify(remote_id)
        return remote_id

    def _put_instead(self, remote_id: str) -> None:
        self.endpoint.put(remote_id, self.task.record)
        self.supports_patch = False
        self._verify(remote_id)

    def _verify_or_put(self, remote_id: str) -> None:
        """Verify a PATCH, else send a PUT: some targets answer 200 to a PATCH and ignore unknown parts."""
        try:
            self._verify(remote_id)
        except DeliveryError as error:
            if error.code is not Code.NOT_APPLIED:
                raise
            self._put_instead(remote_id)

    def _verify(self, remote_id: str) -> None:
        if not self.task.profile.verify_writes:
            return
        current = self._require_ours(self.endpoint.get(remote_id))
        if not compare.matches(self.task.record, current):
            raise DeliveryError(Code.NOT_APPLIED)

    def _recreate(self) -> SyncResult:
        """Find or create the record again: the target has lost the known id."""
        current = self._find()
        if current is not None:
            return self._result(self._update(compare.remote_id(current)))
        if not self.task.record["active"]:
            return self._result("")
        return self._result(self._create())

    def _result(self, remote_id: str) -> SyncResult:
        return SyncResult(
            remote_id=remote_id,
            wrote=self.endpoint.writes > 0,
            supports_patch=self.supports_patch,
            observed=self.observed,
        )
