"""An invitation to an address outside the organization's own mail domains is reported to its admins."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from delegation.authorization import admin_queries
from delegation.domain_verifications import queries as domain_queries
from identity.organizations.models import Organization
from identity.people.models import User

_MAX_NOTIFIED = 20


@dataclass(frozen=True, slots=True)
class NotifiedAdmin:
    """Names an admin with address and language."""

    user: uuid.UUID
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class MailDomains:
    """Holds an organization's own mail domains, and its working admins in the order of names."""

    domains: frozenset[str]
    admins: Sequence[User]

    def outside(self, emails: Iterable[str]) -> list[str]:
        """Return which of these addresses are outside the domains, in order."""
        return [email for email in emails if _domain(email) not in self.domains]

    def notified(self, *, sender: uuid.UUID) -> list[NotifiedAdmin]:
        """Return up to 20 admins other than the sender."""
        others = [admin for admin in self.admins if admin.id != sender]
        return [NotifiedAdmin(admin.id, admin.email, admin.language) for admin in others[:_MAX_NOTIFIED]]


def load(*, organization: Organization, at: dt.datetime) -> MailDomains:
    """Read the domains; without any of its own, those of the organization's working admins count.

    One of its own counts once it is verified, or where a working admin has an address: an admin who adds a domain
    cannot so keep the other admins from hearing of an invitation. One statement, two with domains of its own.
    """
    rows = admin_queries.working_admins(organization=organization.id, at=at)
    admins = [row.user for row in rows.select_related("user").order_by("sort_key", "id")]
    own = {_domain(admin.email) for admin in admins}
    if organization.mail_domains:
        proved = own.union(domain_queries.verified(organization=organization.id, at=at))
        own = proved.intersection(organization.mail_domains)
    return MailDomains(frozenset(own), admins)


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
