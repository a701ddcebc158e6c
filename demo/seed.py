"""Fills an empty installation with sample customers, by the same commands that anybody uses."""

from decimal import Decimal

import django

django.setup()

# Models are there only after setup.
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402

from audit.foundation.actor import Actor, Channel, Kind, system  # noqa: E402
from audit.log import observations  # noqa: E402
from audit.log.ledger import Subject  # noqa: E402
from delegation.applications import commands as applications_commands  # noqa: E402
from delegation.authorization.values import AccessSpec, AmountLimit  # noqa: E402
from delegation.authorization.verbs import Observation  # noqa: E402
from delegation.catalogue import catalog_file, ceilings  # noqa: E402
from delegation.catalogue import commands as catalogue_commands  # noqa: E402
from delegation.invitations.commands import send as invitations_send  # noqa: E402
from delegation.organizations import commands as organizations_commands  # noqa: E402
from delegation.people.commands import enrollment  # noqa: E402
from demo import ports_and_paths, sample  # noqa: E402
from demo.sample import Company, Person  # noqa: E402
from identity.clients.models import Application  # noqa: E402
from identity.organizations.models import Organization, Site  # noqa: E402
from identity.people.models import User  # noqa: E402
from provisioning.targets import commands as targets_commands  # noqa: E402

SYSTEM = system(channel=Channel.SHELL)
CATALOGUE = catalog_file.load(path=ports_and_paths.CATALOG)
OFFER = {
    spec.key: AmountLimit(Decimal(20000)) if spec.takes_amount else AmountLimit(None)
    for spec in CATALOGUE.entitlements
}
_TAKES = {
    "orderer": ["ordering:orders.place"],
    "approver": ["ordering:orders.place", "ordering:orders.approve"],
}


def services(where: ports_and_paths.Places) -> None:
    """The web shop and the CRM portal: clients that people sign in to, targets that are provisioned."""
    catalogue_commands.add_units(actor=SYSTEM, catalogue=CATALOGUE)
    names = {
        "ordering": {"en": "Web shop", "fi": "Verkkokauppa"},
        "crm": {"en": "CRM portal", "fi": "CRM-portaali"},
    }
    for key, port in ports_and_paths.SERVICES.items():
        url = where.url(port)
        client = applications_commands.NewClient(
            client_id=key,
            name=names[key]["en"],
            redirect_uris=[f"{url}/callback"],
            initiate_login_uri=f"{url}/initiate",
            backchannel_logout_uri=f"{url}/backchannel-logout",
            post_logout_redirect_uris=[f"{url}/"],
            scopes=["openid", "profile", "email", "organization", "entitlements"],
        )
        made = applications_commands.register_application(
            actor=SYSTEM, key=key, name=names[key], unit="kivisalo", client=client
        )
        where.remember(**{f"{key}_client": made.result.secret})
    catalogue_commands.apply(actor=SYSTEM, catalogue=CATALOGUE)


def connect(where: ports_and_paths.Places) -> None:
    """Both services are told about everybody, from now on."""
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


def company(of: Company, hashed: str, strange: str) -> dict[str, str]:
    """One customer with its people. Gives the second factors' secrets of those whose sign-in is shown."""
    new = organizations_commands.NewOrganization(
        key=of.key,
        name=of.name,
        register_id=of.register_id,
        language=of.language,
        sites=of.sites,
        numbers={"kivisalo": of.number},
    )
    organizations_commands.create_organization(actor=SYSTEM, new=new)
    organization = Organization.objects.get(key=of.key)
    ceilings.set_ceiling(actor=SYSTEM, organization=organization, offer=OFFER)
    places_of = {site.name: site for site in Site.objects.filter(organization=organization)}
    people = [
        enrollment.PersonToEnroll(
            email=person.email,
            name=person.name,
            password=hashed if person.who else strange,
            language=of.language,
            access=access(person, places_of),
        )
        for person in of.people
    ]
    enrollment.enroll(actor=SYSTEM, organization=organization, people=people)
    return {person.email: factor(User.objects.get(email=person.email)) for person in of.people if person.who}


def access(person: Person, sites: dict[str, Site]) -> AccessSpec:
    """What this person is to be given."""
    return AccessSpec(
        role=person.role,
        all_sites=not person.sites,
        sites=frozenset(sites[name].id for name in person.sites),
        limits={key: AmountLimit(Decimal(person.limit)) for key in _TAKES.get(person.role, ())},
    )


def factor(user: User) -> str:
    """A second factor; its secret is shown on the mailbox's page of codes."""
    secret = generate_totp_secret()
    actor = Actor(kind=Kind.PERSON, id=user.id, channel=Channel.SHELL, label=user.name)
    with observations.recording(actor=actor) as note:
        TOTP.activate(user, secret)
        note.add(
            Observation.FACTOR_ADDED,
            subject=Subject("user", user.id),
            chain=user.id,
            facts={"factor": "totp"},
        )
    return str(secret)


def run() -> None:
    """Fill; the file of sample people is written last and says that it is whole."""
    where = ports_and_paths.from_environment()
    password = where.secrets()["password"]
    hashed, strange = make_password(password), make_password(None)
    services(where)
    codes: dict[str, str] = {}
    for one in sample.COMPANIES:
        codes |= company(one, hashed, strange)
    koskela = Organization.objects.get(key="koskela")
    sites = {site.name: site for site in Site.objects.filter(organization=koskela)}
    invitations_send.invite(
        actor=SYSTEM,
        organization=koskela,
        email=sample.PENDING.email,
        name=sample.PENDING.name,
        access=access(sample.PENDING, sites),
    )
    connect(where)
    shown = [
        {"email": person.email, "name": person.name, "who": person.who, "secret": codes[person.email]}
        for one in sample.COMPANIES
        for person in one.people
        if person.who
    ]
    ports_and_paths.write(where.people, {"password": password, "people": shown})


if __name__ == "__main__":
    run()
