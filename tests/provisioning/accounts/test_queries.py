"""Members by the worst state of their accounts, and members of unconfirmed acts."""

import datetime as dt
import itertools
import uuid

from audit.foundation import clock
from identity.clients.models import Client
from identity.memberships.models import Membership
from provisioning.accounts import queries
from provisioning.accounts.models import Account, Delivery
from provisioning.accounts.status import BY_SEVERITY
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import register, sign_in
from tests.fixtures.world import World, bypassing_commands

SUBSETS = [
    subset for size in range(1, len(BY_SEVERITY) + 1) for subset in itertools.combinations(BY_SEVERITY, size)
]


def set_states(member: Membership, ordering: str, crm: str) -> None:
    for application, state in (("ordering", ordering), ("crm", crm)):
        rows = Account.objects.filter(user=member.user, target__application__key=application)
        assert rows.update(state=state) == 1


def members_in(*states: str) -> set[uuid.UUID]:
    return {*Membership.objects.filter(queries.worst_state_is(states)).values_list("id", flat=True)}


def test_members_are_found_by_their_worst_state(world: World, ordering: Target, contacts: Target) -> None:
    """Every choice of states; Mikko's accounts are those of both of his memberships."""
    Account.objects.update(state="not_needed")
    set_states(world.mikko, "failed", "up_to_date")
    set_states(world.olli, "up_to_date", "out_of_date")
    set_states(world.vilma, "updating", "updating")
    set_states(world.paivi, "not_needed", "up_to_date")
    worst = {
        "failed": {world.mikko.id, world.mikko_at_pohjola.id},
        "out_of_date": {world.olli.id},
        "updating": {world.vilma.id},
        "up_to_date": {world.paivi.id},
    }
    users = Account.objects.values("user")
    everyone = {*Membership.objects.filter(user__in=users).values_list("id", flat=True)}
    worst["not_needed"] = everyone.difference(*worst.values())
    assert worst["not_needed"]
    for states in SUBSETS:
        assert members_in(*states) == set.union(*(worst[state] for state in states)), states


def test_members_are_not_found_by_accounts_of_inactive_targets(
    world: World, ordering: Target, contacts: Target
) -> None:
    set_states(world.olli, "failed", "out_of_date")
    with bypassing_commands():
        Target.objects.filter(id=ordering.id).update(is_active=False)
    assert world.olli.id not in members_in("failed")
    assert world.olli.id in members_in("out_of_date")


def test_member_is_not_found_by_the_account_of_another_membership(
    world: World, shop: fake_target.Server
) -> None:
    register("ordering", shop, record_per="membership")
    Account.objects.update(state="up_to_date")
    Account.objects.filter(membership=world.mikko).update(state="failed")
    assert members_in("failed") == {world.mikko.id}
    assert world.mikko_at_pohjola.id in members_in("up_to_date")
    at = clock.now()
    here = queries.needing_attention(organization=world.koskela.id, at=at)
    assert here == [(world.mikko.id, "ordering")]
    assert queries.needing_attention(organization=world.pohjola.id, at=at) == []


def test_no_states_select_every_member(world: World, ordering: Target) -> None:
    assert members_in() == {*Membership.objects.values_list("id", flat=True)}


def test_members_of_an_unconfirmed_act_are_found(world: World, ordering: Target, contacts: Target) -> None:
    act, at = uuid.uuid4(), clock.now()

    def deliver(
        member: Membership, target: Target, of: uuid.UUID, done_at: dt.datetime | None = None
    ) -> None:
        Delivery.objects.create(
            account=Account.objects.get(user=member.user, target=target),
            target=target,
            membership=member,
            organization=member.organization_id,
            act=of,
            act_at=at,
            generation=1,
            done_at=done_at,
        )

    def log_out(member: Membership, of: uuid.UUID, due_at: dt.datetime | None) -> None:
        client = Client.objects.get(application__key="ordering")
        Logout.objects.create(sign_in=sign_in(member), client=client, ended_at=at, act=of, due_at=due_at)

    deliver(world.mikko, ordering, act)
    deliver(world.olli, ordering, act, done_at=at)
    deliver(world.aino, ordering, uuid.uuid4())
    deliver(world.paivi, contacts, act)
    log_out(world.vilma, act, at)
    log_out(world.olli, act, None)
    log_out(world.aino, uuid.uuid4(), at)
    assert {*queries.waiting_of_act(act=act)} == {world.mikko.id, world.paivi.id, world.vilma.id}
    with bypassing_commands():
        Target.objects.filter(id=contacts.id).update(is_active=False)
    assert {*queries.waiting_of_act(act=act)} == {world.mikko.id, world.vilma.id}


def test_present_members_of_the_organization_whose_accounts_need_attention_are_found(
    world: World, ordering: Target, contacts: Target
) -> None:
    Account.objects.update(state="up_to_date")
    set_states(world.mikko, "failed", "updating")
    set_states(world.olli, "not_needed", "out_of_date")
    set_states(world.vilma, "failed", "out_of_date")
    world.remove(world.vilma)
    at = clock.now()
    mikko, olli = (world.mikko.id, "ordering"), (world.olli.id, "crm")
    here = queries.needing_attention(organization=world.koskela.id, at=at)
    assert sorted(here) == sorted([mikko, olli])
    there = queries.needing_attention(organization=world.pohjola.id, at=at)
    assert there == [(world.mikko_at_pohjola.id, "ordering")]
    among = [world.olli.id, world.paivi.id, world.vilma.id]
    assert queries.needing_attention(organization=world.koskela.id, at=at, memberships=among) == [olli]
    assert queries.needing_attention(organization=world.koskela.id, at=at, memberships=[]) == []
    with bypassing_commands():
        Target.objects.filter(id=contacts.id).update(is_active=False)
    assert queries.needing_attention(organization=world.koskela.id, at=at) == [mikko]
