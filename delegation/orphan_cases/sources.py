"""A proof counts with the mail domain if the holder of the domain can give it alone, whatever its kind."""

from collections.abc import Collection

from django.db.models import CharField, F, Func, Value

from delegation.domain_verifications import queries as domains_queries
from delegation.orphan_cases import ladder, letters
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof
from identity.people import credentials
from identity.people.models import User

_KIND, _RECIPIENT = OrphanProof.ProofKind, OrphanLetter.LetterRecipient
DOMAIN = ladder.SOURCES[_KIND.DOMAIN]


def of_answer(case: OrphanCase, letter: OrphanLetter, kind: str) -> str:
    """Return what a yes to this letter rests on. Four statements at most.

    Mail to the customer's domain opens a contact's link, and resets the password of a member. A second factor of the
    member from before the case is more than that.
    """
    if letter.recipient == _RECIPIENT.CONTACT:
        contacts = letters.known_contacts(case)
        return _of_contacts(case, {one.email for one in contacts if one.contact == letter.contact})
    if letter.recipient == _RECIPIENT.MEMBER and letter.membership is not None:
        user, before = letter.membership.user_id, letters.beginning(case)
        if not credentials.has_second_factor_from_before(user=user, at=before):
            return DOMAIN
    return ladder.SOURCES[_KIND(kind)]


def of_added(case: OrphanCase, kind: str) -> str:
    """Return what a proof that staff add rests on: which of the known contacts answered is not stored."""
    if kind != _KIND.CONTACT:
        return ladder.SOURCES[_KIND(kind)]
    return _of_contacts(case, {one.email for one in letters.known_contacts(case)})


def _of_contacts(case: OrphanCase, emails: Collection[str]) -> str:
    """Return `contact` where each address is outside the customer's domains, else `domain`."""
    own = _domains(case)
    is_own = any(_are_related(_domain(email), domain) for email in emails for domain in own)
    return DOMAIN if is_own else ladder.SOURCES[_KIND.CONTACT]


def _domains(case: OrphanCase) -> set[str]:
    """Return the customer's mail domains, and those of all that are or were its members. Two statements."""
    domain = Func(F("email"), Value("@"), Value(2), function="split_part", output_field=CharField())
    people = User.objects.filter(memberships__organization=case.organization_id).exclude(email="")
    used = {one.lower() for one in people.values_list(domain, flat=True).distinct()}
    verified = domains_queries.verified(organization=case.organization_id, at=letters.beginning(case))
    return {*used, *verified, *case.organization.mail_domains}


def _are_related(first: str, second: str) -> bool:
    """Return whether both are one domain, or one is part of the other: its holder holds both."""
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
