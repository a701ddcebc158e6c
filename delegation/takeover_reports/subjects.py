"""Staff close a report about a person for one of the person's organizations."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb
from delegation.people.subjects import PersonInOrganizations
from delegation.takeover_reports import rules
from delegation.takeover_reports.models import TakeoverReport
from identity.people.models import User


class ReportingPerson(PersonInOrganizations):
    """Holds the person of a report; staff need a right for the named organization."""

    def __init__(self, report: TakeoverReport, *, organization: uuid.UUID) -> None:
        self._report, self._organization = report, organization
        super().__init__(User.all_directories.get(id=report.person))

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow staff of an organization that the person was a member of when it happened."""
        members = rules.memberships_of(
            person=self.chain, changed_at=self._report.changed_at, reported_at=self._report.reported_at
        )
        if not members.filter(organization=self._organization).exists():
            return policy.HIDDEN
        return policy.SupplierData((self._organization,)).decide(actor=actor, verb=verb, at=at)
