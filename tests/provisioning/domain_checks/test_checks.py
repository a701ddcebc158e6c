"""A mail domain is verified by its DNS record alone, and lapses once the record was gone for some days."""

import datetime as dt
import socket
import threading

import dns.message
import dns.resolver
import dns.rrset
import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.authorization.errors import Denied, NotFound
from delegation.domain_verifications import challenge, commands, queries
from delegation.organizations import commands as organizations_commands
from identity.organizations.models import Organization
from provisioning.domain_checks import checks, resolver
from provisioning.domain_checks.models import DomainCheck
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, move_clock

DOMAIN, HOUR = "koskela.example", 3600
pytestmark = pytest.mark.django_db(transaction=True)


class Zone:
    """A DNS whose records a test sets; `None` is one that does not answer."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] | None = {}
        self.asked = 0

    def __call__(self, name: str) -> list[str]:
        self.asked += 1
        if self.texts is None:
            raise resolver.Unreachable
        return self.texts.get(name, [])

    def publish(self, organization: Organization, domain: str = DOMAIN) -> None:
        record = challenge.record(organization=organization.id, domain=domain)
        self.texts = {record.name: ["v=spf1 -all", record.value]}


@pytest.fixture
def maarja(world: World) -> Actor:
    staff = Staff(world)
    return staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)


@pytest.fixture
def zone(world: World, maarja: Actor) -> Zone:
    organizations_commands.set_mail_domains(actor=maarja, organization=world.koskela, domains=[DOMAIN])
    return Zone()


def check(world: World, actor: Actor, zone: Zone) -> str:
    koskela = Organization.objects.get(id=world.koskela.id)
    move_clock(check.seconds)  # type: ignore[attr-defined]
    check.seconds += 11  # type: ignore[attr-defined]
    return checks.check(actor=actor, organization=koskela, domain=DOMAIN, lookup=zone).value


def verified(world: World) -> list[str]:
    return queries.verified(organization=world.koskela.id, at=clock.now())


@pytest.fixture(autouse=True)
def _from_the_beginning() -> None:
    check.seconds = 11  # type: ignore[attr-defined]


@pytest.mark.usefixtures("state_checked")
def test_domain_is_verified_by_the_own_record_alone_and_ends_with_the_domain(
    world: World, maarja: Actor, zone: Zone
) -> None:
    assert check(world, maarja, zone) == "not_found"
    zone.publish(world.pohjola)
    assert check(world, maarja, zone) == "not_found", "the token of another organization"
    zone.publish(world.koskela, "other.example")
    assert check(world, maarja, zone) == "not_found", "the token of another domain"
    zone.texts = None
    assert check(world, maarja, zone) == "unreachable"
    assert verified(world) == []
    before = clock.now()
    zone.publish(world.koskela)
    assert check(world, maarja, zone) == "found"
    assert check(world, maarja, zone) == "found"
    assert verified(world) == [DOMAIN]
    assert queries.verified(organization=world.koskela.id, at=before) == []
    organizations_commands.set_mail_domains(actor=maarja, organization=world.koskela, domains=[])
    assert verified(world) == []
    organizations_commands.set_mail_domains(actor=maarja, organization=world.koskela, domains=[DOMAIN])
    assert verified(world) == [], "a domain that returns is proved again"


def test_record_that_is_gone_for_three_days_ends_the_verification_and_a_short_fault_does_not(
    world: World, maarja: Actor, zone: Zone
) -> None:
    zone.publish(world.koskela)
    check(world, maarja, zone)
    assert checks.check_due(lookup=zone) == 0, "checked again after a day"

    def after(hours: float) -> list[str]:
        move_clock(hours * HOUR)
        checks.check_due(lookup=zone)
        return verified(world)

    zone.texts = None
    assert after(25) == [DOMAIN]
    zone.publish(world.koskela)
    assert after(32) == [DOMAIN]
    zone.texts = {}
    assert after(57) == [DOMAIN]
    assert after(57 + 71) == [DOMAIN]
    assert after(57 + 78) == []
    (row,) = DomainCheck.objects.all()
    assert (row.result, row.due_at) == ("not_found", None)
    (own,) = queries.own_domains(organization=Organization.objects.get(id=world.koskela.id))
    assert own.verified_at is None
    assert own.lapsed_at is not None


def test_check_needs_the_verb_and_an_own_domain_and_asks_the_dns_once_in_ten_seconds(
    world: World, maarja: Actor, zone: Zone
) -> None:
    koskela = Organization.objects.get(id=world.koskela.id)
    with pytest.raises(NotFound):
        checks.check(actor=maarja, organization=koskela, domain="other.example", lookup=zone)
    for _ in range(3):
        checks.check(actor=maarja, organization=koskela, domain=DOMAIN, lookup=zone)
    assert zone.asked == 1
    with pytest.raises(NotFound):
        commands.verify(actor=actor_of(world.tiina), organization=koskela, domain=DOMAIN)
    with pytest.raises(Denied):
        commands.verify(actor=actor_of(world.mikko), organization=koskela, domain=DOMAIN)
    zone.publish(world.koskela)
    commands.verify(actor=world.system, organization=koskela, domain=DOMAIN)
    DomainCheck.objects.all().delete()
    assert checks.check_due(lookup=zone) == 1, "a verified domain without a planned check is planned"


def test_resolver_reads_long_records_and_knows_a_missing_name_from_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            wire, client = server.recvfrom(2048)
            answer = dns.message.make_response(dns.message.from_wire(wire))
            name = answer.question[0].name
            if str(name).startswith("_keyholder"):
                answer.answer = [dns.rrset.from_text(name, 60, "IN", "TXT", '"a=" "b"', '"c"')]
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            server.sendto(answer.to_wire(), client)

    own = dns.resolver.Resolver(configure=False)
    own.nameservers, own.port = ["127.0.0.1"], server.getsockname()[1]
    monkeypatch.setattr(resolver, "_resolver", lambda: own)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert sorted(resolver.texts("_keyholder-challenge.koskela.example")) == ["a=b", "c"]
    assert resolver.texts("missing.example") == []
    thread.join(5)
    server.close()
    monkeypatch.setattr(resolver, "LIFETIME", 0.2)
    with pytest.raises(resolver.Unreachable):
        resolver.texts("_keyholder-challenge.koskela.example")
    assert resolver.texts("x" * 70 + ".example") == [], "no such name can exist"
    assert dt.timedelta(days=2) < checks.GRACE
