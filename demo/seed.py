"""Fills an empty installation with sample customers, by the same commands that anybody uses."""

from decimal import Decimal

import django

django.setup()

# Models are there only after setup.
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402

from audit import noting  # noqa: E402
from audit.actor import Actor, Door, Kind, system  # noqa: E402
from audit.ledger import Subject  # noqa: E402
from delegation import catalog_file  # noqa: E402
from delegation.commands import catalogue, invitations, onboarding, supplier  # noqa: E402
from delegation.verbs import Noted  # noqa: E402
from delegation.wanted import Access, Limit  # noqa: E402
from demo import places, sample  # noqa: E402
from demo.sample import Company, Person  # noqa: E402
from identity.models import Application, Organization, Site, User  # noqa: E402
from provisioning import targets  # noqa: E402

SYSTEM = system(door=Door.SHELL)
CATALOGUE = catalog_file.load(path=places.CATALOG)
OFFER = {
    spec.key: Limit(Decimal(20000)) if spec.takes_amount else Limit(None) for spec in CATALOGUE.entitlements
}
_TAKES = {
    "orderer": ["ordering:orders.place"],
    "approver": ["ordering:orders.place", "ordering:orders.approve"],
}


def services(where: places.Places) -> None:
    """The web shop and the CRM portal: clients that people sign in to, targets that are provisioned."""
    catalogue.add_units(actor=SYSTEM, catalogue=CATALOGUE)
    names = {
        "ordering": {"en": "Web shop", "fi": "Verkkokauppa"},
        "crm": {"en": "CRM portal", "fi": "CRM-portaali"},
    }
    for key, port in places.SERVICES.items():
        url = where.url(port)
        client = supplier.NewClient(
            client_id=key,
            name=names[key]["en"],
            redirect_uris=[f"{url}/callback"],
            initiate_login_uri=f"{url}/initiate",
            backchannel_logout_uri=f"{url}/backchannel-logout",
            post_logout_redirect_uris=[f"{url}/"],
            scopes=["openid", "profile", "email", "organization", "entitlements"],
        )
        made = supplier.register_application(
            actor=SYSTEM, key=key, name=names[key], unit="kivisalo", client=client
        )
        where.remember(**{f"{key}_client": made.result.secret})
    catalogue.apply(actor=SYSTEM, catalogue=CATALOGUE)


def connect(where: places.Places) -> None:
    """Both services are told about everybody, from now on."""
    for key, port in places.SERVICES.items():
        application = Application.objects.get(key=key)
        token = where.secrets()[f"{key}_scim"]
        targets.register(
            actor=SYSTEM,
            application=application,
            base_url=f"{where.url(port)}/scim/v2",
            token=token,
            also_tells=["ordering"] if key == "crm" else [],
        )


def company(of: Company, hashed: str, strange: str) -> dict[str, str]:
    """One customer with its people. Gives the second factors' secrets of those whose sign-in is shown."""
    new = supplier.NewOrganization(
        key=of.key,
        name=of.name,
        register_id=of.register_id,
        language=of.language,
        sites=of.sites,
        numbers={"kivisalo": of.number},
    )
    supplier.create_organization(actor=SYSTEM, new=new)
    organization = Organization.objects.get(key=of.key)
    supplier.set_ceiling(actor=SYSTEM, organization=organization, offer=OFFER)
    places_of = {site.name: site for site in Site.objects.filter(organization=organization)}
    people = [
        onboarding.Enrolled(
            email=person.email,
            name=person.name,
            password=hashed if person.who else strange,
            language=of.language,
            access=access(person, places_of),
        )
        for person in of.people
    ]
    onboarding.enroll(actor=SYSTEM, organization=organization, people=people)
    return {person.email: factor(User.objects.get(email=person.email)) for person in of.people if person.who}


def access(person: Person, sites: dict[str, Site]) -> Access:
    """What this person is to be given."""
    return Access(
        role=person.role,
        all_sites=not person.sites,
        sites=frozenset(sites[name].id for name in person.sites),
        limits={key: Limit(Decimal(person.limit)) for key in _TAKES.get(person.role, ())},
    )


def factor(user: User) -> str:
    """A second factor; its secret is shown on the mailbox's page of codes."""
    secret = generate_totp_secret()
    actor = Actor(kind=Kind.PERSON, id=user.id, door=Door.SHELL, label=user.name)
    with noting.noting(actor=actor) as note:
        TOTP.activate(user, secret)
        note.say(Noted.FACTOR_ADDED, subject=Subject("user", user.id), chain=user.id, facts={"kind": "totp"})
    return str(secret)


def run() -> None:
    """Fill; the file of sample people is written last and says that it is whole."""
    where = places.from_environment()
    password = where.secrets()["password"]
    hashed, strange = make_password(password), make_password(None)
    services(where)
    codes: dict[str, str] = {}
    for one in sample.COMPANIES:
        codes |= company(one, hashed, strange)
    koskela = Organization.objects.get(key="koskela")
    sites = {site.name: site for site in Site.objects.filter(organization=koskela)}
    invitations.invite(
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
    places.write(where.people, {"password": password, "people": shown})


if __name__ == "__main__":
    run()
