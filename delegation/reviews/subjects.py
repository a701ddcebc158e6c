"""The lines of a review are the subjects of a decision: each stands for its member or its program."""

import datetime as dt
import uuid
from collections.abc import Iterable

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.subjects import OrganizationSet, RowsOfOneOrganization
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from delegation.reviews import rules
from delegation.reviews.models import AccessReview, ReviewLine
from identity.organizations.models import Organization

_STORED = ReviewLine.objects.select_related(
    "review__reviewer", "review__fallback", "membership__user", "service_user__owner__user"
)


class LineSet(RowsOfOneOrganization):
    """Holds lines of one review; an act on them locks the members' users too."""

    kind = On.REVIEW
    stored = _STORED

    def __init__(self, lines: Iterable[ReviewLine]) -> None:
        super().__init__(lines)
        if len({line.review_id for line in self.rows}) != 1:
            raise NotFound
        self._lines = list(self._ids)
        self._subjects = {line.membership_id or line.service_user_id: line for line in self.rows}

    @property
    def ids(self) -> list[uuid.UUID]:
        """Return the ids of the members and programs, in the order of the lines."""
        return [one for one in self._subjects if one is not None]

    def contains(self, subject: uuid.UUID) -> bool:
        """Compare with the members and programs."""
        return subject in self._subjects

    def users(self) -> set[uuid.UUID]:
        """Lock the users of the members."""
        return {line.person for line in self.rows if line.membership_id}

    def data_subject(self, subject: uuid.UUID) -> uuid.UUID | None:
        """Return the user that free text about this line concerns."""
        line = self._subjects.get(subject)
        return line.person if line else None

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the name of the member; a program is named by its own key."""
        line = self._subjects.get(subject)
        if line is None or line.membership is None:
            return None
        return PersonalValue(line.membership.shown_name, (line.person,))

    def reload(self) -> None:
        """Read and lock the lines. Raises NotFound for another organization's."""
        rows = {row.id: row for row in _STORED.select_for_update(of=("self",)).filter(id__in=self._lines)}
        if len(rows) != len(self._lines) or any(
            row.organization_id != self.organization for row in rows.values()
        ):
            raise NotFound
        self.rows = [rows[one] for one in self._lines]
        self._subjects = {line.membership_id or line.service_user_id: line for line in self.rows}

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the membership or the service user."""
        line = self._subjects[subject]
        return Subject("membership" if line.membership_id else "service_user", subject)

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow the reviewer whose turn it is; hide the review from those who may not read it."""
        decision = policy.OrganizationId(self.organization).decide(actor=actor, verb=verb, at=at)
        if not decision:
            return policy.HIDDEN
        if rules.may_decide(actor, self.rows, at=at):
            return policy.YES
        return Decision(allowed=False, reason="not_your_turn", refused=tuple(self.ids))


class ReviewSet(OrganizationSet):
    """Holds the organization of a review, and reads the review again under the locks as the only row."""

    def __init__(self, review: AccessReview) -> None:
        super().__init__(Organization(id=review.organization_id))
        self._review = review

    def reload(self) -> None:
        """Read and lock the review. Raises NotFound for another organization's."""
        rows = AccessReview.objects.select_for_update(of=("self",)).select_related("reviewer", "fallback")
        self.rows = list(rows.filter(id=self._review.id, organization=self.chain))
        if not self.rows:
            raise NotFound
