"""Whatever is typed, pasted or sent: a refusal that says what is wrong, nothing changed, never a database error."""

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from audit import clock
from audit import errors as ground
from audit.models import Event
from delegation import errors
from delegation.commands import access, catalogue, invitations, members, onboarding, supplier
from delegation.models import Assignment, Invitation
from delegation.tiers import Catalogue
from delegation.wanted import Access, Limit
from identity.models import Membership, Organization, Site, User
from tests.world import PLACE, World, actor_of

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
    Limit(Decimal("NaN")),
    Limit(Decimal("sNaN")),
    Limit(Decimal("Infinity")),
    Limit(Decimal(-1)),
    Limit(Decimal("0.001")),
    Limit(Decimal(10) ** 12),
    Limit(Decimal(10) ** 400),
    Limit(Decimal(1), "SEK"),
    Limit(Decimal(1), "eur"),
    Limit(Decimal(1), "E\x00R"),
    Limit(Decimal(1), ""),
    Limit(Decimal(1), "EUR", "decade"),
    Limit(Decimal(1), "EUR", "\x00"),
    Limit(5.0),  # type: ignore[arg-type] # what a careless door might pass
    Limit(None),
]


def state() -> tuple[int, ...]:
    """What an act could have changed."""
    counts = [model.objects.count() for model in (Assignment, Invitation, Membership, Organization, Site)]
    epochs = sum(Membership.objects.values_list("epoch", flat=True))
    return (*counts, User.everyone.count(), epochs, Event.objects.filter(outcome="done").count())


def refused(call: Callable[[], object]) -> ground.DomainError:
    before = state()
    with pytest.raises(ground.DomainError) as refusal:
        call()
    assert state() == before
    return refusal.value


def accesses(world: World) -> Iterator[Access]:
    """Accesses that nobody can hold."""
    oulu = frozenset({world.oulu.id})
    fine = {PLACE: Limit(Decimal(1))}
    for role in ("", "unknown", "or\x00derer", "x" * 10_000, "Orderer", "orderer'--"):
        yield Access(role=role, all_sites=True, limits=fine)
    for limit in BAD_LIMITS:
        yield Access(role="orderer", all_sites=True, limits={PLACE: limit})
    for limits in (
        {},
        {"no:such": Limit(Decimal(1))},
        {PLACE: Limit(Decimal(1)), "a\x00": Limit(Decimal(1))},
    ):
        yield Access(role="orderer", all_sites=True, limits=limits)
    places: list[tuple[bool, frozenset[Any]]] = [
        (False, frozenset()),
        (True, oulu),
        (False, frozenset({world.rovaniemi.id})),
        (False, oulu | {world.rovaniemi.id}),
        (False, frozenset({world.somewhere})),
        (False, frozenset({"x"})),
    ]
    for all_sites, sites in places:
        yield Access(role="orderer", all_sites=all_sites, sites=sites, limits=fine)
    now = clock.now()
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    for until in (now - dt.timedelta(seconds=1), now.replace(tzinfo=None), far):
        yield Access(role="orderer", all_sites=True, limits=fine, until=until)


def test_an_access_that_nobody_can_hold_is_given_by_no_command(world: World) -> None:
    aino = actor_of(world.aino)
    world.remove(world.olli)
    tried = 0
    for wanted in accesses(world):
        for call in (
            functools.partial(access.change, actor=aino, memberships=[world.vilma], access=wanted),
            functools.partial(members.restore, actor=aino, memberships=[world.olli], access=wanted),
            functools.partial(world.invite, world.koskela, "n@koskela.example", wanted, actor=aino),
            functools.partial(world.invite, world.koskela, "n@koskela.example", wanted),
        ):
            refusal = refused(call)
            assert refusal.code in {"bad_access", "beyond_ceiling"}, wanted
            assert refusal.data["field"] in {"role", "limit", "sites", "until"}
            tried += 1
    assert tried == 4 * 33


def test_every_fact_of_a_refusal_is_ours_and_not_the_senders(world: World) -> None:
    """What was typed stands in no event, whatever field it was typed into."""
    canary = "Aino Virtanen"
    aino = actor_of(world.aino)
    for wanted in (
        Access(role=canary, all_sites=True),
        Access(role="orderer", all_sites=True, limits={canary: Limit(Decimal(1))}),
        Access(role="orderer", all_sites=True, limits={PLACE: Limit(Decimal(1), canary)}),
        Access(role="orderer", all_sites=True, limits={PLACE: Limit(Decimal(1), "EUR", canary)}),
    ):
        refused(functools.partial(access.change, actor=aino, memberships=[world.vilma], access=wanted))
    members.remove(actor=aino, memberships=[world.vilma], idempotency_key=canary)
    refused(lambda: members.remove(actor=aino, memberships=[world.olli], idempotency_key=canary))
    assert not [event for event in Event.objects.all() if canary.encode() in bytes(event.body)]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_a_reason_that_cannot_be_kept(world: World, text: str) -> None:
    aino, viewer = actor_of(world.aino), world.access("viewer")
    world.remove(world.olli)
    for call in (
        lambda: members.remove(actor=aino, memberships=[world.vilma], reason=text),
        lambda: members.restore(actor=aino, memberships=[world.olli], access=viewer, reason=text),
        lambda: access.change(actor=aino, memberships=[world.vilma], access=viewer, reason=text),
        lambda: invitations.invite(
            actor=aino, organization=world.koskela, email="n@koskela.example", access=viewer, reason=text
        ),
        lambda: members.remove(actor=aino, memberships=[world.vilma], idempotency_key=text),
    ):
        refusal = refused(call)
        assert (refusal.code, refusal.data["problem"]) in {
            ("bad_input", "characters"),
            ("bad_input", "too_long"),
        }


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_is_none(world: World, address: str) -> None:
    refusal = refused(lambda: world.invite(world.koskela, address, world.access("viewer")))
    assert (refusal.code, refusal.data["field"]) == ("bad_input", "email")
    enrolled = onboarding.Enrolled(address, "New Colleague", "!", "en", world.access("viewer"))
    refused(lambda: onboarding.enroll(actor=world.system, organization=world.koskela, people=[enrolled]))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_none(world: World, name: str) -> None:
    invitation, link = world.invite(world.koskela, "n@koskela.example", world.access("viewer"))
    newcomer = invitations.Newcomer(name, "!", "en")
    enrolled = onboarding.Enrolled("m@koskela.example", name, "!", "en", world.access("viewer"))
    for call in (
        lambda: invitations.accept(actor=world.system, invitation=invitation, link=link, as_whom=newcomer),
        lambda: onboarding.enroll(actor=world.system, organization=world.koskela, people=[enrolled]),
        lambda: supplier.create_organization(
            actor=world.system, new=supplier.NewOrganization(key="n", name=name)
        ),
        lambda: supplier.add_sites(actor=world.system, organization=world.koskela, sites=[(name, "")]),
        lambda: catalogue.add_units(actor=world.system, catalogue=Catalogue({"u": name}, (), ())),
        lambda: supplier.register_application(
            actor=world.system, key="new", name={"en": name}, unit="kivisalo"
        ),
    ):
        assert refused(call).code == "bad_input"


def test_a_name_keeps_what_is_seen_and_loses_what_is_not(world: World) -> None:
    invitation, link = world.invite(world.koskela, "N@Koskela.example", world.access("viewer"))
    newcomer = invitations.Newcomer("  Zoë\t\u202eÅström \N{ZERO WIDTH SPACE}", "!", "fi")
    done = invitations.accept(actor=world.system, invitation=invitation, link=link, as_whom=newcomer)
    user = User.objects.get(id=done.result.user)
    assert (user.name, user.email, user.sort_key) == ("Zoë Åström", "n@koskela.example", "zoe {astr{cm")


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_is_none(world: World, key: str) -> None:
    new = supplier.NewOrganization(key=key, name="New Oy")
    number = supplier.NewOrganization(key="n", name="New Oy", numbers={key: "1"})
    client = supplier.NewClient(client_id="c", name="C", redirect_uris=["javascript:alert(1)"])
    for call in (
        lambda: supplier.create_organization(actor=world.system, new=new),
        lambda: supplier.create_organization(actor=world.system, new=number),
        lambda: supplier.register_application(actor=world.system, key=key, name={"en": "N"}, unit="kivisalo"),
        lambda: supplier.register_application(actor=world.system, key="n", name={"en": "N"}, unit=key),
        lambda: supplier.register_application(
            actor=world.system, key="n", name={"en": "N"}, unit="kivisalo", client=client
        ),
    ):
        assert refused(call).code == "bad_input"


def test_what_there_is_already_is_taken(world: World) -> None:
    new = supplier.NewOrganization(key="new", name="New Oy", numbers={"kivisalo": "K-koskela"})
    client = supplier.NewClient(client_id="crm", name="C", redirect_uris=[])
    enrolled = onboarding.Enrolled("m@koskela.example", "Mia Two", "!", "en", world.access("viewer"))
    taken = {
        "key": lambda: supplier.create_organization(
            actor=world.system, new=supplier.NewOrganization(key="koskela", name="Koskela")
        ),
        "number": lambda: supplier.create_organization(actor=world.system, new=new),
        "site": lambda: supplier.add_sites(
            actor=world.system, organization=world.koskela, sites=[("Oulu", "")]
        ),
        "client": lambda: supplier.register_application(
            actor=world.system, key="n", name={"en": "N"}, unit="kivisalo", client=client
        ),
        "email": lambda: onboarding.enroll(
            actor=world.system, organization=world.koskela, people=[enrolled, enrolled]
        ),
    }
    for field, call in taken.items():
        refusal = refused(call)
        assert (refusal.code, refusal.data) == ("taken", {"field": field})


def test_an_offer_that_makes_no_sense(world: World) -> None:
    offers: list[dict[str, Limit | None]] = [
        {PLACE: limit} for limit in BAD_LIMITS if limit.amount is not None and limit.currency != "SEK"
    ]
    for offer in [*offers, {"no:such": None}, {"a\x00": Limit(None)}, {"x" * 10_000: None}]:
        call = functools.partial(supplier.set_ceiling, actor=world.system, organization=world.koskela)
        refusal = refused(functools.partial(call, offer=offer))
        assert refusal.code == "bad_input", offer


def _all(kind: type[ground.DomainError]) -> Iterator[type[ground.DomainError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _all(sub)


def test_every_refusal_has_a_code_of_its_own() -> None:
    kinds = [kind for kind in _all(ground.DomainError) if kind.__module__.split(".")[0] != "tests"]
    codes = [kind.code for kind in kinds]
    assert {errors.Denied, errors.BadInput, ground.Busy} <= set(kinds)
    assert len(set(codes)) == len(codes)
    assert ground.DomainError.code not in codes
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    assert [kind for kind in kinds if not kind.__doc__] == []
