"""The link of a letter leads to its case; the recipients of notices are found here."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from audit.foundation import ids
from delegation.acts.act import Act
from delegation.authorization.errors import CaseStep, NotFound
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import RoleVersion
from delegation.customer_contacts import queries as contacts_queries
from delegation.customer_contacts.queries import ContactView
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanRequest
from identity import machine_secrets
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership

PREFIX, REQUEST_PREFIX = "khc", "khq"
_RECIPIENT = OrphanLetter.LetterRecipient


def find(link: str) -> OrphanLetter | None:
    """Find the letter of a link in any state; None for an unknown secret. One statement."""
    if not link.startswith(f"{PREFIX}_"):
        return None
    rows = OrphanLetter.objects.select_related("case__organization", "membership__user")
    return rows.filter(hash__in=machine_secrets.hash_candidates(link)).first()


def find_request(link: str) -> OrphanRequest | None:
    """Find the request of a link in any state; None for an unknown secret. One statement."""
    if not link.startswith(f"{REQUEST_PREFIX}_"):
        return None
    rows = OrphanRequest.objects.select_related("organization")
    return rows.filter(hash__in=machine_secrets.hash_candidates(link)).first()


def locked(*, case: OrphanCase, link: str, purpose: str) -> OrphanLetter:
    """Read a letter under the lock of its case. Raises NotFound, and CaseStep for one that was answered."""
    found = find(link)
    if found is None or found.case_id != case.id or found.purpose != purpose:
        raise NotFound
    if found.answer:
        raise CaseStep(state=case.state)
    return found


def mark(act: Act, letter: OrphanLetter, answer: str) -> None:
    """Write the answer."""
    letter.answer, letter.answered_at, letter.answered_act = answer, act.at, act.id
    letter.save(update_fields=["answer", "answered_at", "answered_act"])


@dataclass(frozen=True, slots=True)
class LetterTo:
    """Says who gets a letter, and as what: a member, a contact, or neither for a letter by post."""

    recipient: str
    membership: uuid.UUID | None = None
    contact: uuid.UUID | None = None


def new(act: Act, case: OrphanCase, purpose: str, to: LetterTo, link: str) -> OrphanLetter:
    """Return a letter to insert."""
    return OrphanLetter(
        id=ids.uuid7(),
        case=case,
        organization_id=case.organization_id,
        purpose=purpose,
        recipient=to.recipient,
        membership_id=to.membership,
        contact=to.contact,
        hash=machine_secrets.hash_secret(link),
        sent_by=act.actor.id,
        sent_at=act.at,
        act=act.id,
    )


def recipient_of(*, case: OrphanCase, membership: uuid.UUID, at: dt.datetime) -> str | None:
    """Return as which recipient this member can be asked: a present colleague, or an admin of earlier days."""
    if membership in former_admins(case):
        return _RECIPIENT.FORMER_ADMIN
    present = memberships_queries.active(at=at).filter(
        id=membership, organization=case.organization_id, kind=Membership.Kind.PERSON
    )
    return _RECIPIENT.MEMBER if present.exists() else None


def beginning(case: OrphanCase) -> dt.datetime:
    """Return when the case began: it was opened, or a stranger asked before that. One statement."""
    asked = case.requests.order_by("asked_at").values_list("asked_at", flat=True).first()
    return min(case.opened_at, asked or case.opened_at)


def known_contacts(case: OrphanCase) -> list[ContactView]:
    """List the contacts with an address that were known before the case and its requests. Two statements.

    A contact that was added or changed later may be the stranger's own, and the person named proves nothing.
    """
    known = contacts_queries.in_force(organization=case.organization_id, at=beginning(case))
    return [one for one in known if one.email and one.email.lower() != case.email.lower()]


def notified(*, case: OrphanCase, at: dt.datetime) -> list[LetterTo]:
    """List the recipients of notices: present members, admins of earlier days and known contacts, not the person named.

    Five statements.
    """
    former = former_admins(case)
    members = memberships_queries.active_or_suspended(at=at).filter(
        organization=case.organization_id, kind=Membership.Kind.PERSON
    )
    found = dict.fromkeys(members.values_list("id", flat=True), _RECIPIENT.MEMBER)
    found |= dict.fromkeys(former, _RECIPIENT.FORMER_ADMIN)
    named = Membership.objects.filter(organization=case.organization_id, user__email__iexact=case.email)
    for one in named.values_list("id", flat=True):
        found.pop(one, None)
    letters = [LetterTo(recipient.value, one) for one, recipient in sorted(found.items())]
    contacts = known_contacts(case)
    return [*letters, *(LetterTo(_RECIPIENT.CONTACT.value, contact=one.contact) for one in contacts)]


def notices_of_proposal(case: OrphanCase) -> QuerySet[OrphanLetter]:
    """Filter the notices that were written with the present proposal, to be mailed."""
    notices = case.letters.filter(purpose=OrphanLetter.Purpose.NOTICE)
    return notices.filter(act=case.proposed_act) if case.proposed_act else notices.none()


def notices(case: OrphanCase) -> QuerySet[OrphanLetter]:
    """Filter the notices of the present proposal: those that were mailed with it, and letters by post since."""
    rows = case.letters.filter(purpose=OrphanLetter.Purpose.NOTICE)
    return rows.filter(sent_at__gte=case.proposed_at) if case.proposed_at else rows.none()


def was_posted(case: OrphanCase) -> bool:
    """Return whether a letter by post was noted since the present proposal. One statement."""
    return case.letters.filter(recipient=_RECIPIENT.POST, sent_at__gte=case.proposed_at).exists()


def former_admins(case: OrphanCase) -> set[uuid.UUID]:
    """Return the members who have or had an admin's role for all sites; none of them is a working admin now."""
    roles = RoleVersion.objects.filter(is_admin=True).values("role")
    rows = Assignment.objects.filter(organization=case.organization_id, role__in=roles, all_sites=True)
    return set(rows.filter(membership__kind=Membership.Kind.PERSON).values_list("membership", flat=True))


def are_reachable(case: OrphanCase) -> bool:
    """Return whether a notice of the present proposal can have reached one person. One statement.

    By post, or at an address whose mail does not bounce. Contacts do not count: it is not known whether their mail
    comes back.
    """
    mailed = Q(membership__user__mail_bounced_at=None, membership__user__email__gt="")
    return notices(case).filter(Q(recipient=_RECIPIENT.POST) | mailed).exists()
