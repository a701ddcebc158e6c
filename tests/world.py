"""A small named cast, so that every negative test has something that could leak.

Koskela: Aino and Päivi are its admins, Ulla its user admin, Sami site admin of Oulu, Mikko orders up to 5 000 € for
Tampere, Olli up to 500 € for Oulu, Vilma looks only. Pohjola: Tiina is the only admin, Mikko looks there too.
Stina is Pohjola's and nobody else's: the stranger. Everybody's password is PASSWORD.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from audit import mark
from audit.actor import Actor, Door, Kind, system
from delegation import catalog_file
from delegation.act import Outcome
from delegation.commands import access, catalogue, invitations, members, supplier
from delegation.models import Invitation
from delegation.wanted import Access, Limit
from demo import places
from identity.models import Membership, Organization, Site, User

PASSWORD = "correct horse battery staple 7"
CATALOGUE = catalog_file.load(path=places.CATALOG)
PLAIN = str.maketrans("åäö", "aao")
PLACE, APPROVE = "ordering:orders.place", "ordering:orders.approve"
OFFER: dict[str, Limit | None] = {
    "ordering:orders.see": Limit(None),
    PLACE: Limit(Decimal(20000)),
    APPROVE: Limit(Decimal(20000)),
    "ordering:invoices.see": Limit(None),
    "crm:contacts.see": Limit(None),
    "crm:tickets.create": Limit(None),
}


@cache
def hashed(password: str = PASSWORD) -> str:
    """Hashing is slow on purpose; once is enough."""
    return make_password(password)


@contextmanager
def by_hand() -> Iterator[None]:
    """Write past the commands: the one place in tests that may."""
    with (
        transaction.atomic(),
        mark.held(name=mark.ACT, value="by hand"),
        mark.held(name=mark.NOTE, value="by hand"),
    ):
        yield


def actor_of(who: Membership | User, *, door: Door = Door.WEB) -> Actor:
    """This person, come through that door."""
    user = who.user if isinstance(who, Membership) else who
    return Actor(
        kind=Kind.PERSON, id=user.id, door=door, label=user.name, address="203.0.113.7", request_id="test"
    )


def move_clock(seconds: float) -> None:
    """Move this installation's clock, for every process that reads the same file."""
    Path(settings.CLOCK_OFFSET_FILE).write_text(str(seconds), encoding="ascii")


def limits(role: str, amount: Decimal | int | None) -> dict[str, Limit]:
    """The limits a tier needs, all at one amount."""
    value = None if amount is None else Decimal(amount)
    needed = {"orderer": [PLACE], "approver": [PLACE, APPROVE]}.get(role, [])
    return {key: Limit(value) for key in needed}


class World:
    """The cast, made by the commands themselves."""

    def __init__(self) -> None:
        self.system = system()
        self.secrets: dict[str, str] = {}
        self._catalogue()
        self.koskela = self.organization(
            "koskela", "Rakennusliike Koskela Oy", ["Tampere", "Oulu", "Tallinn"]
        )
        self.pohjola = self.organization("pohjola", "Pohjolan Sähkö Oy", ["Rovaniemi"])
        self.tampere, self.oulu, self.tallinn = (
            self.site(self.koskela, n) for n in ("Tampere", "Oulu", "Tallinn")
        )
        self.rovaniemi = self.site(self.pohjola, "Rovaniemi")
        self.aino = self.member(self.koskela, "Aino Virtanen", "organization_admin")
        self.paivi = self.member(self.koskela, "Päivi Korhonen", "organization_admin")
        self.ulla = self.member(self.koskela, "Ulla Nieminen", "user_admin")
        self.sami = self.member(self.koskela, "Sami Lehto", "site_admin", sites=[self.oulu])
        self.mikko = self.member(self.koskela, "Mikko Laine", "orderer", sites=[self.tampere], amount=5000)
        self.olli = self.member(self.koskela, "Olli Mäkinen", "orderer", sites=[self.oulu], amount=500)
        self.vilma = self.member(self.koskela, "Vilma Salo", "viewer")
        self.tiina = self.member(self.pohjola, "Tiina Heikkinen", "organization_admin")
        self.stina = self.member(self.pohjola, "Stina Berg", "viewer")
        self.mikko_at_pohjola = self.member(self.pohjola, "Mikko Laine", "viewer", user=self.mikko.user)

    def _catalogue(self) -> None:
        catalogue.add_units(actor=self.system, catalogue=CATALOGUE)
        for key, name in (("ordering", "Web shop"), ("crm", "CRM portal")):
            client = supplier.NewClient(
                client_id=key,
                name=name,
                redirect_uris=[f"https://{key}.example.test/cb"],
                initiate_login_uri=f"https://{key}.example.test/initiate",
                backchannel_logout_uri=f"https://{key}.example.test/backchannel-logout",
                scopes=["openid", "profile", "email", "organization", "entitlements"],
            )
            made = supplier.register_application(
                actor=self.system, key=key, name={"en": name, "fi": name}, unit="kivisalo", client=client
            )
            self.secrets[key] = made.result.secret
        catalogue.apply(actor=self.system, catalogue=CATALOGUE)

    def organization(self, key: str, name: str, sites: list[str]) -> Organization:
        """A further customer, offered everything up to 20 000 €."""
        new = supplier.NewOrganization(
            key=key,
            name=name,
            sites=[(site, site[:3].upper()) for site in sites],
            numbers={"kivisalo": f"K-{key}"},
        )
        made = supplier.create_organization(actor=self.system, new=new)
        organization = Organization.objects.get(id=made.subjects[0])
        supplier.set_ceiling(actor=self.system, organization=organization, offer=OFFER)
        return organization

    def site(self, organization: Organization, name: str) -> Site:
        """The site of that name."""
        return Site.objects.get(organization=organization, name=name)

    def access(
        self,
        role: str,
        *,
        sites: list[Site] | None = None,
        amount: Decimal | int | None = 1000,
        until: dt.datetime | None = None,
    ) -> Access:
        """An access as one would ask for it; all sites where none is named."""
        places = frozenset(site.id for site in sites or ())
        return Access(role=role, all_sites=not sites, sites=places, limits=limits(role, amount), until=until)

    def invite(
        self,
        organization: Organization,
        email: str,
        wanted: Access,
        *,
        actor: Actor | None = None,
        name: str = "",
    ) -> tuple[Invitation, str]:
        """An invitation and the secret of its link."""
        made = invitations.invite(
            actor=actor or self.system, organization=organization, email=email, access=wanted, name=name
        )
        return self.invitation(made.result.invitation), made.result.link

    def invitation(self, which: uuid.UUID) -> Invitation:
        """The invitation of that id, as it is now."""
        return Invitation.objects.get(id=which)

    def member(
        self,
        organization: Organization,
        name: str,
        role: str,
        *,
        sites: list[Site] | None = None,
        amount: Decimal | int | None = 1000,
        user: User | None = None,
        factor: bool = True,
    ) -> Membership:
        """Somebody invited by the system who has accepted, with a second factor unless said otherwise."""
        first = name.split(maxsplit=1)[0].lower().translate(PLAIN)
        address = user.email if user else f"{first}@{organization.key}.example"
        wanted = self.access(role, sites=sites, amount=amount)
        invitation, link = self.invite(organization, address, wanted, name=name)
        whom = user or invitations.Newcomer(name=name, password=hashed(), language="en")
        actor = actor_of(user) if user else Actor(kind=Kind.SYSTEM, id=invitation.id, door=Door.WEB)
        done = invitations.accept(actor=actor, invitation=invitation, link=link, as_whom=whom)
        membership = Membership.objects.select_related("user", "organization").get(id=done.result.membership)
        if factor and user is None:
            self.factor(membership.user)
        return membership

    def factor(self, user: User) -> None:
        """Give this person a second factor."""
        with by_hand():
            Authenticator.objects.create(
                user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt("JBSWY3DPEHPK3PXP")}
            )

    def remove(self, membership: Membership, *, by: Membership | None = None) -> Outcome[members.Removed]:
        """Remove this colleague."""
        return members.remove(actor=actor_of(by or self.aino), memberships=[membership], reason="left")

    def change(
        self, membership: Membership, wanted: Access, *, by: Membership | None = None
    ) -> Outcome[None]:
        """Change this colleague's access."""
        return access.change(actor=actor_of(by or self.aino), memberships=[membership], access=wanted)

    @property
    def somewhere(self) -> uuid.UUID:
        """An id that exists nowhere."""
        return uuid.uuid4()
