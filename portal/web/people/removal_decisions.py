"""A removal page shows what needs a decision first, and who could continue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.impacts import Impact, ImpactKind, Successor
from portal.shell import query_string
from portal.shell.page_context import PageContext
from portal.wording import access, supplier_texts


@dataclass(frozen=True, slots=True)
class Proposal:
    """Proposes a successor, with the reason; `url` opens the change of access and may be empty."""

    name: str
    reason: str
    url: str


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """Describes what the leavers alone have, and who could continue."""

    text: str
    proposals: Sequence[Proposal]


def open_decisions(page: PageContext, impacts: Sequence[Impact], who: str) -> list[OpenDecision]:
    """Word the decisions; `who` names the leavers."""
    return [
        OpenDecision(
            text=_TEXTS[impact.kind](impact, who),
            proposals=[_proposal(page, impact, candidate) for candidate in impact.candidates],
        )
        for impact in impacts
    ]


def _sole_holder(impact: Impact, who: str) -> str:
    does = supplier_texts.in_language(impact.text).replace("{limit}", "").strip()
    up_to = access.limit(impact.amount, impact.currency, impact.period)
    values = {"who": who, "do": does, "where": _where(impact), "limit": up_to}
    return _("Only %(who)s can %(do)s %(where)s, %(limit)s.") % values


def _sole_manager(impact: Impact, who: str) -> str:
    values = {"who": who, "tier": supplier_texts.in_language(impact.text), "where": _where(impact)}
    return _("No one but %(who)s has the tier %(tier)s %(where)s.") % values


def _service_user(impact: Impact, who: str) -> str:
    values = {"who": who, "name": impact.name}
    return _("The program %(name)s belongs to %(who)s and stops. Another admin can create it again.") % values


def _where(impact: Impact) -> str:
    return access.at_sites(list(impact.sites.values()))


_TEXTS: Mapping[ImpactKind, Callable[[Impact, str], str]] = {
    ImpactKind.SERVICE_USER: _service_user,
    ImpactKind.SOLE_HOLDER: _sole_holder,
    ImpactKind.SOLE_MANAGER: _sole_manager,
}


def _proposal(page: PageContext, impact: Impact, candidate: Successor) -> Proposal:
    url = ""
    if impact.role:
        address = page.url("person_access", membership=candidate.membership)
        url = query_string.with_values(address, {"tier": impact.role})
    return Proposal(candidate.name, _reason(candidate.reason), url)


def _reason(code: str) -> str:
    reasons = {
        "holds": _("has it with a lower limit"),
        "elsewhere": _("has it at another site"),
        "at_site": _("works at this site"),
        "admin": _("admin"),
    }
    return reasons[code]
