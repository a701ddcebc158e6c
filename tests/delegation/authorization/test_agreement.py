"""Decisions, abilities, scopes and history agree for every verb, persona and instant."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db.models import Q

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from delegation.access import rules as access_rules
from delegation.authorization import authorities, history, policy, scopes, staff_rights
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import On, Verb
from delegation.invitations import scope as invitations_scope
from delegation.invitations.models import Invitation
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from tests.fixtures import database_reset
from tests.fixtures.snapshot import RestoreWorld, Snapshot
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

MEMBER_VERBS = [verb for verb in Verb if verb.rule.on is On.MEMBERSHIP]
ORGANIZATION_VERBS = [verb for verb in Verb if verb.rule.on is On.ORGANIZATION]
DAY = dt.timedelta(days=1)
TICK = dt.timedelta(microseconds=1)
Question = tuple[str, str, str]
SCHEMA = "snapshot_agreement"
PARTS = 4
"""A part ends within the time of a test on a loaded machine."""


class Scenario:
    """The cast, with members whose access has boundaries."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.began = clock.now()
        koskela, oulu, tampere = world.koskela, world.oulu, world.tampere
        self.sari = world.member(koskela, "Sari Aalto", "security_admin")
        self.two_sites = world.member(koskela, "Kaisa Wirta", "site_admin", sites=[oulu, tampere])
        self.in_both = world.member(koskela, "Leo Both", "orderer", sites=[oulu, tampere])
        self.suspended = world.member(koskela, "Noora Suspended", "orderer", sites=[oulu])
        self.suspended_admin = world.member(koskela, "Ville Suspended", "user_admin")
        self.mixed = world.member(koskela, "Esa Mixed", "site_admin", sites=[oulu])
        self.later = world.member(koskela, "Hanna Later", "viewer")
        self.gone = world.member(koskela, "Pekka Gone", "site_admin", sites=[oulu])
        self.blocked = world.member(koskela, "Blocked Admin", "organization_admin")
        self._edges()
        self.staff = self._staff()
        world.remove(self.gone)
        self.now = clock.now()

    def _edges(self) -> None:
        """What no command does yet: suspending, two roles at once, access from a later day on, a block."""
        at = clock.now()
        with bypassing_commands():
            for one in (self.suspended, self.suspended_admin):
                MembershipPeriod.objects.filter(membership=one).update(valid_until=at)
                MembershipPeriod.objects.create(
                    membership=one, state="suspended", valid_from=at, valid_until=at + 2 * DAY
                )
                MembershipPeriod.objects.create(membership=one, state="active", valid_from=at + 2 * DAY)
            self._second_role()
            Assignment.objects.filter(membership=self.later).update(
                valid_from=at + DAY, valid_until=at + 3 * DAY
            )
            self.blocked.user.is_active = False
            self.blocked.user.save()

    def _staff(self) -> list[Actor]:
        """Rights for everything, for the unit of both customers, for another unit, and for one customer."""
        hired = Staff(self.world)
        rights: list[tuple[str, str, dict[str, Any]]] = [
            ("Anna", "auditor", {}),
            ("Outi", "operator", {"unit": hired.kivisalo}),
            ("Sanna", "account_manager", {"unit": hired.kivisalo}),
            ("Siiri", "support", {"unit": hired.eesti}),
            ("Kai", "account_manager", {"organization": self.world.koskela}),
            ("Pia", "support", {"organization": self.world.pohjola, "until": clock.now() + DAY}),
        ]
        return [hired.owner] + [hired.hire(f"{name} Staff", role, **scope) for name, role, scope in rights]

    def _second_role(self) -> None:
        """Make Sami user admin for a day, beside the permanent site admin of Oulu."""
        source = Assignment.objects.get(membership=self.world.ulla)
        source.pk, source._state.adding = self.world.somewhere, True
        source.membership, source.valid_until = self.mixed, clock.now() + DAY
        source.save(force_insert=True)

    def members(self) -> list[Membership]:
        return list(Membership.objects.select_related("user").order_by("id"))

    def actors(self) -> list[Actor]:
        users = {one.user_id: one.user for one in self.members()}
        return [*(actor_of(user) for user in users.values()), *self.staff]

    def instants(self) -> dict[str, dt.datetime]:
        tick = TICK
        edge = MembershipPeriod.objects.get(membership=self.suspended, state="suspended")
        leaving = MembershipPeriod.objects.get(membership=self.gone).valid_until
        assert edge.valid_until is not None
        assert leaving is not None
        return {
            "before anybody": self.began - 30 * DAY,
            "before the removal": leaving - tick,
            "at the removal": leaving,
            "at the suspension": edge.valid_from,
            "now": self.now,
            "in a day": self.now + DAY,
            "last moment of the suspension": edge.valid_until - tick,
            "end of the suspension": edge.valid_until,
            "in a year": self.now + 365 * DAY,
        }


@pytest.fixture
def scenario(
    restore_world: RestoreWorld,
    reset_database: database_reset.DatabaseReset,
    snapshots: dict[str, Snapshot[Any]],
) -> Scenario:
    if SCHEMA not in snapshots:
        snapshots[SCHEMA] = Snapshot(reset_database, schema=SCHEMA, make=lambda: Scenario(restore_world()))
    restored: Scenario = snapshots[SCHEMA].restore()
    return restored


def disagreements(scenario: Scenario, at: dt.datetime) -> Iterator[tuple[Question, dict[str, bool]]]:
    """The questions to which the four answers differ."""
    members = scenario.members()
    ids = [one.id for one in members]
    could = {
        (verb, one.id): history.who_could(verb=verb, membership=one.id, at=at)
        for verb in MEMBER_VERBS
        for one in members
    }
    for actor in scenario.actors():
        buttons = policy.abilities(actor=actor, memberships=ids, at=at, verbs=MEMBER_VERBS)
        for verb in MEMBER_VERBS:
            rows = set(scopes.memberships(actor=actor, verb=verb, at=at).values_list("id", flat=True))
            refused = set(policy.decide(actor=actor, verb=verb, on=policy.MembershipIds(ids), at=at).refused)
            for one in members:
                answers = {
                    "decision": one.id not in refused,
                    "button": bool(buttons[one.id][verb]),
                    "list": one.id in rows,
                    "history": actor.id in could[verb, one.id],
                }
                if len(set(answers.values())) > 1:
                    yield (actor.label, verb.value, one.user.name), answers


@pytest.mark.parametrize("number", range(PARTS))
def test_decide_abilities_scopes_and_history_agree_at_every_instant(scenario: Scenario, number: int) -> None:
    allowed = 0
    for name, at in [*scenario.instants().items()][number::PARTS]:
        assert list(disagreements(scenario, at)) == [], name
        allowed += scopes.memberships(
            actor=actor_of(scenario.world.aino), verb=Verb.ACCESS_CHANGE, at=at
        ).count()
    assert allowed > 80 / PARTS, "hardly anything is allowed: the test looks at nothing"


def test_decision_on_a_set_equals_the_decisions_on_its_members(scenario: Scenario) -> None:
    sami, verb, at = actor_of(scenario.world.sami), Verb.MEMBER_REMOVE, scenario.now
    inside = [scenario.world.olli.id, scenario.suspended.id]
    assert policy.decide(actor=sami, verb=verb, on=policy.MembershipIds(inside), at=at)
    mixed = policy.decide(
        actor=sami, verb=verb, on=policy.MembershipIds([*inside, scenario.in_both.id]), at=at
    )
    assert (mixed.allowed, mixed.refused, mixed.reason, mixed.visible) == (
        False,
        (scenario.in_both.id,),
        "outside_sites",
        True,
    )
    unseen = policy.decide(
        actor=sami, verb=verb, on=policy.MembershipIds([*inside, scenario.world.mikko.id]), at=at
    )
    assert (unseen.allowed, unseen.refused, unseen.visible) == (False, (scenario.world.mikko.id,), False)


def test_decide_abilities_scopes_and_history_agree_over_a_closed_organization(scenario: Scenario) -> None:
    with bypassing_commands():
        Organization.objects.filter(id=scenario.world.koskela.id).update(status=Organization.Status.CLOSED)
    at = clock.now()
    assert list(disagreements(scenario, at)) == []
    aino = actor_of(scenario.world.aino)
    assert not scopes.memberships(actor=aino, verb=Verb.MEMBER_VIEW, at=at).exists()
    assert (
        policy.organization_abilities(actor=aino, organization=scenario.world.koskela.id, at=at)
        == frozenset()
    )


BREACHES: dict[str, tuple[object, str, Callable[..., object]]] = {
    "state forgotten by decisions": (policy, "_state_allowed", lambda *_: True),
    "sites forgotten by decisions": (policy, "_reaches_sites", lambda *_: True),
    "authority forgotten by decisions": (policy, "_may_assign_all_roles", lambda *_: True),
    "sites forgotten by history": (history, "_reaches_sites", lambda *_: True),
    "state forgotten by history": (history, "_state_allowed", lambda *_: True),
    "sites forgotten by lists": (scopes, "_in_sites", lambda *_: Q()),
    "business units forgotten by decisions": (authorities, "within", lambda own, **_: own),
    "business units forgotten by history": (staff_rights, "_covering", lambda _: Q()),
    "business units forgotten by lists": (authorities, "reach", lambda **_: Q()),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_disagreement_of_one_function_is_found(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, breach: str
) -> None:
    module, name, instead = BREACHES[breach]
    monkeypatch.setattr(module, name, instead)
    assert next(disagreements(scenario, scenario.now), None) is not None


EXPECTED = {
    # who: the members that they may remove now; they may remove no others of the cast
    "Aino Virtanen": {
        "Päivi Korhonen", "Ulla Nieminen", "Sami Lehto", "Mikko Laine", "Olli Mäkinen", "Vilma Salo", "Sari Aalto",
        "Kaisa Wirta", "Leo Both", "Noora Suspended", "Ville Suspended", "Esa Mixed", "Hanna Later", "Blocked Admin",
    },
    "Ulla Nieminen": {
        "Sami Lehto", "Mikko Laine", "Olli Mäkinen", "Vilma Salo", "Kaisa Wirta", "Leo Both", "Noora Suspended",
        "Hanna Later",
    },
    "Sami Lehto": {"Olli Mäkinen", "Noora Suspended"},
    "Kaisa Wirta": {"Mikko Laine", "Olli Mäkinen", "Leo Both", "Noora Suspended"},
    "Esa Mixed": {
        "Sami Lehto", "Mikko Laine", "Olli Mäkinen", "Vilma Salo", "Kaisa Wirta", "Leo Both", "Noora Suspended",
        "Hanna Later",
    },
    "Tiina Heikkinen": {"Stina Berg", "Mikko Laine"},
    "Sari Aalto": set(), "Mikko Laine": set(), "Olli Mäkinen": set(), "Vilma Salo": set(), "Stina Berg": set(),
    "Ville Suspended": set(), "Noora Suspended": set(), "Pekka Gone": set(), "Hanna Later": set(),
    "Blocked Admin": set(),
}  # fmt: skip


def test_decide_abilities_scopes_and_history_agree_on_the_expected_answer(scenario: Scenario) -> None:
    for who, removable in EXPECTED.items():
        actor = next(actor for actor in scenario.actors() if actor.label == who)
        rows = scopes.memberships(actor=actor, verb=Verb.MEMBER_REMOVE, at=scenario.now)
        assert {one.user.name for one in rows.select_related("user")} == removable, who


def test_organization_verbs_agree_with_its_abilities(scenario: Scenario) -> None:
    for organization in (scenario.world.koskela, scenario.world.pohjola):
        for actor in scenario.actors():
            shown = policy.organization_abilities(actor=actor, organization=organization.id, at=scenario.now)
            for verb in ORGANIZATION_VERBS:
                decision = policy.decide(
                    actor=actor, verb=verb, on=policy.OrganizationId(organization.id), at=scenario.now
                )
                assert bool(decision) == (verb in shown), (actor.label, verb)


def test_invitation_is_visible_to_actors_who_could_have_sent_it(scenario: Scenario) -> None:
    world = scenario.world
    offers = {
        "a@koskela.example": world.access("viewer"),
        "b@koskela.example": world.access("orderer", sites=[world.oulu], amount=100),
        "c@koskela.example": world.access("orderer", sites=[world.oulu, world.tampere], amount=100),
        "d@koskela.example": world.access("site_admin", sites=[world.oulu]),
        "e@koskela.example": world.access("organization_admin"),
    }
    sent = {
        address: world.invite(world.koskela, address, requested)[0] for address, requested in offers.items()
    }
    at, seen = clock.now(), 0
    for actor in scenario.actors():
        mine = invitations_scope.pending(
            actor=actor, verb=Verb.INVITATION_CANCEL, at=at, organization=world.koskela.id
        )
        for address, invitation in sent.items():
            could = _could_send(actor, world, address, offers, at)
            assert (invitation in mine) == could, (actor.label, address)
            seen += could
    assert seen >= 15
    assert Invitation.objects.count() > len(sent)


def _could_send(
    actor: Actor, world: World, address: str, offers: Mapping[str, AccessSpec], at: dt.datetime
) -> bool:
    try:
        access_rules.check_assignment_authority(
            actor=actor,
            verb=Verb.INVITATION_CANCEL,
            organization=world.koskela.id,
            access=offers[address],
            at=at,
        )
    except DomainError:
        return False
    return True
