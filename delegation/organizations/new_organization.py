"""Every channel describes an organization to create alike, and its values are cleaned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput

MAX_SITE_NAME, MAX_EXTERNAL_ID = 120, 80
MAX_REGISTER_ID, MAX_CUSTOMER_NUMBER = 40, 40
"""The longest texts, in characters."""
MAX_DOMAINS = 50
"""Mail domains of one organization: each is looked up every day."""
RESERVED_KEYS = frozenset({"onboard", "onboard-file"})
"""Addresses of staff pages have these words in the place of an organization's key."""


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """Describes a customer to onboard.

    `sites` are (name, external id); `numbers` are customer numbers by business unit key.
    """

    key: str
    name: str
    register_id: str = ""
    language: str = "en"
    time_zone: str = "Europe/Helsinki"
    sites: Sequence[tuple[str, str]] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    mail_domains: Sequence[str] = ()

    def cleaned(self) -> "NewOrganization":
        """Return the one spelling of every value. Raises InvalidInput, and AlreadyExists for a reserved key."""
        if self.key in RESERVED_KEYS:
            raise AlreadyExists(field="key")
        return replace(
            self,
            key=input_cleaning.key(self.key),
            name=input_cleaning.name(self.name),
            register_id=input_cleaning.line(self.register_id, field="register_id", longest=MAX_REGISTER_ID),
            language=input_cleaning.language(self.language),
            time_zone=input_cleaning.time_zone(self.time_zone),
            mail_domains=cleaned_domains(self.mail_domains),
            sites=cleaned_sites(self.sites),
            numbers={
                input_cleaning.key(unit, field="unit"): input_cleaning.line(
                    number, field="number", longest=MAX_CUSTOMER_NUMBER, required=True
                )
                for unit, number in self.numbers.items()
            },
        )


def cleaned_sites(sites: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the one spelling of sites, given as (name, external id). Raises InvalidInput and AlreadyExists."""
    cleaned = [
        (
            input_cleaning.name(name, field="site", longest=MAX_SITE_NAME),
            input_cleaning.line(external, field="external_id", longest=MAX_EXTERNAL_ID),
        )
        for name, external in sites
    ]
    if len({name for name, _ in cleaned}) < len(cleaned):
        raise AlreadyExists(field="site")
    return cleaned


def cleaned_domains(domains: Sequence[str]) -> list[str]:
    """Return each mail domain once, in order. Raises InvalidInput."""
    cleaned = sorted({input_cleaning.mail_domain(domain) for domain in domains})
    if len(cleaned) > MAX_DOMAINS:
        raise InvalidInput(field="mail_domains", problem="too_many", longest=MAX_DOMAINS)
    return cleaned
