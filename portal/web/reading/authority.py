"""What looking after colleagues lets one do, in the shape of rights: so that it is compared like those elsewhere."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from delegation.entitlements import Right, SiteRef
from delegation.queries.catalogue import Book
from delegation.queries.gifts import Gifts
from delegation.queries.held import Grant
from delegation.wanted import Access
from portal import gains
from portal.web import formats
from portal.web.effect import Effect

_NOBODY = uuid.UUID(int=0)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_MOST = 8


class Authority(NamedTuple):
    """Over whom, and which tiers one may give them."""

    rights: Sequence[Right]
    gives: frozenset[str]


NOTHING = Authority((), frozenset())


def texts() -> Mapping[str, Mapping[str, str]]:
    """What each verb lets one do, in the active language, as `effect` looks it up."""
    return {verb.value: {"en": text} for verb, text in gains.looking_after().items()}


def held(grants: Sequence[Grant]) -> Authority:
    """What a colleague has now."""
    found = [right for grant in grants for right in rights(grant.verbs, grant.access)]
    return Authority(found, frozenset().union(*(grant.gives for grant in grants)))


def wanted(access: Access, gifts: Gifts) -> Authority:
    """What this access would bring with it."""
    tier = gifts.tier(access.role)
    return Authority(rights(tier.verbs, access), tier.gives) if tier else NOTHING


def rights(verbs: Iterable[str], access: Access) -> list[Right]:
    """What these verbs let one do to colleagues, where this access reaches."""
    known = set(verbs)
    return [_right(verb.value, access) for verb in gains.looking_after() if verb.value in known]


def _right(verb: str, access: Access) -> Right:
    return Right(
        membership=_NOBODY,
        application="",
        entitlement=verb,
        role=access.role,
        all_sites=access.all_sites,
        sites=tuple(SiteRef(site, "", "") for site in access.sites),
        takes_amount=False,
        amount=None,
        currency="",
        period="order",
        valid_from=_NEVER,
        valid_until=access.until,
        assignment=_NOBODY,
    )


def compare_gives(*, before: Authority, after: Authority, book: Book) -> Effect:
    """One sentence for the tiers that one may give from now on, one for those that one no longer may."""
    return Effect(gives(after.gives - before.gives, book), gives(before.gives - after.gives, book))


def gives(tiers: frozenset[str], book: Book) -> list[str]:
    """One sentence for the tiers that one may give; none for none."""
    names = [gains.in_language(name) for key, name in book.tiers.items() if key in tiers]
    listed = {"tiers": formats.listed(names, most=_MOST)}
    return [_("give colleagues these tiers: %(tiers)s") % listed] if names else []
