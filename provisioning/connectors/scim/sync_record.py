"""Make one record in one target say what is true, and be sure that it does.

No answer is taken on trust: whom a filter names is checked, a write is read back, a record that vanished is made anew.
"""

from dataclasses import dataclass
from typing import Any

from provisioning.connectors.scim import compare, schema
from provisioning.connectors.scim.endpoint import Conflict, NotFound, NotSupported, Resource, ScimEndpoint
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http.pool import Pool


@dataclass(frozen=True, slots=True)
class Task:
    """What one record shall say, and what is known of it. Plain values: carried out in any thread."""

    base_url: str
    token: str
    record: Resource
    remote_id: str = ""
    look: bool = False
    """Read the record first: it may say so already, or something else."""
    patches: bool = True
    verify_writes: bool = True
    deletes: bool = False
    """Whether a record that is no longer needed is deleted instead of deactivated."""


@dataclass(slots=True)
class Result:
    """What the target holds now."""

    remote_id: str
    wrote: bool
    patches: bool
    """False when the target has shown that it cannot PATCH."""
    found: dict[str, Any] | None = None
    """What was there instead, where looking showed a difference that we did not know of."""


def carry_out(*, task: Task, pool: Pool) -> Result:
    """Raises Problem where the target does not hold it, or where that is not known."""
    work = _Sync(task, ScimEndpoint(task.base_url, task.token, pool))
    try:
        return work.delete() if task.deletes and not task.record["active"] else work.tell()
    except Conflict as refusal:
        raise DeliveryError(Code.CONFLICT) from refusal
    except NotSupported as refusal:
        raise DeliveryError(Code.REFUSED) from refusal
    except NotFound as refusal:
        raise DeliveryError(Code.TARGET_ERROR, detail="the record vanished twice") from refusal


@dataclass(slots=True)
class _Sync:
    task: Task
    channel: ScimEndpoint
    patches: bool = True
    seen: dict[str, Any] | None = None

    def tell(self) -> Result:
        self.patches = self.task.patches
        there = self._there()
        if there is None:
            if not self.task.record["active"]:
                return self._result("")
            return self._result(self._create())
        remote_id = compare.remote_id(there) if isinstance(there, dict) else there
        if isinstance(there, dict) and compare.matches(self.task.record, there):
            return self._result(remote_id)
        if isinstance(there, dict):
            self.seen = compare.observed_state(there)
        try:
            return self._result(self._update(remote_id))
        except NotFound:
            return self._again()

    def delete(self) -> Result:
        there = self.task.remote_id or compare.remote_id(self._find() or {})
        if there:
            self.channel.delete(there)
        return self._result("")

    def _there(self) -> Resource | str | None:
        """The record as it is, or only its id where it is known and need not be looked at, or None."""
        if self.task.remote_id and not self.task.look:
            return self.task.remote_id
        if self.task.remote_id:
            try:
                return self._own(self.channel.get(self.task.remote_id))
            except NotFound:
                pass
        return self._find()

    def _own(self, record: Resource) -> Resource:
        """An id that now belongs to somebody else is never written to."""
        said = compare.external_id(record)
        if said and said != self.task.record["externalId"]:
            raise DeliveryError(Code.AMBIGUOUS, detail="the id is somebody else's")
        return record

    def _find(self) -> Resource | None:
        wanted = self.task.record["externalId"]
        named = self.channel.find("externalId", wanted)
        hits = [one for one in named if compare.external_id(one) == wanted]
        if len({compare.remote_id(one) for one in hits}) > 1:
            raise DeliveryError(Code.AMBIGUOUS, detail="several records with one externalId")
        return hits[0] if hits else None

    def _create(self) -> str:
        try:
            made = self.channel.create(self.task.record)
        except Conflict:
            return self._adopt()
        if self.task.verify_writes and not compare.matches(self.task.record, made):
            self._prove(compare.remote_id(made))
        return compare.remote_id(made)

    def _adopt(self) -> str:
        """A record of ours from before (a lost answer), or one that nobody looks after under the same user name."""
        own = self._find() or self._unclaimed()
        if own is None:
            raise Conflict
        return self._update(compare.remote_id(own))

    def _unclaimed(self) -> Resource | None:
        name = compare.user_name(self.task.record)
        hits = [
            one
            for one in self.channel.find("userName", self.task.record["userName"])
            if compare.user_name(one) == name
        ]
        return hits[0] if len(hits) == 1 and not compare.external_id(hits[0]) else None

    def _update(self, remote_id: str) -> str:
        if self.patches:
            try:
                self.channel.patch(remote_id, schema.patch(self.task.record))
            except NotSupported:
                self._put_instead(remote_id)
            else:
                self._prove_or_put(remote_id)
        else:
            self.channel.put(remote_id, self.task.record)
            self._prove(remote_id)
        return remote_id

    def _put_instead(self, remote_id: str) -> None:
        self.channel.put(remote_id, self.task.record)
        self.patches = False
        self._prove(remote_id)

    def _prove_or_put(self, remote_id: str) -> None:
        """Some targets answer 200 to a PATCH and leave out what they did not understand; a PUT may still be heard."""
        try:
            self._prove(remote_id)
        except DeliveryError as problem:
            if problem.code is not Code.NOT_APPLIED:
                raise
            self._put_instead(remote_id)

    def _prove(self, remote_id: str) -> None:
        if not self.task.verify_writes:
            return
        there = self._own(self.channel.get(remote_id))
        if not compare.matches(self.task.record, there):
            raise DeliveryError(Code.NOT_APPLIED)

    def _again(self) -> Result:
        """The target has lost the record since we learned its id."""
        there = self._find()
        if there is not None:
            return self._result(self._update(compare.remote_id(there)))
        if not self.task.record["active"]:
            return self._result("")
        return self._result(self._create())

    def _result(self, remote_id: str) -> Result:
        return Result(
            remote_id=remote_id, wrote=self.channel.writes > 0, patches=self.patches, found=self.seen
        )
