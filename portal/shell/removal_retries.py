"""After a removal, this form has connected systems tried again at once."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext


@dataclass(frozen=True, slots=True)
class Retry:
    """Describes the form of *Try again now*, for `kh.retry`."""

    url: str
    idempotency_key: str


def allowed(page: PageContext, memberships: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Find the members whose access this reader may resync. Two statements, none without members."""
    if not memberships or Verb.ACCOUNT_RESYNC not in page.abilities:
        return set()
    may = policy.abilities(
        actor=page.viewer, memberships=list(memberships), at=page.at, verbs=(Verb.ACCOUNT_RESYNC,)
    )
    return {membership for membership in memberships if may[membership][Verb.ACCOUNT_RESYNC]}


def of_acts(
    page: PageContext, memberships: Mapping[uuid.UUID, Collection[uuid.UUID]]
) -> Mapping[uuid.UUID, Retry]:
    """Return the form of each removal, by act, as far as the reader may resync one of these members."""
    may = allowed(page, {one for members in memberships.values() for one in members})
    return {act: _form(page, act) for act, members in memberships.items() if may.intersection(members)}


def _form(page: PageContext, act: uuid.UUID) -> Retry:
    return Retry(page.url("removal_resync", act=act), shell_forms.new_idempotency_key())
