"""An organization is suspended with the users of all its members locked: what was issued to them ends."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.foundation.errors import Busy
from audit.personal_data import PersonalValue
from delegation.acts.subjects import SupplierSet
from delegation.authorization import authorities, staff_rights
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb
from delegation.suspensions import rules
from identity.memberships import queries as memberships_queries
from identity.memberships.models import SHOWN_NAME
from identity.organizations.models import Organization, Suspension


class OrganizationToSuspend(SupplierSet):
    """Holds the organization; the act is the supplier's, and the organization's own roles give no part in it.

    Staff need rights for the organization, or for all its business units.
    """

    def __init__(self, organization: Organization) -> None:
        super().__init__(affects=(organization.id,))
        self.organization = organization.id
        self.members = self._present_members()
        self._labels: dict[uuid.UUID, PersonalValue] = {}

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by staff rights for the organization as a whole."""
        decision = super().decide(actor=actor, verb=verb, at=at)
        if not decision or _covers_whole(actor, verb, self.organization, at):
            return decision
        return Decision(allowed=False, reason="no_permission")

    def users(self) -> Collection[uuid.UUID]:
        """Return the users of the present members."""
        return {member.user_id for member in self.members}

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the name of a member whose sign-out is a consequence."""
        return self._labels.get(subject)

    def reload(self) -> None:
        """Read the organization and its members again under the locks.

        Raises NotFound, and Busy where a person has joined since: that user is not locked.
        """
        locked = self.users()
        self.rows = list(Organization.objects.filter(id=self.organization))
        self.members = self._present_members()
        self._labels = {row.id: PersonalValue(row.person_name, (row.user_id,)) for row in self.members}
        if not self.rows:
            raise NotFound
        if set(self.users()) - set(locked):
            raise Busy(seconds=1)

    def _present_members(self) -> list[Any]:
        rows = memberships_queries.active_or_suspended(at=clock.now()).filter(organization=self.organization)
        return list(rows.annotate(person_name=SHOWN_NAME).order_by("id"))


class SuspensionToEnd(SupplierSet):
    """Stands for one suspension of an organization.

    Who suspended the organization may resume it. Others need rights for the organization, or for all its business
    units: no unit lifts what another has stopped.
    """

    def __init__(self, suspension: uuid.UUID, *, organization: uuid.UUID) -> None:
        super().__init__(affects=(organization,))
        self.organization, self.suspension = organization, suspension

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by staff rights, and by who suspended the organization."""
        decision = super().decide(actor=actor, verb=verb, at=at)
        if not decision or self._is_own(actor) or _covers_whole(actor, verb, self.organization, at):
            return decision
        return Decision(allowed=False, reason="no_permission")

    def _is_own(self, actor: Actor) -> bool:
        return Suspension.objects.filter(id=self.suspension, suspended_by=actor.id).exists()


def _covers_whole(actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> bool:
    own = authorities.authorities_of(actor=actor, at=at)
    units = staff_rights.units_of(organizations=[organization])[organization]
    return rules.covers_whole(own=own, verb=verb, organization=organization, units=units)
