"""One decision says what a session must have proved for an action, and whether it has (ADR 12).

What it must have proved follows from the factors that the person has, and from the person's roles; never from a page.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest

from audit.foundation import clock
from delegation.authorization import policy
from identity.people.models import User
from portal.http import request_context
from portal.signin import proofs
from portal.signin.customers import factors
from portal.signin.proofs import Proof


@dataclass(frozen=True, slots=True)
class Demand:
    """Says what an action asks, besides a sign-in with the second factor by a person who has one.

    `by_role` asks for the strength that the person's roles require. `max_age` is the greatest age of the proof.
    """

    by_role: bool = True
    max_age: dt.timedelta | None = None


class Step(StrEnum):
    """Says what the person must do before the action."""

    NONE = "none"
    SIGN_IN = "sign_in"
    """There is no session, or it is older than the person's first factor or than the role that requires one."""
    ADD_FACTOR = "add_factor"
    CONFIRM = "confirm"
    """The proof is too old: the person proves every factor again."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer: the next step, and the one proof that it rests on, which is also what services are given.

    `since` is the oldest instant that was accepted; None where the age did not matter.
    """

    step: Step
    proof: Proof
    since: dt.datetime | None = None


def assess(request: HttpRequest, demand: Demand, *, since: dt.datetime | None = None) -> Assessment:
    """Decide whether the session has proved what the action demands, after `since` if given.

    No statement after two factors, unless the age matters.
    """
    user = request.user
    if not isinstance(user, User):
        return Assessment(Step.SIGN_IN, proofs.NOTHING)
    proof = proofs.strongest(request)
    weaker = Step.NONE if proof.is_full else _step_of_weaker(request, user, proof, demand)
    if weaker is not Step.NONE or (since is None and demand.max_age is None):
        return Assessment(weaker, proof)
    at = clock.now()
    oldest = max(limit for limit in (since, at - demand.max_age if demand.max_age else None) if limit)
    if proof.is_full and not oldest < proof.at <= at and not factors.types_of(user):
        proof = proofs.newest_single(request)  # the person has removed the second factor since
    return Assessment(Step.NONE if oldest < proof.at <= at else Step.CONFIRM, proof, oldest)


def _step_of_weaker(request: HttpRequest, user: User, proof: Proof, demand: Demand) -> Step:
    """Accept one factor only while the person has no second one."""
    if not proof.amr or factors.types_of(user):
        return Step.SIGN_IN
    context = request_context.context_of(request)
    required_since = policy.mfa_required_since(user=user.pk, at=context.now if context else clock.now())
    if required_since is None:
        return Step.NONE
    if proof.at < required_since:
        return Step.SIGN_IN
    return Step.ADD_FACTOR if demand.by_role else Step.NONE
