"""The demo fills an empty installation with sample customers, by the same commands as the product's channels."""

from decimal import Decimal

import django

django.setup()

# Models are there only after setup.
from django.contrib.auth.hashers import make_password  # noqa: E402

from audit.foundation import clock, digests  # noqa: E402
from audit.foundation.actor import Actor, ActorKind, Channel, system  # noqa: E402
from audit.log import observations  # noqa: E402
from audit.log.ledger import Subject  # noqa: E402
from audit.personal_data import PersonalValue  # noqa: E402
from delegation.applications import commands as applications_commands  # noqa: E402
from delegation.applications import new_client  # noqa: E402
from delegation.authorization.event_types import Observation  # noqa: E402
from delegation.authorization.values import AccessSpec, AmountLimit  # noqa: E402
from delegation.catalogue import catalog_file, ceilings  # noqa: E402
from delegation.catalogue import commands as catalogue_commands  # noqa: E402
from delegation.invitations.commands import send as invitations_send  # noqa: E402
from delegation.organizations import commands as organizations_commands  # noqa: E402
from delegation.organizations.new_organization import NewOrganization  # noqa: E402
from delegation.orphan_cases.commands import opening  # noqa: E402
from delegation.people.commands import enrollment  # noqa: E402
from delegation.staff import commands as staff_commands  # noqa: E402
from demo import ports_and_paths, sample  # noqa: E402
from demo.sample import Company, Person  # noqa: E402
from demo.staff_login import staff  # noqa: E402
from identity.clients.models import Application  # noqa: E402
from identity.organizations.models import Organization, Site  # noqa: E402
from identity.people import credentials  # noqa: E402
from identity.people.models import User  # noqa: E402
from identity.staff import identities  # noqa: E402
from portal.signin.customers import authenticator_apps  # noqa: E402
from provisioning.targets import commands as targets_commands  # noqa: E402

SYSTEM = system(channel=Channel.SHELL)
CATALOGUE = catalog_file.load(path=ports_and_paths.CATALOG)
OFFER = {
    spec.key: AmountLimit(Decimal(20000)) if spec.takes_amount else AmountLimit(None)
    for spec in CATALOGUE.entitlements
}
_LIMITED_ENTITLEMENTS = {
    "orderer": ["ordering:orders.place"],
    "approver": ["ordering:orders.place", "ordering:orders.approve"],
}


def register_applications(where: ports_and_paths.Places) -> None:
    """Register the web shop and the CRM portal with their clients, and apply the catalogue."""
    catalogue_commands.add_units(actor=SYSTEM, catalogue=CATALOGUE)
    names = {
        "ordering": {"en": "Web shop", "fi": "Verkkokauppa"},
        "crm": {"en": "CRM portal", "fi": "CRM-portaali"},
    }
    for key, port in ports_and_paths.SERVICES.items():
        url = where.url(port)
        client = new_client.NewClient(
            client_id=key,
            name=names[key]["en"],
            redirect_uris=[f"{url}/callback"],
            initiate_login_uri=f"{url}/initiate",
            backchannel_logout_uri=f"{url}/backchannel-logout",
            post_logout_redirect_uris=[f"{url}/"],
            scopes=["openid", "profile", "email", "entitlements"],
        )
        registered = applications_commands.register_application(
            actor=SYSTEM, key=key, name=names[key], unit="kivisalo", client=client
        )
        where.remember(**{f"{key}_client": registered.result.secret})
    catalogue_commands.apply(actor=SYSTEM, catalogue=CATALOGUE)


def register_targets(where: ports_and_paths.Places) -> None:
    """Register both services as targets: they receive an account for every member from now on."""
    for key, port in ports_and_paths.SERVICES.items():
        application = Application.objects.get(key=key)
        token = where.secrets()[f"{key}_scim"]
        targets_commands.register(
            actor=SYSTEM,
            application=application,
            base_url=f"{where.url(port)}/scim/v2",
            token=token,
            include_applications=["ordering"] if key == "crm" else [],
        )


def create_company(company: Company, hashed: str, unusable: str) -> dict[str, str]:
    """Create one customer with its people. Returns the TOTP secrets of the sign-ins that the demo shows."""
    new = NewOrganization(
        key=company.key,
        name=company.name,
        register_id=company.register_id,
        language=company.language,
        sites=company.sites,
        numbers={"kivisalo": company.number},
    )
    organizations_commands.create_organization(actor=SYSTEM, new=new)
    organization = Organization.objects.get(key=company.key)
    ceilings.set_ceiling(actor=SYSTEM, organization=organization, offer=OFFER)
    sites = {site.name: site for site in Site.objects.filter(organization=organization)}
    people = [
        enrollment.PersonToEnroll(
            email=person.email,
            name=person.name,
            password=hashed if person.who else unusable,
            language=company.language,
            access=access_of(person, sites),
        )
        for person in company.people
    ]
    enrollment.enroll(actor=SYSTEM, organization=organization, people=people)
    return {
        person.email: add_factor(User.objects.get(email=person.email))
        for person in company.people
        if person.who
    }


def access_of(person: Person, sites: dict[str, Site]) -> AccessSpec:
    """Return the access that the sample gives this person."""
    return AccessSpec(
        role=person.role,
        all_sites=not person.sites,
        sites=frozenset(sites[name].id for name in person.sites),
        limits={
            key: AmountLimit(Decimal(person.limit)) for key in _LIMITED_ENTITLEMENTS.get(person.role, ())
        },
    )


def add_factor(user: User) -> str:
    """Add a second factor and return its secret; the page of codes in the mailbox shows it."""
    secret = authenticator_apps.generate()
    actor = Actor(kind=ActorKind.PERSON, id=user.id, channel=Channel.SHELL, label=user.name)
    with observations.recording(actor=actor) as note:
        factor = authenticator_apps.connect(user=user, secret=secret, step=0)
        note.add(
            Observation.FACTOR_ADDED,
            subject=Subject("user", user.id),
            chain=user.id,
            facts=credentials.added_factor(factor),
        )
    return secret


def hire_staff(where: ports_and_paths.Places) -> None:
    """Give the sample staff their rights, as if each had signed in once; the owner's is without end."""
    users = [(member.groups, enroll(member, where)) for member in staff.STAFF]
    owner = next(user for groups, user in users if groups == (staff.ROLES["owner"],))
    staff_commands.appoint_owner(actor=SYSTEM, user=owner, reason="The first owner")
    kaarina = Actor(
        kind=ActorKind.STAFF,
        id=owner.pk,
        channel=Channel.SHELL,
        label=owner.name,
        staff_roles=frozenset({"owner"}),
    )
    for role, group in staff.ROLES.items():
        holders = [user for groups, user in users if group == groups[-1]]
        for user in [] if role == "owner" else holders:
            staff_commands.give(actor=kaarina, user=user, role=role, reason="Joined the team")


def enroll(member: staff.Member, where: ports_and_paths.Places) -> User:
    """Create a staff user with the event of the first sign-in."""
    at, issuer = clock.now(), where.url("STAFF_PORT")
    with observations.recording(actor=SYSTEM) as note:
        user = identities.enroll(issuer=issuer, subject=member.subject, name=member.name, at=at)
        note.add(
            Observation.STAFF_ENROLLED,
            subject=Subject("user", user.pk),
            chain=user.pk,
            facts={
                "issuer": issuer,
                "subject_digest": digests.digest(member.subject),
                "created_at": at.isoformat(),
            },
            personal={"name": PersonalValue(user.name, (user.pk,))},
        )
    return user


def run() -> None:
    """Create all sample data; the file of sample people is written last and shows that it is complete."""
    where = ports_and_paths.from_environment()
    password = where.secrets()["password"]
    hashed, unusable = make_password(password), make_password(None)
    register_applications(where)
    codes: dict[str, str] = {}
    for company in sample.COMPANIES:
        codes |= create_company(company, hashed, unusable)
    koskela = Organization.objects.get(key="koskela")
    sites = {site.name: site for site in Site.objects.filter(organization=koskela)}
    invitations_send.invite(
        actor=SYSTEM,
        organization=koskela,
        email=sample.PENDING.email,
        name=sample.PENDING.name,
        access=access_of(sample.PENDING, sites),
    )
    register_targets(where)
    hire_staff(where)
    # The deliverer would open it some minutes later.
    orphaned = Organization.objects.get(key=sample.ORPHANED)
    opening.open_case(actor=SYSTEM, organization=orphaned, cause="no_admin")
    shown = [
        {"email": person.email, "name": person.name, "who": person.who, "secret": codes[person.email]}
        for company in sample.COMPANIES
        for person in company.people
        if person.who
    ]
    ports_and_paths.write(where.people, {"password": password, "people": shown})


if __name__ == "__main__":
    run()
