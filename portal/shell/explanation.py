"""Each right of a colleague has its explanation."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.activity import giving_events, people_in_events
from delegation.activity.giving_events import EventProof, GivingEvent
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.catalogue.display_names import DisplayNames
from portal.shell.page_context import PageContext
from portal.wording import access, admin_rights, cldr, dates, removal_reasons, supplier_texts


@dataclass(frozen=True, slots=True)
class ExplanationStep:
    """Describes one step of the explanation of a right.

    A tier, a person or the supplier contributes something to the right; a note may explain it.
    """

    strong: str
    text: str
    sub: str = ""
    proofs: Sequence[EventProof] = ()
    """The events that it stands on, for an auditor."""


@dataclass(frozen=True, slots=True)
class RightRow:
    """Describes a right for `kh.rights`; `text` may hold markup."""

    text: str
    where: str
    chain: Sequence[ExplanationStep]


class RightsExplanation:
    """Reads all data for explaining rights of one colleague or several, in ten statements at most.

    Rights that are known already are not read again; with an empty list, only assignments are explained.
    """

    def __init__(
        self,
        page: PageContext,
        memberships: Collection[uuid.UUID],
        names: DisplayNames,
        clock: dates.Clock,
        *,
        rights: Sequence[Right] | None = None,
    ) -> None:
        self.names, self.clock, self.page = names, clock, page
        if rights is None:
            by_membership = entitlements.rights_of(memberships=memberships, at=page.at)
            rights = [right for membership in memberships for right in by_membership[membership]]
        self.rights = rights
        assigned = access_queries.assignments(memberships=memberships, at=page.at)
        self.assignments = [row for membership in memberships for row in assigned.get(membership, [])]
        self.assignments_by_id = {assignment.id: assignment for assignment in self.assignments}
        self._assigner_names = people_in_events.shown_names(
            organization=page.organization_id,
            users={
                assignment.assigned_by
                for assignment in self.assignments
                if assignment.assigned_by_kind != "system"
            },
        )
        self._giving_events = giving_events.by_act(
            organization=page.organization_id,
            acts={assignment.act for assignment in self.assignments},
            memberships=memberships,
        )

    @property
    def since(self) -> str:
        """Return `Orderer since 14 Feb 2023`."""
        if not self.assignments:
            return ""
        day = self.clock.date(min(assignment.valid_from for assignment in self.assignments))
        return _("%(tier)s since %(day)s") % {"tier": access.tiers(self.assignments), "day": day}

    def rows(self) -> list[RightRow]:
        """Return the admin rights first, then the rights in connected systems."""
        admin_rows = [row for assignment in self.assignments for row in self._admin_rows(assignment)]
        return admin_rows + [self._right_row(right) for right in self.rights]

    def _admin_rows(self, assignment: AssignmentView) -> list[RightRow]:
        abilities = [
            text for verb, text in admin_rights.admin_abilities().items() if verb in assignment.verbs
        ]
        where = self._with_end(access.assignment_sites(assignment), assignment.valid_until)
        chain = self.chain(assignment, limit="")
        return [
            RightRow(dates.first_upper(text), where, chain)
            for text in (*abilities, *admin_rights.assignable_tiers(assignment.assignable_roles, self.names))
        ]

    def _right_row(self, right: Right) -> RightRow:
        return RightRow(
            text=access.right_marked(right, text=self.names.entitlements[right.entitlement]),
            where=self._with_end(access.right_sites(right), right.valid_until),
            chain=self.chain_of_right(right),
        )

    def chain_of_right(self, right: Right) -> list[ExplanationStep]:
        """Return what gave this right: the tier, the assignment, and the supplier's maximum where it is lower."""
        assignment = self.assignments_by_id[right.assignment]
        assigned = assignment.limits.get(right.entitlement)
        limit = access.limit(assigned.amount, assigned.currency, assigned.period) if assigned else ""
        chain = self.chain(assignment, limit=limit)
        if right.takes_amount and assigned and assigned.amount != right.amount:
            chain.append(self._ceiling_reason(right))
        return chain

    def giving_event(self, assignment: AssignmentView) -> GivingEvent | None:
        """Return the event that gave this assignment; None where the log has no authentic one."""
        return self._giving_events.get((assignment.membership, assignment.act))

    def _with_end(self, where: str, end: dt.datetime | None) -> str:
        return ", ".join(part for part in (where, access.until(end, self.clock)) if part)

    def chain(self, assignment: AssignmentView, *, limit: str) -> list[ExplanationStep]:
        """Return what gave the assignment: the tier, and the person who assigned it."""
        tier = supplier_texts.in_language(assignment.role_name)
        version = {"supplier": settings.SUPPLIER_NAME, "number": assignment.version}
        return [
            ExplanationStep(
                strong=_("Tier %(tier)s") % {"tier": tier},
                text=_("includes this"),
                sub=_("Tiers of %(supplier)s, version %(number)d") % version,
            ),
            ExplanationStep(
                self._assigner(assignment),
                self._assigned(assignment, limit),
                self._note(assignment),
                self._proofs(assignment),
            ),
        ]

    def _assigner(self, assignment: AssignmentView) -> str:
        if assignment.assigned_by_kind == "system":
            return str(settings.SUPPLIER_NAME)
        return self._assigner_names.get(assignment.assigned_by, _("Unknown person"))

    def _assigned(self, assignment: AssignmentView, limit: str) -> str:
        where = access.assignment_sites(assignment, in_sentence=True)
        facts = {"where": where, "limit": limit}
        return (
            _("assigned it: %(where)s, %(limit)s") % facts if limit else _("assigned it: %(where)s") % facts
        )

    def _note(self, assignment: AssignmentView) -> str:
        parts = [self.clock.date_time(assignment.valid_from, seconds=False)]
        event = self.giving_event(assignment)
        if event is not None:
            number = _("event %(number)s") % {"number": cldr.number(event.proof.number)}
            parts += [removal_reasons.describe(event.reason), number]
        return " · ".join(part for part in parts if part)

    def _proofs(self, assignment: AssignmentView) -> list[EventProof]:
        event = self.giving_event(assignment)
        return [proof for proof in (event.sent, event.proof) if proof] if event else []

    def _ceiling_reason(self, right: Right) -> ExplanationStep:
        amount = {"amount": cldr.money(right.amount or Decimal(0), right.currency)}
        own = self.page.membership is not None
        text = (
            _("agreed a maximum of %(amount)s for your organization")
            if own
            else _("agreed a maximum of %(amount)s for the organization")
        )
        return ExplanationStep(strong=str(settings.SUPPLIER_NAME), text=text % amount)
