"""The complete rights of the cast, compared exactly: in applications, over colleagues, and what each may assign."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from audit.foundation import clock
from delegation.access import assignable
from delegation.authorization import entitlements, policy
from delegation.authorization.entitlements import Right
from delegation.authorization.verbs import Verb
from identity.memberships.models import Membership
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

ALL = "all sites"
TAMPERE, OULU = "Tampere TAM", "Oulu OUL"
Row = tuple[str, str, str, str, str]
"""Application, entitlement, role, sites with their external ids, and the limit."""


def seeing(role: str, where: str = ALL) -> list[Row]:
    """The rights that every tier includes."""
    return [
        ("ordering", "ordering:orders.see", role, where, "no amount"),
        ("ordering", "ordering:invoices.see", role, where, "no amount"),
        ("crm", "crm:contacts.see", role, where, "no amount"),
    ]


def ordering(where: str, limit: str) -> list[Row]:
    """The rights of an orderer, in the catalogue's order."""
    see_orders, see_invoices, see_contacts = seeing("orderer", where)
    return [
        see_orders,
        ("ordering", "ordering:orders.place", "orderer", where, limit),
        see_invoices,
        see_contacts,
        ("crm", "crm:tickets.create", "orderer", where, "no amount"),
    ]


RIGHTS: dict[str, list[Row]] = {
    "aino": seeing("organization_admin"),
    "paivi": seeing("organization_admin"),
    "ulla": seeing("user_admin"),
    "sami": seeing("site_admin", OULU),
    "mikko": ordering(TAMPERE, "5000.00 EUR per order"),
    "olli": ordering(OULU, "500.00 EUR per order"),
    "vilma": seeing("viewer"),
    "tiina": seeing("organization_admin"),
    "stina": seeing("viewer"),
    "mikko_at_pohjola": seeing("viewer"),
}

PEOPLE = {
    "access.change",
    "account.resync",
    "invitation.cancel",
    "invitation.resend",
    "member.invite",
    "member.remove",
    "member.resume",
    "member.sign_out",
    "member.suspend",
    "member.view",
    "removal.cancel",
    "removal.plan",
}
SERVICE_USERS = {"service_user.create", "service_user.end", "service_user.rotate", "service_user.view"}
DOMAINS = {"mail_domain.verify", "mail_domains.set"}
REVIEWS = {"review.cancel", "review.decide", "review.start", "review.view"}
DUTIES = {"duty.view", "duty_exception.accept", "duty_exception.close", "duty_exception.request"}
ADMIN = (
    PEOPLE
    | SERVICE_USERS
    | REVIEWS
    | DUTIES
    | {"activity.view", "look_rule.set", "member.restore", "site.create"}
    | DOMAINS
)
VERBS: dict[str, set[str]] = {
    "aino": ADMIN,
    "paivi": ADMIN,
    "ulla": PEOPLE | {"member.restore"},
    "sami": PEOPLE,
    "mikko": set(),
    "olli": set(),
    "vilma": set(),
    "tiina": ADMIN,
    "stina": set(),
    "mikko_at_pohjola": set(),
}
"""The verbs of each member in their own organization."""

KOSKELA = ("aino", "paivi", "ulla", "sami", "mikko", "olli", "vilma")
CHANGED: dict[str, set[str]] = {
    "aino": set(KOSKELA) - {"aino"},
    "paivi": set(KOSKELA) - {"paivi"},
    "ulla": {"sami", "mikko", "olli", "vilma"},
    "sami": {"olli"},
    "tiina": {"stina", "mikko_at_pohjola"},
}
"""The members that each may change, and remove."""
SEEN: dict[str, set[str]] = {
    "aino": set(KOSKELA),
    "paivi": set(KOSKELA),
    "ulla": set(KOSKELA),
    "sami": set(KOSKELA) - {"mikko"},
    "tiina": {"tiina", "stina", "mikko_at_pohjola"},
}

TIERS = ("viewer", "orderer", "approver", "site_admin", "user_admin", "organization_admin", "security_admin")
UP_TO_20_000 = {"orderer": "20000.00 EUR", "approver": "20000.00 EUR"}
ASSIGNABLE: dict[str, tuple[Sequence[str], dict[str, str], Sequence[str]]] = {
    "aino": (TIERS, UP_TO_20_000, ["Oulu", "Tallinn", "Tampere"]),
    "paivi": (TIERS, UP_TO_20_000, ["Oulu", "Tallinn", "Tampere"]),
    "ulla": (TIERS[:4], UP_TO_20_000, ["Oulu", "Tallinn", "Tampere"]),
    "sami": (TIERS[:3], {"orderer": "10000.00 EUR", "approver": "10000.00 EUR"}, ["Oulu"]),
    "mikko": ((), {}, []),
    "olli": ((), {}, []),
    "vilma": ((), {}, []),
    "tiina": (TIERS, UP_TO_20_000, ["Rovaniemi"]),
    "stina": ((), {}, []),
    "mikko_at_pohjola": ((), {}, []),
}
"""The tiers that each may assign, with amounts and sites."""


def row(right: Right) -> Row:
    """A right without membership, assignment and begin."""
    where = ALL if right.all_sites else ", ".join(f"{site.name} {site.external_id}" for site in right.sites)
    assert not (right.all_sites and right.sites)
    limit = f"{right.amount} {right.currency} per {right.period}" if right.takes_amount else "no amount"
    assert right.takes_amount or right.amount is None
    return right.application, right.entitlement, right.role, where, limit


def member(world: World, name: str) -> Membership:
    found: Membership = getattr(world, name)
    return found


def test_rights_of_the_cast_are_exactly_these(world: World) -> None:
    ids = {member(world, name).id: name for name in RIGHTS}
    found = entitlements.rights_of(memberships=ids, at=clock.now())
    assert {ids[one]: [row(right) for right in rights] for one, rights in found.items()} == RIGHTS
    assert all(right.membership == one for one, rights in found.items() for right in rights)


@pytest.mark.parametrize("application", ["ordering", "crm"])
def test_rights_in_one_application_exclude_other_applications(world: World, application: str) -> None:
    ids = {member(world, name).id: name for name in RIGHTS}
    found = entitlements.rights_of(memberships=ids, at=clock.now(), application=application)
    assert {ids[one]: [row(right) for right in rights] for one, rights in found.items()} == {
        name: [one for one in rights if one[0] == application] for name, rights in RIGHTS.items()
    }
    assert entitlements.rights_of(memberships=ids, at=clock.now(), application="payroll") == {
        one: [] for one in ids
    }


def test_rights_of_no_and_of_an_unknown_membership_are_empty(world: World) -> None:
    assert entitlements.rights_of(memberships=[], at=clock.now()) == {}
    assert entitlements.rights_of(memberships=[world.somewhere], at=clock.now()).popitem()[1] == []


def test_rights_by_application_are_the_same_rights(world: World) -> None:
    rights = entitlements.rights_of(memberships=[world.mikko.id], at=clock.now())[world.mikko.id]
    assert entitlements.by_application(rights) == {
        "ordering": [one for one in rights if one.application == "ordering"],
        "crm": [one for one in rights if one.application == "crm"],
    }


@pytest.mark.parametrize("name", VERBS)
def test_verbs_of_the_cast_in_their_organization_are_exactly_these(world: World, name: str) -> None:
    one = member(world, name)
    verbs = policy.organization_abilities(
        actor=actor_of(one), organization=one.organization_id, at=clock.now()
    )
    assert {verb.value for verb in verbs} == VERBS[name]


@pytest.mark.parametrize("name", VERBS)
def test_verbs_of_the_cast_in_another_organization_are_empty(world: World, name: str) -> None:
    one = member(world, name)
    elsewhere = world.pohjola if one.organization_id == world.koskela.id else world.koskela
    verbs = policy.organization_abilities(actor=actor_of(one), organization=elsewhere.id, at=clock.now())
    assert verbs == frozenset()


@pytest.mark.parametrize("name", VERBS)
def test_members_that_each_person_may_change_remove_and_view_are_exactly_these(
    world: World, name: str
) -> None:
    ids = {member(world, other).id: other for other in RIGHTS}
    answers = policy.abilities(actor=actor_of(member(world, name)), memberships=list(ids), at=clock.now())
    allowed = {
        verb: {ids[one] for one, by_verb in answers.items() if by_verb[verb]}
        for verb in (Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE, Verb.MEMBER_VIEW, Verb.MEMBER_RESTORE)
    }
    assert allowed == {
        Verb.ACCESS_CHANGE: CHANGED.get(name, set()),
        Verb.MEMBER_REMOVE: CHANGED.get(name, set()),
        Verb.MEMBER_VIEW: SEEN.get(name, set()),
        Verb.MEMBER_RESTORE: set(),
    }


@pytest.mark.parametrize("name", ASSIGNABLE)
def test_assignable_access_of_each_person_is_exactly_this(world: World, name: str) -> None:
    one = member(world, name)
    found = assignable.assignable_options(
        actor=actor_of(one), verb=Verb.MEMBER_INVITE, organization=one.organization_id, at=clock.now()
    )
    mine = [tier for tier in found.tiers if tier.assignable]
    places = {place.id: place.name for place in found.sites}
    assert (
        tuple(tier.key for tier in mine),
        {tier.key: f"{tier.max_amount} {tier.currency}" for tier in mine if tier.limited_entitlements},
        sorted(places[site] for site in found.assignable_sites),
    ) == (tuple(ASSIGNABLE[name][0]), ASSIGNABLE[name][1], list(ASSIGNABLE[name][2]))
    assert [tier.key for tier in found.tiers] == [*TIERS[:-1], "interim_admin", TIERS[-1]]
    assert {
        tier.key: list(tier.limited_entitlements) for tier in found.tiers if tier.limited_entitlements
    } == {
        "orderer": ["ordering:orders.place"],
        "approver": ["ordering:orders.place", "ordering:orders.approve"],
    }


def test_limit_with_cents_is_not_rounded(world: World) -> None:
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=Decimal("499.95")))
    rights = entitlements.rights_of(memberships=[world.olli.id], at=clock.now())[world.olli.id]
    assert [row(right) for right in rights] == ordering(OULU, "499.95 EUR per order")
