"""Invalid input of commands is refused with its field and problem, changes nothing, and never reaches the database."""

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation import errors as ground
from audit.models import Event
from delegation.access import commands as access_commands
from delegation.applications import commands as applications_commands
from delegation.applications import new_client
from delegation.authorization import errors as authorization_errors
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.catalogue import ceilings
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.defaults import Catalogue
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from delegation.people.commands import enrollment
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from identity.organizations.models import Organization, Site
from identity.people.models import User
from tests.fixtures.world import PLACE, World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

BAD_TEXTS = ["a\x00b", "a\x1bb", "a\x7fb", "\ud800", "x" * 10_000, "Å" * 501]
BAD_NAMES = [*BAD_TEXTS, "", "   ", "\u202e"]
BAD_ADDRESSES = [
    *BAD_NAMES,
    "nobody",
    "a@b",
    "a b@c.example",
    f"{'x' * 250}@c.example",
    "a@c.example\nBcc: d@e.example",
]
BAD_KEYS = ["", "A B", "å", "x" * 41, "a\x00", "../x", "-x"]
BAD_LIMITS = [
    AmountLimit(Decimal("NaN")),
    AmountLimit(Decimal("sNaN")),
    AmountLimit(Decimal("Infinity")),
    AmountLimit(Decimal(-1)),
    AmountLimit(Decimal("0.001")),
    AmountLimit(Decimal(10) ** 12),
    AmountLimit(Decimal(10) ** 400),
    AmountLimit(Decimal(1), "SEK"),
    AmountLimit(Decimal(1), "eur"),
    AmountLimit(Decimal(1), "E\x00R"),
    AmountLimit(Decimal(1), ""),
    AmountLimit(Decimal(1), "EUR", "decade"),
    AmountLimit(Decimal(1), "EUR", "\x00"),
    AmountLimit(5.0),  # type: ignore[arg-type] # as a careless channel might pass it
    AmountLimit(None),
]


def state() -> tuple[int, ...]:
    """Row counts of the tables that an act could change."""
    counts = [model.objects.count() for model in (Assignment, Invitation, Membership, Organization, Site)]
    epochs = sum(Membership.objects.values_list("epoch", flat=True))
    return (*counts, User.all_directories.count(), epochs, Event.objects.filter(outcome="done").count())


def refused(call: Callable[[], object]) -> ground.DomainError:
    before = state()
    with pytest.raises(ground.DomainError) as refusal:
        call()
    assert state() == before
    return refusal.value


def accesses(world: World) -> Iterator[AccessSpec]:
    """Invalid accesses."""
    oulu = frozenset({world.oulu.id})
    fine = {PLACE: AmountLimit(Decimal(1))}
    for role in ("", "unknown", "or\x00derer", "x" * 10_000, "Orderer", "orderer'--"):
        yield AccessSpec(role=role, all_sites=True, limits=fine)
    for limit in BAD_LIMITS:
        yield AccessSpec(role="orderer", all_sites=True, limits={PLACE: limit})
    for limits in (
        {},
        {"no:such": AmountLimit(Decimal(1))},
        {PLACE: AmountLimit(Decimal(1)), "a\x00": AmountLimit(Decimal(1))},
    ):
        yield AccessSpec(role="orderer", all_sites=True, limits=limits)
    places: list[tuple[bool, frozenset[Any]]] = [
        (False, frozenset()),
        (True, oulu),
        (False, frozenset({world.rovaniemi.id})),
        (False, oulu | {world.rovaniemi.id}),
        (False, frozenset({world.somewhere})),
        (False, frozenset({"x"})),
    ]
    for all_sites, sites in places:
        yield AccessSpec(role="orderer", all_sites=all_sites, sites=sites, limits=fine)
    now = clock.now()
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    for until in (now - dt.timedelta(seconds=1), now.replace(tzinfo=None), far):
        yield AccessSpec(role="orderer", all_sites=True, limits=fine, until=until)


def test_invalid_access_is_refused_by_every_command(world: World) -> None:
    aino = actor_of(world.aino)
    world.remove(world.olli)
    tried, before = 0, state()
    for requested in accesses(world):
        for call in (
            functools.partial(
                access_commands.change, actor=aino, memberships=[world.vilma], access=requested
            ),
            functools.partial(
                people_commands.restore, actor=aino, memberships=[world.olli], access=requested
            ),
            functools.partial(world.invite, world.koskela, "n@koskela.example", requested, actor=aino),
            functools.partial(world.invite, world.koskela, "n@koskela.example", requested),
        ):
            with pytest.raises(ground.DomainError) as refusal:
                call()
            assert refusal.value.code in {"invalid_access", "exceeds_ceiling"}, requested
            assert refusal.value.data["field"] in {"role", "limit", "sites", "until"}
            tried += 1
    assert (tried, state()) == (4 * 33, before)


def test_refusal_of_invalid_input_records_no_typed_text(world: World) -> None:
    """No event contains the typed text, whatever the field."""
    canary = "Aino Virtanen"
    aino = actor_of(world.aino)
    for requested in (
        AccessSpec(role=canary, all_sites=True),
        AccessSpec(role="orderer", all_sites=True, limits={canary: AmountLimit(Decimal(1))}),
        AccessSpec(role="orderer", all_sites=True, limits={PLACE: AmountLimit(Decimal(1), canary)}),
        AccessSpec(role="orderer", all_sites=True, limits={PLACE: AmountLimit(Decimal(1), "EUR", canary)}),
    ):
        refused(
            functools.partial(access_commands.change, actor=aino, memberships=[world.vilma], access=requested)
        )
    people_commands.remove(actor=aino, memberships=[world.vilma], idempotency_key=canary)
    refused(lambda: people_commands.remove(actor=aino, memberships=[world.olli], idempotency_key=canary))
    assert not [event for event in Event.objects.all() if canary.encode() in bytes(event.body)]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_invalid_reason_is_refused(world: World, text: str) -> None:
    aino, viewer = actor_of(world.aino), world.access("viewer")
    world.remove(world.olli)
    for call in (
        lambda: people_commands.remove(actor=aino, memberships=[world.vilma], reason=text),
        lambda: people_commands.restore(actor=aino, memberships=[world.olli], access=viewer, reason=text),
        lambda: access_commands.change(actor=aino, memberships=[world.vilma], access=viewer, reason=text),
        lambda: invitations_send.invite(
            actor=aino, organization=world.koskela, email="n@koskela.example", access=viewer, reason=text
        ),
        lambda: people_commands.remove(actor=aino, memberships=[world.vilma], idempotency_key=text),
    ):
        refusal = refused(call)
        assert (refusal.code, refusal.data["problem"]) in {
            ("invalid_input", "characters"),
            ("invalid_input", "too_long"),
        }


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_invalid_address_is_refused(world: World, address: str) -> None:
    refusal = refused(lambda: world.invite(world.koskela, address, world.access("viewer")))
    assert (refusal.code, refusal.data["field"]) == ("invalid_input", "email")
    enrolled = enrollment.PersonToEnroll(address, "New Colleague", "!", "en", world.access("viewer"))
    refused(lambda: enrollment.enroll(actor=world.system, organization=world.koskela, people=[enrolled]))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_invalid_name_is_refused(world: World, name: str) -> None:
    invitation, link = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    newcomer = invitations_accept.Newcomer(name, "!", "en")
    enrolled = enrollment.PersonToEnroll("m@koskela.example", name, "!", "en", world.access("viewer"))
    for call in (
        lambda: invitations_accept.accept(
            actor=world.system, invitation=invitation, link=link, accepted_by=newcomer
        ),
        lambda: enrollment.enroll(actor=world.system, organization=world.koskela, people=[enrolled]),
        lambda: organizations_commands.create_organization(
            actor=world.system, new=NewOrganization(key="n", name=name)
        ),
        lambda: organizations_commands.add_sites(
            actor=world.system, organization=world.koskela, sites=[(name, "")]
        ),
        lambda: catalogue_commands.add_units(actor=world.system, catalogue=Catalogue({"u": name}, (), ())),
        lambda: applications_commands.register_application(
            actor=world.system, key="new", name={"en": name}, unit="kivisalo"
        ),
    ):
        assert refused(call).code == "invalid_input"


def test_name_with_invisible_characters_is_stored_without_them(world: World) -> None:
    invitation, link = world.invite(world.koskela, "N@Koskela.example", world.access("viewer"))
    newcomer = invitations_accept.Newcomer("  Zoë\t\ufeffÅström \N{ZERO WIDTH SPACE}", "!", "fi")
    done = invitations_accept.accept(
        actor=world.system, invitation=invitation, link=link, accepted_by=newcomer
    )
    user = User.objects.get(id=done.result.user)
    assert (user.name, user.email, user.sort_key) == ("Zoë Åström", "n@koskela.example", "zoe {astr{cm")


@pytest.mark.parametrize("name", ["\u3164", "Aino\u202eneneatriV", "order blocked, http://evil.example"])
def test_text_that_is_no_name_is_refused_for_people_organizations_and_sites(world: World, name: str) -> None:
    invitation, link = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    newcomer = invitations_accept.Newcomer(name, "!", "fi")
    person = enrollment.PersonToEnroll("e@koskela.example", name, "!", "fi", world.access("viewer"))
    named = NewOrganization(key="new", name=name)
    with_site = NewOrganization(key="new", name="New Oy", sites=[(name, "1")])
    for call in (
        lambda: invitations_accept.accept(
            actor=world.system, invitation=invitation, link=link, accepted_by=newcomer
        ),
        lambda: world.invite(world.koskela, "m@koskela.example", world.access("viewer"), name=name),
        lambda: organizations_commands.create_organization(actor=world.system, new=named),
        lambda: organizations_commands.create_organization(actor=world.system, new=with_site),
        lambda: enrollment.enroll(actor=world.system, organization=world.koskela, people=[person]),
    ):
        assert refused(call).code == "invalid_input"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_invalid_key_is_refused(world: World, key: str) -> None:
    new = NewOrganization(key=key, name="New Oy")
    number = NewOrganization(key="n", name="New Oy", numbers={key: "1"})
    client = new_client.NewClient(client_id="c", name="C", redirect_uris=["javascript:alert(1)"])
    for call in (
        lambda: organizations_commands.create_organization(actor=world.system, new=new),
        lambda: organizations_commands.create_organization(actor=world.system, new=number),
        lambda: applications_commands.register_application(
            actor=world.system, key=key, name={"en": "N"}, unit="kivisalo"
        ),
        lambda: applications_commands.register_application(
            actor=world.system, key="n", name={"en": "N"}, unit=key
        ),
        lambda: applications_commands.register_application(
            actor=world.system, key="n", name={"en": "N"}, unit="kivisalo", client=client
        ),
    ):
        assert refused(call).code == "invalid_input"


def test_value_in_use_is_refused_as_existing(world: World) -> None:
    new = NewOrganization(key="new", name="New Oy", numbers={"kivisalo": "K-koskela"})
    client = new_client.NewClient(client_id="crm", name="C", redirect_uris=["https://c.example.com/"])
    enrolled = enrollment.PersonToEnroll("m@koskela.example", "Mia Two", "!", "en", world.access("viewer"))
    existing = {
        "key": lambda: organizations_commands.create_organization(
            actor=world.system, new=NewOrganization(key="koskela", name="Koskela")
        ),
        "number": lambda: organizations_commands.create_organization(actor=world.system, new=new),
        "site": lambda: organizations_commands.add_sites(
            actor=world.system, organization=world.koskela, sites=[("Oulu", "")]
        ),
        "client": lambda: applications_commands.register_application(
            actor=world.system, key="n", name={"en": "N"}, unit="kivisalo", client=client
        ),
        "email": lambda: enrollment.enroll(
            actor=world.system, organization=world.koskela, people=[enrolled, enrolled]
        ),
    }
    for field, call in existing.items():
        refusal = refused(call)
        assert (refusal.code, refusal.data) == ("already_exists", {"field": field})


def test_invalid_offer_is_refused(world: World) -> None:
    offers: list[dict[str, AmountLimit | None]] = [
        {PLACE: limit} for limit in BAD_LIMITS if limit.amount is not None and limit.currency != "SEK"
    ]
    for offer in [*offers, {"no:such": None}, {"a\x00": AmountLimit(None)}, {"x" * 10_000: None}]:
        call = functools.partial(ceilings.set_ceiling, actor=world.system, organization=world.koskela)
        refusal = refused(functools.partial(call, offer=offer))
        assert refusal.code == "invalid_input", offer


def _all(kind: type[ground.DomainError]) -> Iterator[type[ground.DomainError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _all(sub)


def test_refusals_have_different_codes() -> None:
    kinds = [kind for kind in _all(ground.DomainError) if kind.__module__.split(".")[0] != "tests"]
    codes = [kind.code for kind in kinds]
    assert {authorization_errors.Denied, authorization_errors.InvalidInput, ground.Busy} <= set(kinds)
    assert len(set(codes)) == len(codes)
    assert ground.DomainError.code not in codes
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    assert [kind for kind in kinds if not kind.__doc__] == []
