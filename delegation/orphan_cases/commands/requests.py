"""A stranger asks for a case, and confirms the own address; no answer says whether the company is known."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.log import ledger
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization import admin_queries, input_cleaning
from delegation.authorization.errors import CaseStep, InvalidInput, NotFound, RateLimited
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_events, effects, letters, matching
from delegation.orphan_cases.models import OrphanCase, OrphanRequest
from delegation.orphan_cases.new_admin import NewAdmin
from delegation.orphan_cases.subjects import OrphanedOrganization
from identity import machine_secrets
from identity.memberships.models import Membership

CONFIRM_WITHIN = dt.timedelta(hours=24)
_DAY = dt.timedelta(days=1)
DAILY_PER_ADDRESS = 12
"""Of all networks together; the page allows three of one network."""
DAILY_BY_LINK = 6
"""More of an address by one who has a link that was mailed to it: strangers cannot use these up."""
MAX_WAITING = 500
"""Requests that wait for a confirmation, of all strangers together: more are not stored."""
MAX_CONFIRMED_A_DAY = 200
_COMPANY, _NUMBER = 200, 40


@dataclass(frozen=True, slots=True)
class Claim:
    """Holds what a stranger enters: the company, its customer number or business id, and the own name and address."""

    company: str
    number: str
    person: NewAdmin

    def cleaned(self) -> "Claim":
        """Return the one spelling of every value. Raises InvalidInput."""
        return Claim(
            input_cleaning.line(self.company, field="company", longest=_COMPANY, required=True),
            input_cleaning.line(self.number, field="number", longest=_NUMBER),
            self.person.cleaned(),
        )


@dataclass(frozen=True, slots=True)
class Requested:
    """Holds the secret of the link that confirms the address; only its hash is stored."""

    link: str = field(default="", metadata=NOT_STORED)


@command
def request(
    *, actor: Actor, claim: Claim, earlier: OrphanRequest | None = None, idempotency_key: str | None = None
) -> Outcome[Requested]:
    """Store the request until its address confirms it. The statements are the same for a known and an unknown company.

    `earlier` is the request whose link the caller has: its address gets `DAILY_BY_LINK` more. Raises RateLimited where
    the address, or all strangers together, ask too often; InvalidInput, also for an address that is not that of the
    link.
    """
    claim, link = claim.cleaned(), machine_secrets.generate(prefix=letters.REQUEST_PREFIX)
    on, email = SupplierSet(), claim.person.email
    if earlier is not None and earlier.email != email:
        raise InvalidInput(field="email", problem="invalid")
    most = DAILY_PER_ADDRESS + (DAILY_BY_LINK if earlier else 0)
    _require_room(email, clock.now(), most)  # before the supplier's lock, which strangers shall not hold
    with acting(actor, Verb.ORPHAN_CASE_REQUEST, on=on, idempotency_key=idempotency_key) as act:
        _require_room(email, act.at, most)
        row = OrphanRequest.objects.create(
            organization=matching.customer(claim.number),
            email=email,
            name=claim.person.name,
            company=claim.company,
            number=claim.number,
            language=claim.person.language,
            hash=machine_secrets.hash_secret(link),
            asked_at=act.at,
            act=act.id,
            expires_at=act.at + CONFIRM_WITHIN,
        )
        act.record(**case_events.request_facts(row))
        for name in ("email", "name", "company", "number"):
            act.record_personal(ledger.SUPPLIER, name, getattr(row, name), row.id)
        return act.set_result(Requested(link))


def _require_room(email: str, at: dt.datetime, most: int) -> None:
    own = OrphanRequest.objects.filter(email=email, asked_at__gt=at - _DAY)
    if own.count() >= most:
        raise RateLimited(what="address", most=most, seconds=int(_DAY.total_seconds()))
    waiting = OrphanRequest.objects.filter(confirmed_at=None, expires_at__gt=at).count()
    confirmed = OrphanRequest.objects.filter(asked_at__gt=at - _DAY).exclude(confirmed_at=None).count()
    if waiting >= MAX_WAITING or confirmed >= MAX_CONFIRMED_A_DAY:
        raise RateLimited(what="organization", most=MAX_WAITING, seconds=int(_DAY.total_seconds()))


@dataclass(frozen=True, slots=True)
class RequestConfirmed:
    """Names the case that the request belongs to, if any."""

    case: uuid.UUID | None


@command
def confirm(*, actor: Actor, request: OrphanRequest, link: str) -> Outcome[RequestConfirmed]:
    """Confirm the address, once; opens the case of a customer without a working admin, or joins the one there is.

    Raises NotFound for another link, and CaseStep for one that was used or is too old.
    """
    matched = request.organization
    on = SupplierSet() if matched is None else OrphanedOrganization(matched)
    with acting(actor, Verb.ORPHAN_CASE_CONFIRM, on=on) as act:
        row = OrphanRequest.objects.select_for_update().filter(id=request.id).first()
        if row is None or row.hash not in machine_secrets.hash_candidates(link):
            raise NotFound
        if row.confirmed_at is not None or row.expires_at <= act.at:
            raise CaseStep(state="confirmed" if row.confirmed_at else "expired")
        row.confirmed_at = act.at
        row.case = _case_of(act, row) if matched else None
        row.save(update_fields=["confirmed_at", "case"])
        if matched is None:
            act.record(**case_events.request_facts(row))
        else:
            case_events.to_supplier(act, act.verb, facts=case_events.request_facts(row))
        return act.set_result(RequestConfirmed(row.case_id))


def _case_of(act: Act, request: OrphanRequest) -> OrphanCase | None:
    """Return the open case of the customer, or a new one where it had members and has no working admin."""
    present = OrphanCase.objects.filter(organization=act.organization, closed_at=None).first()
    if present is not None:
        return present
    members = Membership.objects.filter(organization=act.organization)
    if (
        not members.exists()
        or admin_queries.working_admins(organization=act.organization, at=act.at).exists()
    ):
        return None
    person = NewAdmin(request.email, request.name, request.language)
    case = effects.open_in(act, cause=OrphanCase.CaseCause.REQUEST, person=person)
    case_events.record_opened(act, case)
    return case
