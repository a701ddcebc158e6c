"""A service user has its owner's authorities, as far as its scopes allow, until its end or the owner's leaving."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from delegation.access import commands as access_commands
from delegation.authorization import authorities, service_scopes
from delegation.authorization.errors import (
    Denied,
    ExceedsAuthority,
    InvalidAccess,
    InvalidInput,
    InvitationGone,
    NotFound,
    Unchanged,
)
from delegation.authorization.verbs import Verb
from delegation.invitations import sender_authority
from delegation.people.commands import members as people_commands
from delegation.service_users import commands, queries, rules
from identity.memberships.models import Membership
from identity.people.models import User
from identity.service_users import service_tokens
from tests.fixtures import events, service_users, staff_rights
from tests.fixtures.staff_rights import Staff, acting_as
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = dt.timedelta(days=1)


def service_of(owner: Membership, made: commands.ServiceUserCreated) -> Actor:
    return Actor(
        kind=ActorKind.SERVICE,
        id=made.service_user,
        channel=Channel.API,
        label="ERP",
        owner=owner.user_id,
    )


def test_service_user_has_verbs_of_its_scopes_and_sites_of_its_owner(world: World) -> None:
    made = service_users.create(world.aino, scopes=["people.read", "access.write"])
    (own,) = authorities.authorities_of(actor=service_of(world.aino, made), at=clock.now())
    (owners,) = authorities.authorities_of(actor=actor_of(world.aino), at=clock.now())
    assert own == dataclasses.replace(owners, verbs=frozenset({Verb.MEMBER_VIEW, Verb.ACCESS_CHANGE}))


def test_creation_leaves_one_event_with_ids_and_the_name_encrypted(world: World) -> None:
    made = service_users.create(world.aino, scopes=["people.read"])
    (event,) = events.recorded(Verb.SERVICE_USER_CREATE)
    assert (event.subject_kind, event.subject, event.organization) == (
        "service_user",
        made.service_user,
        world.koskela.id,
    )
    assert set(events.body(event)["personal"]) >= {"name"}
    (view,) = queries.service_users(organization=world.koskela.id, at=clock.now())
    assert (view.name, view.owner_name, view.scopes, view.in_force) == (
        "ERP",
        "Aino Virtanen",
        ("people.read",),
        True,
    )
    user = User.all_directories.get(id=made.service_user)
    assert (user.directory, user.email, user.has_usable_password()) == ("service", "", False)


def test_creation_is_refused_beyond_the_owner(world: World) -> None:
    in_a_day = clock.now() + DAY
    base = {"actor": actor_of(world.aino), "organization": world.koskela, "owner": world.aino, "name": "ERP"}
    read = {**base, "scopes": frozenset({"people.read"})}
    refused = [
        (
            {**read, "owner": world.paivi, "until": in_a_day},
            Denied,
        ),  # an admin makes no other person an owner
        ({**read, "actor": actor_of(world.ulla), "owner": world.ulla, "until": in_a_day}, Denied),
        ({**read, "actor": actor_of(world.tiina), "until": in_a_day}, NotFound),
        ({**read, "actor": world.system, "owner": world.tiina, "until": in_a_day}, NotFound),
        ({**base, "scopes": frozenset({"everything"}), "until": in_a_day}, InvalidInput),
        ({**base, "scopes": frozenset(), "until": in_a_day}, InvalidInput),
        ({**read, "until": clock.now() - DAY}, InvalidAccess),
        ({**read, "until": clock.now() + rules.MAX_VALIDITY + DAY}, ExceedsAuthority),
        (
            {
                **base,
                "actor": world.system,
                "owner": world.ulla,
                "scopes": {"activity.read"},
                "until": in_a_day,
            },
            ExceedsAuthority,
        ),
    ]
    for arguments, error in refused:
        with pytest.raises(error):
            commands.create(**arguments)  # type: ignore[arg-type]


def test_service_user_cannot_change_or_remove_its_owner(world: World) -> None:
    service = service_of(world.aino, service_users.create(world.aino))
    for refused in (
        lambda: people_commands.remove(actor=service, memberships=[world.aino]),
        lambda: access_commands.change(
            actor=service, memberships=[world.aino], access=world.access("viewer")
        ),
    ):
        with pytest.raises(Denied) as denied:
            refused()
        assert denied.value.data["reason"] == "own_membership"


def test_owner_cannot_receive_what_the_own_service_user_offers(world: World) -> None:
    service = service_of(world.aino, service_users.create(world.aino))
    access = world.access("viewer")
    invitation, _link = world.invite(world.koskela, "new@koskela.example", access, actor=service)
    now = clock.now()
    for receivers in ([world.aino.user_id], [service.id]):
        with pytest.raises(InvitationGone):
            sender_authority.require(
                invitation=invitation, access=access, channel=Channel.WEB, at=now, receivers=receivers
            )
    sender_authority.require(invitation=invitation, access=access, channel=Channel.WEB, at=now)
    world.remove(world.aino, by=world.paivi)
    with pytest.raises(InvitationGone):
        sender_authority.require(invitation=invitation, access=access, channel=Channel.WEB, at=clock.now())


def test_token_is_refused_after_each_ending(world: World) -> None:
    ended, expired, left, off = (
        service_users.create(who) for who in (world.aino, world.aino, world.paivi, world.aino)
    )
    named = (("ended", ended), ("left", left), ("off", off))
    tokens = {name: service_users.token(made) for name, made in named}
    assert all(service_tokens.check(token=token) for token in tokens.values())

    with bypassing_commands():
        User.all_directories.filter(id=off.service_user).update(is_active=False)
    assert service_tokens.check(token=tokens.pop("off")) is None
    assert service_tokens.find(client=str(off.service_user)) is None
    with bypassing_commands():
        User.all_directories.filter(id=off.service_user).update(is_active=True)
    row = queries.for_command(service_user=ended.service_user)
    commands.end(actor=actor_of(world.paivi), service_user=row)
    with pytest.raises(Unchanged):
        commands.end(actor=actor_of(world.paivi), service_user=row)
    world.remove(world.paivi)
    assert [service_tokens.check(token=token) for token in tokens.values()] == [None, None]
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.paivi], access=world.access("organization_admin")
    )
    assert service_tokens.check(token=tokens["left"]) is None, "a return brings nothing back"

    assert service_tokens.find(client=str(expired.service_user))
    move_clock(dt.timedelta(days=31).total_seconds())
    assert service_tokens.find(client=str(expired.service_user)) is None


def test_scopes_name_no_verb_by_which_a_service_user_makes_another() -> None:
    assert not {verb for verb in service_scopes.verbs_of(service_scopes.VERBS) if "service_user" in verb}


def test_owner_s_removal_leaves_an_event_of_each_program(world: World) -> None:
    made = {service_users.create(world.paivi, name=name).service_user for name in ("HR", "ERP")}
    service_users.create(world.aino)
    world.remove(world.paivi)
    ended = events.recorded(Verb.SERVICE_USER_END)
    assert {event.subject for event in ended} == made
    (removal,) = events.recorded(Verb.MEMBER_REMOVE)
    assert {(event.act, event.at) for event in ended} == {(removal.act, removal.at)}


def test_owner_exchanges_the_secret_and_both_work_until_the_replaced_one_ends(world: World) -> None:
    made = service_users.create(world.aino)
    row = queries.for_command(service_user=made.service_user)
    owner, other, until = actor_of(world.aino), actor_of(world.paivi), clock.now() + 90 * DAY
    with pytest.raises(Denied) as denied:
        commands.rotate_secret(actor=other, service_user=row)
    assert denied.value.data["reason"] == "not_own_program"
    second = commands.rotate_secret(
        actor=owner, service_user=row, overlap_hours=24, until=until
    ).result.secret
    third = commands.rotate_secret(actor=owner, service_user=row, overlap_hours=24).result.secret
    accepted = {"first": made.secret, "second": second, "third": third}

    def works() -> set[str]:
        found = service_tokens.find(client=str(made.service_user))
        assert found is not None
        assert not found.verify_secret("")
        return {name for name, secret in accepted.items() if found.verify_secret(secret)}

    assert works() == {"second", "third"}
    commands.end_former_secret(actor=other, service_user=row)
    assert works() == {"third"}
    with pytest.raises(Unchanged):
        commands.end_former_secret(actor=owner, service_user=row)
    fourth = commands.rotate_secret(actor=owner, service_user=row, overlap_hours=1).result.secret
    accepted["fourth"] = fourth
    move_clock(3601)
    assert works() == {"fourth"}
    (view,) = queries.service_users(organization=world.koskela.id, at=clock.now())
    assert view.valid_until == until
    changed = events.recorded(Verb.SERVICE_USER_ROTATE)
    assert [event.outcome for event in changed].count("done") == 4
    assert not any(secret in str(events.body(event)) for event in changed for secret in accepted.values())


def test_credential_is_exchanged_within_bounds_and_never_of_an_ended_one(world: World) -> None:
    made, owner = service_users.create(world.aino), actor_of(world.aino)
    row = queries.for_command(service_user=made.service_user)
    too_late = clock.now() + rules.MAX_VALIDITY + DAY
    for error, wrong in (
        (InvalidInput, lambda: commands.rotate_secret(actor=owner, service_user=row, overlap_hours=2161)),
        (ExceedsAuthority, lambda: commands.rotate_secret(actor=owner, service_user=row, until=too_late)),
        (InvalidInput, lambda: commands.use_keys(actor=owner, service_user=row, jwks_uri="")),
        (
            InvalidInput,
            lambda: commands.use_keys(actor=owner, service_user=row, jwks_uri="http://erp.example/k"),
        ),
        (NotFound, lambda: commands.rotate_secret(actor=actor_of(world.tiina), service_user=row)),
    ):
        with pytest.raises(error):
            wrong()
    commands.rotate_secret(actor=owner, service_user=row, overlap_hours=24)
    commands.use_keys(actor=owner, service_user=row, jwks_uri="https://erp.example/jwks.json")
    with pytest.raises(Unchanged):
        commands.use_keys(actor=owner, service_user=row, jwks_uri="https://erp.example/jwks.json")
    found = service_tokens.find(client=str(made.service_user))
    assert found is not None
    assert (found.secret_hash, found.former_secret_hash, found.verify_secret(made.secret)) == ("", "", False)
    secret = commands.rotate_secret(actor=owner, service_user=row, overlap_hours=24).result.secret
    found = service_tokens.find(client=str(made.service_user))
    assert found is not None
    assert (found.verify_secret(secret), found.verify_secret(made.secret), found.jwks_uri) == (
        True,
        False,
        "",
    )
    commands.end(actor=owner, service_user=row)
    with pytest.raises(Unchanged):
        commands.rotate_secret(actor=owner, service_user=row)


def test_staff_create_and_renew_programs_that_they_own_alone(world: World) -> None:
    staff = Staff(world)
    maarja, juho = (staff_rights.hired(name) for name in ("Maarja Kuusk", "Juho Niemi"))
    staff.give(maarja, "account_manager", unit=staff.kivisalo)
    staff.give(juho, "operator")
    service_users.sign_in_owner(maarja)
    until = clock.now() + 30 * DAY
    new: dict[str, Any] = {"owner": maarja, "name": "CRM", "scopes": ["supplier.holds.write"], "until": until}
    with pytest.raises(Denied):
        commands.create_for_staff(actor=acting_as(juho), **new)
    made = commands.create_for_staff(actor=acting_as(maarja), **new).result
    row = queries.for_command(service_user=made.service_user)
    with pytest.raises(Denied):
        commands.rotate_secret(actor=acting_as(juho), service_user=row)
    with pytest.raises(ExceedsAuthority):
        commands.rotate_secret(actor=acting_as(maarja), service_user=row, until=until + 181 * DAY)
    second = commands.rotate_secret(actor=acting_as(maarja), service_user=row, overlap_hours=24).result.secret
    found = service_tokens.find(client=str(row.id))
    assert found is not None
    assert [found.verify_secret(one) for one in (made.secret, second, "x")] == [True, True, False]
    commands.end(actor=acting_as(juho), service_user=row, reason="Leaked")
    with pytest.raises(Unchanged):
        commands.rotate_secret(actor=acting_as(maarja), service_user=row)
    assert service_tokens.find(client=str(row.id)) is None
