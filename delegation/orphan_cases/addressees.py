"""Mails of a case go to addresses that were known before it: of members, old admins and contacts."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from delegation.authorization.errors import NotFound
from delegation.orphan_cases import letters
from delegation.orphan_cases.models import OrphanCase, OrphanLetter
from identity.memberships.models import Membership

_RECIPIENT = OrphanLetter.LetterRecipient
MOST_FORMER = 20


@dataclass(frozen=True, slots=True)
class Addressee:
    """Names the recipient of a letter; `about` is the user or the contact that the mail is about."""

    name: str
    email: str
    language: str
    about: uuid.UUID
    is_admin: bool = False
    """Whether the recipient has or had the admin role."""


def of_letters(*, case: uuid.UUID, sent: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Addressee]:
    """Return who gets these letters, by letter, without those by post or without an address. Four statements."""
    rows = OrphanLetter.objects.filter(case=case, id__in=sent).select_related("membership__user")
    contacts = {one.contact: one for one in letters.known_contacts(OrphanCase.objects.get(id=case))}
    found: dict[uuid.UUID, Addressee] = {}
    for row in rows:
        if row.membership is not None and row.membership.user.email:
            user = row.membership.user
            is_admin = row.recipient == _RECIPIENT.FORMER_ADMIN
            found[row.id] = Addressee(
                row.membership.shown_name, user.email or "", user.language, user.id, is_admin
            )
        elif row.contact in contacts:
            contact = contacts[row.contact]
            found[row.id] = Addressee(contact.name, contact.email, "", contact.contact)
    return found


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Names a person that staff can ask: a member, or a contact where `membership` is None."""

    recipient: str
    name: str
    email: str
    membership: Membership | None = None
    contact: uuid.UUID | None = None


def suggested(*, case: OrphanCase) -> Sequence[AskedPerson]:
    """List the admins of earlier days and the known contacts. Four statements."""
    rows = Membership.objects.filter(id__in=letters.former_admins(case)).select_related("user")
    people = [
        AskedPerson(_RECIPIENT.FORMER_ADMIN, row.shown_name, row.user.email or "", membership=row)
        for row in rows.order_by("sort_key", "id")[:MOST_FORMER]
        if row.user.email and row.user.email.lower() != case.email.lower()
    ]
    contacts = letters.known_contacts(case)
    return [
        *people,
        *(AskedPerson(_RECIPIENT.CONTACT, one.name, one.email, contact=one.contact) for one in contacts),
    ]


def find(*, case: OrphanCase, email: str, at: dt.datetime) -> AskedPerson:
    """Find the person with this address: an old admin or a contact first, else a present member. Raises NotFound."""
    wanted = email.strip().lower()
    for one in suggested(case=case):
        if one.email.lower() == wanted:
            return one
    row = (
        Membership.objects.filter(organization=case.organization_id, user__email__iexact=wanted)
        .select_related("user")
        .first()
    )
    if row is None or letters.recipient_of(case=case, membership=row.id, at=at) is None:
        raise NotFound
    return AskedPerson(_RECIPIENT.MEMBER, row.shown_name, row.user.email or "", membership=row)
