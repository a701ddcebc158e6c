"""Commands of any capability create an organization by this effect."""

from collections.abc import Sequence
from typing import Any

from delegation.acts.act import Act
from delegation.organizations.new_organization import NewOrganization
from delegation.organizations.subjects import OrganizationToCreate
from identity import lifecycle
from identity.organizations.models import Organization, Site


def create(act: Act, subject: OrganizationToCreate, new: NewOrganization) -> Organization:
    """Create the cleaned organization with its sites and customer numbers, and record its event."""
    organization = lifecycle.create_organization(
        organization=act.organization,
        key=new.key,
        name=new.name,
        at=act.at,
        register_id=new.register_id,
        language=new.language,
        time_zone=new.time_zone,
        mail_domains=new.mail_domains,
    )
    sites = lifecycle.add_sites(organization=organization, sites=new.sites, at=act.at)
    for unit, number in new.numbers.items():
        lifecycle.set_customer_number(
            organization=organization, unit=subject.units[unit], customer_number=number
        )
    act.record_change(act.organization, before={}, after={**_to_json(new), **sites_to_json(sites)})
    return organization


def _to_json(new: NewOrganization) -> dict[str, Any]:
    return {
        "key": new.key,
        "register_id": new.register_id,
        "numbers": dict(new.numbers),
        "mail_domains": list(new.mail_domains),
    }


def sites_to_json(sites: Sequence[Site]) -> dict[str, Any]:
    """Return the JSON of the log for new sites."""
    return {
        "sites": [str(site.id) for site in sites],
        "external_ids": {str(site.id): site.external_id for site in sites if site.external_id},
    }
