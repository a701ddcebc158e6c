"""What one may do, and why: each right with the chain that leads to it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.activity import names
from delegation.activity import queries as activity_queries
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.catalogue.display_names import DisplayNames
from portal.shell.page_context import PageContext
from portal.wording import access, admin_abilities, admin_rights, cldr, dates, removal_reasons


@dataclass(frozen=True, slots=True)
class Reason:
    """One link of the explanation of a right: who or what, what it does, and a note."""

    strong: str
    text: str
    sub: str = ""


@dataclass(frozen=True, slots=True)
class RightRow:
    """A right as `kh.rights` draws it; `text` may hold markup."""

    text: str
    where: str
    chain: Sequence[Reason]


class Why:
    """Everything needed to explain what one colleague may do. Eight statements at most."""

    def __init__(
        self, page: PageContext, membership: uuid.UUID, book: DisplayNames, clock: dates.Clock
    ) -> None:
        self.book, self.clock, self.page = book, clock, page
        self.rights = entitlements.rights_of(memberships=[membership], at=page.at)[membership]
        self.grants = access_queries.assignments(memberships=[membership], at=page.at).get(membership, [])
        self._by_id = {grant.id: grant for grant in self.grants}
        self._givers = names.display_names(ids={grant.assigned_by for grant in self.grants})
        acts = {grant.act for grant in self.grants}
        self._events = activity_queries.sequence_numbers(acts=acts, subject=membership) if acts else {}

    @property
    def since(self) -> str:
        """`Orderer since 14 Feb 2023`."""
        if not self.grants:
            return ""
        day = self.clock.date(min(grant.valid_from for grant in self.grants))
        return _("%(tier)s since %(day)s") % {"tier": access.tiers(self.grants), "day": day}

    def rows(self) -> list[RightRow]:
        """What one may do as an admin first, then the rights in other systems."""
        own = [row for grant in self.grants for row in self._admin_rows(grant)]
        return own + [self._right(right) for right in self.rights]

    def _admin_rows(self, grant: AssignmentView) -> list[RightRow]:
        abilities = [text for verb, text in admin_abilities.admin_abilities().items() if verb in grant.verbs]
        where = self._until(access.of_grant(grant), grant.valid_until)
        chain = self._chain(grant, limit="")
        return [
            RightRow(dates.first_upper(text), where, chain)
            for text in (*abilities, *admin_rights.gives(grant.assignable_roles, self.book))
        ]

    def _right(self, right: Right) -> RightRow:
        grant = self._by_id[right.assignment]
        given = grant.limits.get(right.entitlement)
        limit = access.limit(given.amount, given.currency, given.period) if given else ""
        chain = self._chain(grant, limit=limit)
        if right.takes_amount and given and given.amount != right.amount:
            chain.append(_lowered(right))
        return RightRow(
            text=access.right_marked(right, text=self.book.entitlements[right.entitlement]),
            where=self._until(access.where(right), right.valid_until),
            chain=chain,
        )

    def _until(self, where: str, until: Any) -> str:
        return ", ".join(part for part in (where, access.until(until, self.clock)) if part)

    def _chain(self, grant: AssignmentView, *, limit: str) -> list[Reason]:
        tier = admin_abilities.in_language(grant.role_name)
        version = {"supplier": settings.SUPPLIER_NAME, "number": grant.version}
        return [
            Reason(
                strong=_("Tier %(tier)s") % {"tier": tier},
                text=_("includes this"),
                sub=_("Tiers of %(supplier)s, version %(number)d") % version,
            ),
            Reason(self._giver(grant), self._gave(grant, limit), self._when(grant)),
        ]

    def _giver(self, grant: AssignmentView) -> str:
        if grant.assigned_by_kind == "system":
            return str(settings.SUPPLIER_NAME)
        return self._givers.get(grant.assigned_by, _("Unknown person"))

    def _gave(self, grant: AssignmentView, limit: str) -> str:
        where = access.of_grant(grant, inside=True)
        facts = {"where": where, "limit": limit}
        return (
            _("assigned it: %(where)s, %(limit)s") % facts if limit else _("assigned it: %(where)s") % facts
        )

    def _when(self, grant: AssignmentView) -> str:
        parts = [self.clock.moment(grant.valid_from, seconds=False), removal_reasons.shown(grant.reason)]
        number = self._events.get(grant.act)
        if number is not None:
            parts.append(_("event %(number)s") % {"number": cldr.number(number)})
        return " · ".join(part for part in parts if part)


def _lowered(right: Right) -> Reason:
    amount = cldr.money(right.amount or Decimal(0), right.currency)
    return Reason(
        strong=str(settings.SUPPLIER_NAME),
        text=_("agreed a maximum of %(amount)s for your company") % {"amount": amount},
    )


def ways_in(factors: Mapping[str, Any] | Sequence[str] | set[str]) -> str:
    """`Passkey, password and code`."""
    known = {
        "webauthn": _("passkey"),
        "password": _("password"),
        "totp": _("code"),
    }
    return dates.first_upper(dates.listed([word for kind, word in known.items() if kind in factors]))
