"""The target's records of one person are found and checked; a target may refuse a filter or ignore it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provisioning.connectors.connector import Record
from provisioning.connectors.scim import compare, endpoint
from provisioning.connectors.scim.endpoint import Page, Resource, ScimEndpoint
from provisioning.connectors.scim.listing import Listing
from provisioning.delivery.errors import Code, DeliveryError

_MOST_SCANNED = 1000
"""Records that are read in search of one, where the target has no filter: ten requests."""
_MAY_ANSWER_OTHERWISE = frozenset({Code.REFUSED, Code.CONFLICT, Code.TARGET_ERROR, Code.UNREADABLE})
"""Codes of one request after which another one may succeed."""
_FILTERS: Sequence[tuple[str, Callable[[Record], str]]] = (
    ("externalId", compare.external_id),
    ("userName", compare.user_name),
)


@dataclass(slots=True)
class Lookup:
    """Finds the records of one person. Every method raises DeliveryError."""

    endpoint: ScimEndpoint
    record: Record
    """The desired record."""
    needs_proof: bool
    """Whether an absence must be shown: a removed person's record may be active, and reconciliation shows it."""

    def read_by_id(self, remote_id: str) -> list[Resource]:
        """Read the record with this id; where it is not there, or is another person's, find the person's records."""
        try:
            current = self.endpoint.get(remote_id)
        except DeliveryError as error:
            if error.code not in _MAY_ANSWER_OTHERWISE:
                raise
            return self.find()
        if self._is_foreign(current):
            return self.find() or [self.require_ours(current)]
        return [current]

    def is_there(self, remote_id: str) -> bool:
        """Check whether the target has a record with this id: then a 404 says that it has no such route."""
        return any(
            endpoint.is_id(compare.remote_id(record), remote_id) for record in self.read_by_id(remote_id)
        )

    def require_ours(self, record: Resource) -> Resource:
        """Return the record. Raises DeliveryError where its id belongs to another person: that is never written."""
        if self._is_foreign(record):
            raise DeliveryError(Code.AMBIGUOUS, detail="the id belongs to another person")
        return record

    def find(self) -> list[Resource]:
        """Find the records with our `externalId`, whatever a filter returns besides; empty without any.

        By `externalId`, then by `userName`, then among all records. With `needs_proof`, two filters or the whole list
        must show that there is no record. Without it one answer is enough: a POST of a second record is a conflict.
        """
        answers: set[str] = set()
        for attribute, key in _FILTERS:
            page = self._filtered(attribute)
            if page is None:
                continue
            if ours := self._ours(page.records):
                return ours
            self._refuse_doubtful(page.records)
            is_filtered = all(key(record) == key(self.record) for record in page.records)
            if is_filtered and page.total <= len(page.records):
                answers.add(attribute)
            if answers and not self.needs_proof:
                return []
        return [] if len(answers) == len(_FILTERS) else self._scan()

    def unmanaged(self) -> Resource | None:
        """Find the only record with this `userName`, where it has no `externalId`."""
        page, name = self._filtered("userName"), compare.user_name(self.record)
        named = [record for record in page.records if compare.user_name(record) == name] if page else []
        return named[0] if len(named) == 1 and not compare.external_id(named[0]) else None

    def _filtered(self, attribute: str) -> Page | None:
        """Read by filter; None where the target refuses it, or answers with something else."""
        try:
            return self.endpoint.find(attribute, self.record[attribute])
        except DeliveryError as error:
            if error.code not in _MAY_ANSWER_OTHERWISE:
                raise
            return None

    def _scan(self) -> list[Resource]:
        listing = Listing(self.endpoint.page, _MOST_SCANNED)
        records = list(listing)
        ours = self._ours(records)
        if not ours:
            self._refuse_doubtful(records)
        if ours or listing.is_complete or not self.needs_proof:
            return ours
        raise DeliveryError(Code.UNREADABLE, detail="fewer than two filters, and too many records to search")

    def _ours(self, records: Sequence[Resource]) -> list[Resource]:
        """Return the records with our `externalId`, each once."""
        name = compare.external_id(self.record)
        ours = {
            compare.remote_id(record): record for record in records if compare.external_id(record) == name
        }
        return list(ours.values())

    def _refuse_doubtful(self, records: Sequence[Resource]) -> None:
        """Raise DeliveryError where an absence must be shown, and one of the records may be the person's.

        It is the person's by its `userName`, whatever its `externalId`: someone at the target has created it again, or
        the target has lost what we wrote. The person can go on signing in with it.
        """
        if self.needs_proof and any(self._may_be_ours(record, len(records) == 1) for record in records):
            raise DeliveryError(Code.AMBIGUOUS, detail="a record that may be this person's is not inactive")

    def _may_be_ours(self, record: Resource, is_only_answer: bool) -> bool:  # noqa: FBT001 - of one caller
        if compare.is_closed(record):
            return False
        if name := compare.user_name(record):
            return name == compare.user_name(self.record)
        return is_only_answer and not compare.external_id(record)

    def _is_foreign(self, record: Resource) -> bool:
        return compare.external_id(record) not in {"", compare.external_id(self.record)}
