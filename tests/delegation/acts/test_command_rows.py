"""The rows that a command writes and ends, and the rows that stay unchanged."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.access import commands as access_commands
from delegation.applications import commands as applications_commands
from delegation.applications import new_client
from delegation.authorization import errors as authorization_errors
from delegation.authorization import history, policy, scopes
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.ceilings import Ceiling
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceilings as catalogue_ceilings
from delegation.catalogue import commands as catalogue_commands
from delegation.people.commands import members as people_commands
from identity.clients.models import Application, Client
from identity.memberships.models import MembershipPeriod
from tests.fixtures.world import APPROVE, CATALOGUE, PLACE, World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

DAY = dt.timedelta(days=1)


def ceilings(world: World, key: str) -> list[tuple[Decimal | None, str, dt.datetime | None]]:
    rows = Ceiling.objects.filter(organization=world.koskela, entitlement__key=key).order_by("valid_from")
    return [(row.amount, row.currency, row.valid_until) for row in rows]


def test_new_ceiling_ends_the_earlier_one_and_no_other(world: World) -> None:
    others = {key: ceilings(world, key) for key in (APPROVE, "crm:contacts.see")}
    elsewhere = list(Ceiling.objects.filter(organization=world.pohjola).values_list("id", "valid_until"))
    first = catalogue_ceilings.set_ceiling(
        actor=world.system, organization=world.koskela, offer={PLACE: AmountLimit(Decimal(7), currency="SEK")}
    )
    second = catalogue_ceilings.set_ceiling(
        actor=world.system, organization=world.koskela, offer={PLACE: None}
    )
    assert ceilings(world, PLACE) == [
        (Decimal("20000.00"), "EUR", first.at),
        (Decimal("7.00"), "SEK", second.at),
    ]
    assert {key: ceilings(world, key) for key in others} == others
    assert (
        list(Ceiling.objects.filter(organization=world.pohjola).values_list("id", "valid_until")) == elsewhere
    )


def test_ceiling_of_an_entitlement_without_amount_has_none(world: World) -> None:
    withdrawn, _again = (
        catalogue_ceilings.set_ceiling(
            actor=world.system, organization=world.koskela, offer={"crm:contacts.see": limit}
        )
        for limit in (None, AmountLimit(Decimal(7)))
    )
    assert ceilings(world, "crm:contacts.see") == [(None, "", withdrawn.at), (None, "", None)]


@pytest.mark.parametrize(
    ("offer", "data"),
    [
        ({"payroll:pay": AmountLimit(None)}, {"field": "entitlement", "problem": "unknown"}),
        ({"": AmountLimit(None)}, {"field": "entitlement", "problem": "missing"}),
        ({PLACE: AmountLimit(Decimal(-1))}, {"field": "limit", "problem": "negative"}),
        ({PLACE: AmountLimit(Decimal(1), currency="euro")}, {"field": "limit", "problem": "currency"}),
    ],
)
def test_invalid_ceiling_is_refused(
    world: World, offer: dict[str, AmountLimit | None], data: dict[str, str]
) -> None:
    with pytest.raises(authorization_errors.InvalidInput) as refusal:
        catalogue_ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=offer)
    assert refusal.value.data == data


def test_catalogue_creates_a_version_only_for_a_changed_role(world: World) -> None:
    before = {row.role.key: row for row in RoleVersion.objects.select_related("role")}
    again = catalogue_commands.apply(actor=world.system, catalogue=CATALOGUE)
    roles = [
        replace(role, is_admin=False) if role.key == "security_admin" else role for role in CATALOGUE.roles
    ]
    roles[0] = replace(roles[0], mfa=True)
    changed = catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, roles=roles))
    assert (list(again.result.roles), list(changed.result.roles)) == ([], ["viewer"])
    found = RoleVersion.objects.filter(role__key="viewer").order_by("number")
    assert [(row.number, row.required_assurance, row.valid_from, row.valid_until) for row in found] == [
        (1, "password", before["viewer"].valid_from, changed.at),
        (2, "mfa", changed.at, None),
    ]
    assert RoleVersion.objects.count() == len(before) + 1


@pytest.mark.parametrize(
    "part", ["entitlements", "verbs", "assignable_roles", "assignable_amounts", "max_assignment_days"]
)
def test_catalogue_finds_a_change_in_every_part_of_a_role(world: World, part: str) -> None:
    values = {
        "entitlements": ("ordering:orders.see",),
        "verbs": (Verb.MEMBER_VIEW,),
        "assignable_roles": ("viewer",),
        "assignable_amounts": {PLACE: Decimal(1)},
        "max_assignment_days": 5,
    }
    roles = [
        replace(role, **{part: values[part]}) if role.key == "site_admin" else role  # type: ignore[arg-type]
        for role in CATALOGUE.roles
    ]
    done = catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, roles=roles))
    assert list(done.result.roles) == ["site_admin"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"client_id": ""}, "client"),
        ({"client_id": "x" * 101}, "client"),
        ({"name": ""}, "name"),
        ({"redirect_uris": ["ftp://erp.example.test"]}, "redirect_uri"),
        ({"post_logout_redirect_uris": ["http://erp.example.test"]}, "post_logout_redirect_uri"),
        ({"initiate_login_uri": "erp"}, "initiate_login_uri"),
        ({"backchannel_logout_uri": "erp"}, "backchannel_logout_uri"),
    ],
)
def test_invalid_client_is_refused(world: World, wrong: dict[str, object], field: str) -> None:
    fine = new_client.NewClient(client_id="erp", name="ERP", redirect_uris=["https://erp.example.test/cb"])
    new = replace(fine, **wrong)  # type: ignore[arg-type]
    with pytest.raises(authorization_errors.InvalidInput) as refusal:
        applications_commands.register_application(
            actor=world.system, key="erp", name={"en": "ERP"}, unit="kivisalo", client=new
        )
    assert refusal.value.data["field"] == field
    assert not Application.objects.filter(key="erp").exists()


@pytest.mark.parametrize("public", [False, True])
def test_client_is_stored_as_it_was_registered(world: World, *, public: bool) -> None:
    new = new_client.NewClient(
        client_id="erp",
        name="ERP",
        redirect_uris=["https://erp.example.test/cb"],
        initiate_login_uri="https://erp.example.test/start",
        backchannel_logout_uri="https://erp.example.test/logout",
        post_logout_redirect_uris=["https://erp.example.test/bye"],
        scopes=["openid"],
        public=public,
        skip_consent=False,
    )
    applications_commands.register_application(
        actor=world.system, key="erp", name={"en": "ERP"}, unit="kivisalo", client=new
    )
    client = Client.objects.select_related("protocol", "application__unit").get(protocol_id="erp")
    protocol = client.protocol
    assert (
        client.application.key,
        client.application.unit.key,
        client.initiate_login_uri,
        client.backchannel_logout_uri,
        protocol.name,
        protocol.type,
        bool(protocol.secret),
        protocol.skip_consent,
        protocol.get_redirect_uris(),
        protocol.get_scopes(),
        protocol.get_post_logout_redirect_uris(),
        protocol.get_grant_types(),
    ) == (
        "erp",
        "kivisalo",
        "https://erp.example.test/start",
        "https://erp.example.test/logout",
        "ERP",
        "public" if public else "confidential",
        not public,
        False,
        ["https://erp.example.test/cb"],
        ["openid"],
        ["https://erp.example.test/bye"],
        ["authorization_code", "refresh_token"],
    )


def test_removal_names_the_state_at_its_instant(world: World) -> None:
    """Suspended until tomorrow, active afterwards: the state is suspended."""
    at = clock.now()
    with bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.vilma).update(
            state="suspended", valid_until=at + DAY
        )
        MembershipPeriod.objects.create(membership=world.vilma, state="active", valid_from=at + DAY)
    done = world.remove(world.vilma)
    body = json.loads(bytes(Event.objects.get(act=done.act).body))
    assert body["before"]["state"] == "suspended"


def test_member_without_access_is_removed_by_an_admin_of_all_sites(world: World) -> None:
    with bypassing_commands():
        Assignment.objects.filter(membership=world.olli).update(valid_until=clock.now())
    at, olli = clock.now(), world.olli.id
    actor = actor_of(world.ulla)
    decisions = policy.abilities(actor=actor, memberships=[olli], at=at)[olli]
    assert decisions[Verb.MEMBER_REMOVE]
    assert scopes.memberships(actor=actor, verb=Verb.MEMBER_REMOVE, at=at).filter(id=olli).exists()
    assert world.ulla.user_id in history.who_could(verb=Verb.MEMBER_REMOVE, membership=olli, at=at)
    assert people_commands.remove(actor=actor, memberships=[world.olli]).subjects == (olli,)


def test_access_that_differs_in_one_part_is_changed(world: World) -> None:
    mine = world.access("orderer", sites=[world.tampere], amount=5000)
    with pytest.raises(authorization_errors.Unchanged):
        world.change(world.mikko, mine)
    until = clock.now() + DAY
    for requested in (
        world.access("orderer", sites=[world.tampere, world.oulu], amount=5000),
        world.access("orderer", sites=[world.tampere], amount=Decimal("5000.01")),
        world.access("approver", sites=[world.tampere], amount=5000),
        replace(mine, until=until),
        mine,
        world.access("orderer", amount=5000),
    ):
        done = access_commands.change(actor=actor_of(world.aino), memberships=[world.mikko], access=requested)
        rows = Assignment.objects.filter(membership=world.mikko).order_by("-valid_from", "-id")
        assert (rows[0].act, rows[0].valid_from, rows[0].valid_until) == (done.act, done.at, requested.until)
        assert rows[1].valid_until == done.at
