"""Acts on staff rights are in the supplier's chain; their events name the staff user."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence

from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.subjects import EventChain, OneChain
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.policy import Decision, SupplierData
from delegation.authorization.verbs import On, Verb
from identity.people.models import User


class StaffUserSet(OneChain):
    """Holds the staff user who receives a right for `scope`."""

    kind = On.SUPPLIER

    def __init__(self, user: User, scope: SupplierData) -> None:
        super().__init__(user.pk, [user])
        self._scope = scope

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the supplier's chain."""
        del subject
        return EventChain(ledger.SUPPLIER, None)

    def chains(self) -> list[uuid.UUID]:
        """Return the supplier's chain."""
        return [ledger.SUPPLIER]

    def users(self) -> Collection[uuid.UUID]:
        """Lock the receiver: a user who is blocked meanwhile receives nothing."""
        return self.ids

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return the receiver: the reason is about this user too."""
        return subject

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the receiver's name."""
        return PersonalValue(self.rows[0].name, (subject,))

    def reload(self) -> None:
        """Read the user again under the lock. Raises NotFound for a user who is not staff, or blocked."""
        self.rows = list(
            User.all_directories.filter(pk=self.chain, directory=User.Directory.STAFF, is_active=True)
        )
        if not self.rows:
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's right for the same scope."""
        return self._scope.decide(actor=actor, verb=verb, at=at)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the user."""
        return Subject("user", subject)


class StaffRightSet:
    """Holds staff rights, of any users and scopes. Raises NotFound for an empty set."""

    kind = On.SUPPLIER
    is_new = False

    def __init__(self, rows: Iterable[StaffRight]) -> None:
        self._users = {row.id: row.user_id for row in rows}
        if not self._users:
            raise NotFound
        self.rows: Sequence[StaffRight] = ()
        self.reload()

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the ids of the rights, in the order of the set."""
        return list(self._users)

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare by id."""
        return subject in self._users

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the supplier's chain."""
        del subject
        return EventChain(ledger.SUPPLIER, None)

    def chains(self) -> list[uuid.UUID]:
        """Return the supplier's chain, under whose lock every right is given and ended."""
        return [ledger.SUPPLIER]

    def users(self) -> Collection[uuid.UUID]:
        """Lock no users."""
        return ()

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return the user of this right."""
        return self._users.get(subject)

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the name of the right's user."""
        names = {row.id: row.user.name for row in self.rows}
        return PersonalValue(names[subject], (self._users[subject],)) if subject in names else None

    def reload(self) -> None:
        """Read the rights again, with users and scopes. Raises NotFound for one that does not exist."""
        rows = StaffRight.objects.select_related("user", "scope", "scope__unit").in_bulk(self.ids)
        if len(rows) != len(self._users):
            raise NotFound
        self.rows = [rows[right] for right in self.ids]

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the actor's rights for the scopes of all these rights; without a right for one, refuse all."""
        scopes = [row.scope for row in self.rows]
        if any(scope.is_whole_supplier for scope in scopes):
            return policy.SupplierData().decide(actor=actor, verb=verb, at=at)
        organizations = {scope.organization_id for scope in scopes if scope.organization_id}
        units = {scope.unit_id for scope in scopes if scope.unit_id}
        return policy.SupplierData(organizations, units).decide(actor=actor, verb=verb, at=at)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the user of the right."""
        return Subject("user", self._users[subject])
