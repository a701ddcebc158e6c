"""Which members can be limited to some sites, and what each of them keeps there: the preview and the command ask."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audit.foundation.actor import Actor
from delegation.access.rules import AssignmentRules
from delegation.authorization.errors import ExceedsAuthority, ExceedsCeiling, InvalidAccess
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb

NO_ACCESS, SEVERAL, ELSEWHERE, WITHIN = "no_access", "several", "elsewhere", "within"
EXCEEDS, OUTDATED = "exceeds", "outdated"
"""Why a member cannot be limited: holds nothing, holds several tiers, has none of the sites, has only these already,
has more than the actor may assign or the organization is offered, has a limit that the tier no longer takes."""


@dataclass(frozen=True, slots=True)
class SiteLimit:
    """Holds the access that each member keeps, and why the others cannot be limited, by membership."""

    kept: dict[uuid.UUID, AccessSpec] = field(default_factory=dict)
    refused: dict[uuid.UUID, str] = field(default_factory=dict)


def limit(
    *,
    actor: Actor,
    organization: uuid.UUID,
    at: dt.datetime,
    held: Mapping[uuid.UUID, Sequence[AccessSpec]],
    sites: frozenset[uuid.UUID],
) -> SiteLimit:
    """Limit each member to these of their sites: a member gets no site that the member does not have.

    The number of statements is bounded by that of tiers. Raises Denied where the actor may assign nothing.
    """
    result = SiteLimit()
    for member, accesses in held.items():
        kept = _kept(accesses, sites)
        if isinstance(kept, str):
            result.refused[member] = kept
        else:
            result.kept[member] = kept
    _refuse_exceeding(result, actor, organization, at)
    return result


def _kept(accesses: Sequence[AccessSpec], sites: frozenset[uuid.UUID]) -> AccessSpec | str:
    """Return the access that a member keeps, or the reason for a refusal."""
    if len(accesses) != 1:
        return SEVERAL if accesses else NO_ACCESS
    (access,) = accesses
    common = sites if access.all_sites else access.sites & sites
    kept = dataclasses.replace(access, all_sites=False, sites=common)
    if not common:
        return ELSEWHERE
    return WITHIN if kept == access else kept


def _refuse_exceeding(result: SiteLimit, actor: Actor, organization: uuid.UUID, at: dt.datetime) -> None:
    """Refuse the members who keep more than the actor may assign, or than the organization is offered now."""
    rules = AssignmentRules(organization, at, people=[actor.id] if actor.is_person else [])
    for member, access in list(result.kept.items()):
        try:
            rules.check(actor=actor, verb=Verb.ACCESS_CHANGE, access=access)
        except (ExceedsAuthority, ExceedsCeiling):
            reason = EXCEEDS
        except InvalidAccess:
            reason = OUTDATED
        else:
            continue
        del result.kept[member]
        result.refused[member] = reason
