"""What one may do, and why: each right with the chain that leads to it."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delegation import entitlements
from delegation.entitlements import Right
from delegation.queries import held, log, names
from delegation.queries.catalogue import Book
from delegation.queries.held import Grant
from portal import cldr, gains
from portal.inside import Here
from portal.web import formats, reasons, words
from portal.web.reading import authority


class Why:
    """Everything needed to explain what one colleague may do. Eight statements at most."""

    def __init__(self, here: Here, membership: uuid.UUID, book: Book, clock: formats.Clock) -> None:
        self.book, self.clock, self.here = book, clock, here
        self.rights = entitlements.of(memberships=[membership], at=here.at)[membership]
        self.grants = held.grants(memberships=[membership], at=here.at).get(membership, [])
        self._by_id = {grant.id: grant for grant in self.grants}
        self._givers = names.of(ids={grant.given_by for grant in self.grants})
        acts = {grant.act for grant in self.grants}
        self._events = log.numbers(acts=acts, subject=membership) if acts else {}

    @property
    def since(self) -> str:
        """`Orderer since 14 Feb 2023`."""
        if not self.grants:
            return ""
        day = self.clock.date(min(grant.valid_from for grant in self.grants))
        return _("%(tier)s since %(day)s") % {"tier": words.tiers(self.grants), "day": day}

    def rows(self) -> list[dict[str, Any]]:
        """For `kh.can`: what one looks after first, then the rights in other systems."""
        own = [row for grant in self.grants for row in self._looks_after(grant)]
        return own + [self._right(right) for right in self.rights]

    def _looks_after(self, grant: Grant) -> list[dict[str, Any]]:
        does = [text for verb, text in gains.looking_after().items() if verb in grant.verbs]
        where = self._until(words.of_grant(grant), grant.valid_until)
        chain = self._chain(grant, limit="")
        return [
            {"text": formats.first_upper(text), "where": where, "chain": chain}
            for text in (*does, *authority.gives(grant.gives, self.book))
        ]

    def _right(self, right: Right) -> dict[str, Any]:
        grant = self._by_id[right.assignment]
        given = grant.limits.get(right.entitlement)
        limit = words.limit(given.amount, given.currency, given.period) if given else ""
        chain = self._chain(grant, limit=limit)
        if right.takes_amount and given and given.amount != right.amount:
            chain.append(_lowered(right))
        return {
            "text": words.right_marked(right, text=self.book.does[right.entitlement]),
            "where": self._until(words.where(right), right.valid_until),
            "chain": chain,
        }

    def _until(self, where: str, until: Any) -> str:
        return ", ".join(part for part in (where, words.until(until, self.clock)) if part)

    def _chain(self, grant: Grant, *, limit: str) -> list[dict[str, str]]:
        tier = gains.in_language(grant.role_name)
        version = {"supplier": settings.SUPPLIER_NAME, "number": grant.version}
        return [
            {
                "strong": _("Tier %(tier)s") % {"tier": tier},
                "text": _("allows it"),
                "sub": _("Tiers of %(supplier)s, version %(number)d") % version,
            },
            {"strong": self._giver(grant), "text": self._gave(grant, limit), "sub": self._when(grant)},
        ]

    def _giver(self, grant: Grant) -> str:
        if grant.given_by_kind == "system":
            return str(settings.SUPPLIER_NAME)
        return self._givers.get(grant.given_by, _("Somebody"))

    def _gave(self, grant: Grant, limit: str) -> str:
        where = words.of_grant(grant, inside=True)
        facts = {"where": where, "limit": limit}
        return _("gave it: %(where)s, %(limit)s") % facts if limit else _("gave it: %(where)s") % facts

    def _when(self, grant: Grant) -> str:
        parts = [self.clock.moment(grant.valid_from, seconds=False), reasons.shown(grant.reason)]
        number = self._events.get(grant.act)
        if number is not None:
            parts.append(_("event %(number)s") % {"number": cldr.number(number)})
        return " · ".join(part for part in parts if part)


def _lowered(right: Right) -> dict[str, str]:
    amount = cldr.money(right.amount or Decimal(0), right.currency)
    return {
        "strong": str(settings.SUPPLIER_NAME),
        "text": _("agreed on at most %(amount)s for the company") % {"amount": amount},
        "sub": "",
    }


def ways_in(factors: Mapping[str, Any] | Sequence[str] | set[str]) -> str:
    """`Passkey, password and code`."""
    known = {
        "webauthn": _("passkey"),
        "password": _("password"),
        "totp": _("code"),
    }
    return formats.first_upper(formats.listed([word for kind, word in known.items() if kind in factors]))
