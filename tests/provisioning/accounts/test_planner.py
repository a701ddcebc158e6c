"""The planner: it skips no event, replay has no effect, and statement counts are independent of the set."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Chain
from delegation.authorization import verbs
from delegation.authorization.verbs import Effect, Topic, Verb
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue import propagation
from delegation.catalogue.models import CatalogueWave
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from delegation.people.commands import enrollment
from delegation.people.commands import members as people_commands
from identity.clients.models import Client
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.sessions.models import SignIn
from provisioning import catalogue_waves
from provisioning.accounts import delivery as accounts_delivery
from provisioning.accounts import planner
from provisioning.accounts.models import Account, Cursor, Delivery
from provisioning.accounts.planner import Planned
from provisioning.delivery.task import DeliveryOutcome
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import deliver_all, plan_all, register, sign_in
from tests.fixtures.world import CATALOGUE, World, actor_of, bypassing_commands, move_clock_to


def test_removal_makes_account_and_logout_due_with_its_act(
    world: World, ordering: Target, accounts: accounts_delivery.AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    open_one = sign_in(world.mikko)
    other = sign_in(world.mikko_at_pohjola)
    done = world.remove(world.mikko)
    assert planner.plan(chain=world.koskela.id) == Planned(events=1, deliveries=1, logouts=1)
    account = Account.objects.get(user=world.mikko.user)
    assert (account.priority, account.state, account.act) == (0, "updating", done.act)
    (delivery,) = Delivery.objects.filter(done_at=None)
    assert (delivery.act, delivery.membership_id) == (done.act, world.mikko.id)
    (logout,) = Logout.objects.all()
    assert (logout.sign_in_id, logout.act) == (open_one.id, done.act)
    assert SignIn.objects.get(id=other.id).ended_at is None


def test_replay_of_the_log_delivers_nothing_again(
    world: World, ordering: Target, accounts: accounts_delivery.AccountDeliveries, shop: fake_target.Server
) -> None:
    plan_all()
    deliver_all(accounts)
    sign_in(world.mikko)
    world.remove(world.mikko)
    plan_all()
    deliver_all(accounts)
    written, logouts = len(shop.journal), Logout.objects.count()
    Cursor.objects.all().delete()
    plan_all()
    deliver_all(accounts)
    assert len(shop.journal) == written
    assert Logout.objects.count() == logouts


def test_second_plan_of_a_chain_finds_no_events(world: World, ordering: Target) -> None:
    plan_all()
    assert planner.behind() == []
    assert planner.plan(chain=world.koskela.id) == Planned()


def test_three_changes_before_a_delivery_are_one_call(
    world: World, ordering: Target, accounts: accounts_delivery.AccountDeliveries, shop: fake_target.Server
) -> None:
    plan_all()
    deliver_all(accounts)
    before = len(shop.journal)
    for amount in (100, 200, 300):
        world.change(world.mikko, world.access("orderer", sites=[world.tampere], amount=amount))
    plan_all()
    assert deliver_all(accounts) == 1
    assert len(shop.journal) == before + 1
    record = shop.record_of(world.mikko.user_id)["urn:ietf:params:scim:schemas:extension:keyholder:2.0:User"]
    assert record["limits"][0]["amount"] == "300.00"
    assert Delivery.objects.filter(done_at=None).count() == 0


def test_statement_counts_are_independent_of_the_set(
    world: World, ordering: Target, accounts: accounts_delivery.AccountDeliveries
) -> None:
    plan_all()
    deliver_all(accounts)
    crowd = [world.member(world.koskela, f"N{i} Nimi", "viewer", factor=False) for i in range(12)]
    plan_all()
    deliver_all(accounts)
    counts = []
    for some in (crowd[:1], crowd[1:]):
        people_commands.remove(actor=actor_of(world.aino), memberships=some, reason="left")
        with CaptureQueriesContext(connection) as planning:
            planned = planner.plan(chain=world.koskela.id)
        with CaptureQueriesContext(connection) as leasing:
            tasks = accounts.lease(worker=1, at=clock.now(), in_flight={}) or []
        outcomes = [DeliveryOutcome(one, result=one.run()) for one in tasks]
        with CaptureQueriesContext(connection) as settling:
            accounts.settle(outcomes=outcomes, at=clock.now())
        assert planned.deliveries == len(tasks) == len(some)
        counts.append((len(planning), len(leasing), len(settling)))
    assert counts == [(2, 6, 9)] * 2, "each with one statement of the clock"


def test_concurrent_planners_skip_no_event(
    world: World, ordering: Target, run_concurrently: Callable[..., list[object]]
) -> None:
    """Two planners run while two customers' admins act: every event has made its account due."""
    plan_all()
    Account.objects.update(generation=1)
    crowd = [world.member(world.koskela, f"N{i} Nimi", "viewer", factor=False) for i in range(6)]
    more = [world.member(world.pohjola, f"P{i} Nimi", "viewer", factor=False) for i in range(6)]
    plan_all()  # a member who leaves before the first plan needs no account

    def act(some: list[Membership], by: Membership) -> Callable[[], None]:
        def changes() -> None:
            for one in some:
                people_commands.remove(actor=actor_of(by), memberships=[one], reason="left")

        return changes

    def planning() -> None:
        for _ in range(40):
            planner.plan(chain=world.koskela.id)
            planner.plan(chain=world.pohjola.id)

    record = run_concurrently(act(crowd, world.aino), act(more, world.tiina), planning, planning)
    assert record == [None] * 4
    plan_all()
    for chain in (world.koskela.id, world.pohjola.id):
        assert Cursor.objects.get(chain=chain).seq == Chain.objects.get(id=chain).last_seq
    for one in [*crowd, *more]:
        account = Account.objects.get(user=one.user)
        acts = set(Delivery.objects.filter(account=account).values_list("act", flat=True))
        assert account.priority == 0
        assert len(acts) == 2, "joined and removed"


def test_member_of_an_organization_without_the_application_gets_no_account(
    world: World, ordering: Target
) -> None:
    organizations_commands.create_organization(
        actor=world.system,
        new=NewOrganization(key="bare", name="Bare Oy", sites=[("Vaasa", "V")]),
    )
    organization = Organization.objects.get(key="bare")
    loner = world.member(organization, "Lauri Lahti", "viewer", factor=False)
    plan_all()
    assert not Account.objects.filter(user=loner.user).exists()
    assert Account.objects.filter(user=world.mikko.user).exists()


def test_member_without_a_right_is_not_delivered(
    world: World, contacts: Target, accounts: accounts_delivery.AccountDeliveries, crm: fake_target.Server
) -> None:
    """A site admin may have no right in this system; only people with a right have a record."""
    plan_all()
    deliver_all(accounts)
    for account in Account.objects.filter(target=contacts):
        record = crm.by_external_id(account.user_id)
        assert bool(record) is (account.state == "up_to_date")
        assert (account.state == "not_needed") is (account.acknowledged_digest == "")


def test_change_of_the_catalogue_makes_accounts_due_in_the_organizations_that_it_has_reached(
    world: World, ordering: Target, contacts: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act itself makes nothing due; each batch does so for its organizations."""
    plan_all()

    def generations() -> list[int]:
        plan_all()
        people = [world.vilma.user_id, world.stina.user_id]
        return [Account.objects.filter(user=user).first().generation for user in people]  # type: ignore[union-attr]

    monkeypatch.setattr(propagation, "BATCH", 1)
    monkeypatch.setattr(catalogue_waves, "_MOST_BATCHES", 1)
    before = generations()
    roles = [replace(one, max_assignment_days=5) if one.key == "viewer" else one for one in CATALOGUE.roles]
    catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, roles=roles))
    assert generations() == before
    reached = []
    for _ in range(3):
        reached.append(catalogue_waves.propagate())
        changed = [now - then for now, then in zip(generations(), before, strict=True)]
        assert changed == {1: [1, 0], 2: [1, 1], 3: [1, 1]}[len(reached)]
    assert (reached, CatalogueWave.objects.count()) == ([1, 1, 0], 0)


def test_batch_waits_while_chains_wait_to_be_planned(
    world: World, ordering: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_all()
    monkeypatch.setattr(planner, "_FEW", 0)
    roles = [replace(one, max_assignment_days=5) if one.key == "viewer" else one for one in CATALOGUE.roles]
    catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, roles=roles))
    plan_all()
    world.remove(world.stina, by=world.tiina)
    assert catalogue_waves.propagate() == 0, "the removal is planned first"
    plan_all()
    assert catalogue_waves.propagate() == 2


def test_idle_events_are_skipped_in_one_statement_and_no_other_is(world: World, ordering: Target) -> None:
    plan_all()
    world.invite(world.koskela, "a@koskela.example", world.access("viewer"))
    world.invite(world.pohjola, "b@pohjola.example", world.access("viewer"))
    world.remove(world.stina, by=world.tiina)
    heads = dict(Chain.objects.values_list("id", "last_seq"))
    assert planner.behind() == [world.pohjola.id], "Koskela’s invitation alone is skipped"
    assert Cursor.objects.get(chain=world.koskela.id).seq == heads[world.koskela.id]
    assert planner.plan(chain=world.pohjola.id).deliveries == 1


def test_enrollment_makes_only_the_enrolled_people_due(world: World, ordering: Target) -> None:
    plan_all()
    before = dict(Account.objects.values_list("id", "generation"))
    people = [
        enrollment.PersonToEnroll(
            email=f"{name}@koskela.example", name=f"{name} Uusi", password="", language="fi", access=access
        )
        for name, access in (("eeva", world.access("viewer")), ("arvo", world.access("viewer")))
    ]
    enrollment.enroll(actor=world.system, organization=world.koskela, people=people)
    assert planner.plan(chain=world.koskela.id) == Planned(events=3, deliveries=2)
    created = Account.objects.exclude(id__in=before)
    assert {one.user.email for one in created} == {"eeva@koskela.example", "arvo@koskela.example"}
    assert dict(Account.objects.filter(id__in=before).values_list("id", "generation")) == before


def test_end_of_an_assignment_makes_the_account_due(
    world: World, ordering: Target, accounts: accounts_delivery.AccountDeliveries, shop: fake_target.Server
) -> None:
    until = clock.now() + dt.timedelta(hours=1)
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=500, until=until))
    plan_all()
    deliver_all(accounts)
    assert Account.objects.get(user=world.olli.user).next_change_at == until
    assert planner.sweep(at=until - dt.timedelta(seconds=1)) == 0
    assert planner.sweep(at=until) == 1
    later = until + dt.timedelta(seconds=1)
    move_clock_to(later)
    (task,) = accounts.lease(worker=1, at=later, in_flight={}) or []
    accounts.settle(outcomes=[DeliveryOutcome(task, result=task.run())], at=later)
    assert shop.record_of(world.olli.user_id)["active"] is False


def test_sign_in_ended_without_an_act_is_swept(world: World, ordering: Target) -> None:
    plan_all()
    row = sign_in(world.mikko)
    at = clock.now()
    SignIn.objects.filter(id=row.id).update(ended_at=at)
    assert planner.sweep(at=at) == 1
    assert planner.sweep(at=at) == 0
    (logout,) = Logout.objects.all()
    assert (logout.sign_in_id, logout.act) == (row.id, None)


def test_sweep_adds_the_logout_that_one_of_two_services_lacks(world: World, ordering: Target) -> None:
    plan_all()
    row = sign_in(world.mikko)
    row.clients.add(Client.objects.get(application__key="crm"))
    at = clock.now()
    SignIn.objects.filter(id=row.id).update(ended_at=at)
    assert planner.sweep(at=at) == 2
    Logout.objects.filter(client__application__key="crm").delete()
    assert planner.sweep(at=at) == 1
    services = Logout.objects.order_by("client").values_list("client__application__key", flat=True)
    assert sorted(services) == ["crm", "ordering"]


def test_sweep_looks_back_two_hours_and_the_first_of_a_process_seven_days(
    world: World, ordering: Target
) -> None:
    plan_all()
    at, second = clock.now(), dt.timedelta(seconds=1)
    recent, older, week, gone = (sign_in(world.mikko).id for _ in range(4))
    for row, ago in (
        (recent, dt.timedelta(hours=2) - second),
        (older, dt.timedelta(hours=2)),
        (week, dt.timedelta(days=7) - second),
        (gone, dt.timedelta(days=7)),
    ):
        SignIn.objects.filter(id=row).update(ended_at=at - ago)
    planner.sweep(at=at)
    assert set(Logout.objects.values_list("sign_in", flat=True)) == {recent}
    planner.sweep(at=at, first=True)
    assert set(Logout.objects.values_list("sign_in", flat=True)) == {recent, older, week}


def test_target_with_records_per_membership_gets_one_for_each(
    world: World, shop: fake_target.Server, accounts: accounts_delivery.AccountDeliveries
) -> None:

    register("ordering", shop, record_per="membership")
    plan_all()
    deliver_all(accounts)
    assert shop.record_of(world.mikko.id)["userName"] == f"koskela/{world.mikko.user.email}"
    world.remove(world.mikko)
    plan_all()
    assert deliver_all(accounts) == 1
    assert shop.record_of(world.mikko.id)["active"] is False
    assert shop.record_of(world.mikko_at_pohjola.id)["active"] is True


def test_blocked_person_is_deactivated(
    world: World, ordering: Target, accounts: accounts_delivery.AccountDeliveries, shop: fake_target.Server
) -> None:
    plan_all()
    deliver_all(accounts)
    with bypassing_commands():
        world.mikko.user.is_active = False
        world.mikko.user.save()
    account = Account.objects.get(user=world.mikko.user)
    Account.objects.filter(id=account.id).update(due_at=clock.now())
    deliver_all(accounts)
    assert shop.record_of(world.mikko.user_id)["active"] is False


def test_effect_of_an_act_comes_from_its_verb() -> None:
    logged = {verb for verb in Verb if verb.topic is not Topic.NOT_LOGGED}
    assert {verb for verb in logged if verb.rule.effect is Effect.NONE} == {
        Verb.ABSENCE_CLAIM, Verb.ABSENCE_CLOSE, Verb.ADMIN_ASK, Verb.ADMIN_CONFIRM, Verb.DORMANCY_WARN,
        Verb.HANDOVER_ACCEPT, Verb.HANDOVER_CLOSE, Verb.HANDOVER_COMPLETE, Verb.HANDOVER_OPEN,
        Verb.INVITATION_CANCEL, Verb.INVITATION_RESEND, Verb.MEMBER_INVITE,
        Verb.FIRST_ADMIN_INVITE, Verb.LOOK_ALLOW, Verb.LOOK_BEGIN, Verb.LOOK_END, Verb.LOOK_PREPARE,
        Verb.LOOK_RULE_SET, Verb.MAIL_DOMAIN_LAPSE, Verb.MAIL_DOMAIN_VERIFY, Verb.MAIL_DOMAINS_SET,
        Verb.CUSTOMER_CONTACT_ADD, Verb.CUSTOMER_CONTACT_CHANGE, Verb.CUSTOMER_CONTACT_END,
        Verb.ORGANIZATION_CREATE, Verb.PERSON_UPDATE, Verb.SITE_CREATE,
        Verb.SERVICE_USER_CREATE, Verb.SERVICE_USER_END, Verb.SERVICE_USER_ROTATE, Verb.TAKEOVER_CLOSE,
        Verb.FACTOR_RECOVERY_AGREE, Verb.FACTOR_RECOVERY_OPEN, Verb.FACTOR_RECOVERY_REFUSE,
        *(verb for verb in logged if verb.startswith(("duty_exception.", "orphan_", "review."))),
    }  # fmt: skip
    assert set(verbs.with_effect(Effect.ORGANIZATION)) == {
        Verb.CATALOGUE_PROPAGATE, Verb.CEILING_SET, Verb.HOLD_LIFT, Verb.HOLD_PLACE,
        Verb.ORGANIZATION_RESUME, Verb.ORGANIZATION_SUSPEND,
    }  # fmt: skip
    assert Verb.MEMBER_ENROLL in verbs.with_effect(Effect.MEMBERSHIP)
