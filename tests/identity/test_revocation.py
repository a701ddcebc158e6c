"""What a revocation ends and what it leaves: each condition of "the last active membership" by itself."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from audit.foundation import clock
from identity import lifecycle, revocation
from identity.grants import tokens
from identity.grants.models import TokenFamily
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from identity.revocation import Revoked
from identity.sessions.models import Session, SignIn
from tests.fixtures import grant_conditions, grants
from tests.fixtures import world as worlds
from tests.fixtures.grant_conditions import HOUR
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)


def session(who: Membership, key: str, *, expires: dt.timedelta = HOUR) -> None:
    """A browser session under this stored key."""
    now = clock.now()
    Session.objects.create(
        session_key=key,
        session_data="",
        expire_date=now + expires,
        user_id=who.user_id,
        directory="customer",
        epoch=1,
        created_at=now,
        last_seen_at=now,
    )


def epochs(who: Membership) -> tuple[int, int]:
    """The epochs of the user and of the membership."""
    return User.objects.get(id=who.user_id).epoch, Membership.objects.get(id=who.id).epoch


def revoke(*members: Membership, at: dt.datetime | None = None) -> Revoked:
    with worlds.bypassing_commands():
        return revocation.revoke_memberships(
            memberships=[member.id for member in members], at=at or clock.now()
        )


def _elsewhere(world: World) -> MembershipPeriod:
    return MembershipPeriod.objects.get(membership=world.mikko_at_pohjola)


def _period(world: World, **values: object) -> AbstractContextManager[None]:
    return grant_conditions.changed(MembershipPeriod.objects.filter(id=_elsewhere(world).id), **values)


Change = Callable[[World, dt.datetime], AbstractContextManager[None]]
ELSEWHERE: dict[str, tuple[Change, bool]] = {
    "active": (lambda _, __: nullcontext(), False),
    "active until a tick later": (lambda w, at: _period(w, valid_until=at + TICK), False),
    "active from the instant": (lambda w, at: _period(w, valid_from=at), False),
    "ended at the instant": (lambda w, at: _period(w, valid_until=at), True),
    "begins a tick later": (lambda w, at: _period(w, valid_from=at + TICK), True),
    "suspended": (lambda w, _: _period(w, state="suspended"), True),
    "of a closed organization": (
        lambda w, _: grant_conditions.changed(Organization.objects.filter(id=w.pohjola.id), status="closed"),
        True,
    ),
    "of another user": (
        lambda w, _: grant_conditions.changed(
            Membership.objects.filter(id=w.mikko_at_pohjola.id), user=w.vilma.user_id
        ),
        True,
    ),
}


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_revocation_of_a_membership_without_another_active_one_revokes_the_person(
    world: World, elsewhere: str
) -> None:
    session(world.mikko, "browser")
    session(world.olli, "other")
    grants.token_pair(world.mikko_at_pohjola)
    at = clock.now() + HOUR
    change, revokes_person = ELSEWHERE[elsewhere]
    with change(world, at):
        ended = revoke(world.mikko, at=at)
        assert epochs(world.mikko) == (2 if revokes_person else 1, 2)
    assert Session.objects.filter(session_key="browser").exists() is not revokes_person
    assert Session.objects.filter(session_key="other").exists()
    assert SignIn.objects.get().ended_at == (at if revokes_person else None)
    assert TokenFamily.objects.get().ended_at == (at if revokes_person else None)
    assert (ended.sign_ins, ended.token_families) == ((1, 1) if revokes_person else (0, 0))
    assert epochs(world.olli) == (1, 1)
    assert Membership.objects.get(id=world.mikko_at_pohjola.id).epoch == 1


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_end_of_a_sign_in_ends_the_session_of_a_person_without_another_active_membership(
    world: World, elsewhere: str
) -> None:
    for who, key in ((world.mikko, "browser"), (world.olli, "other")):
        session(who, key)
        grants.token_pair(who, session=key)
    at = clock.now() + HOUR
    change, ends_session = ELSEWHERE[elsewhere]
    with change(world, at):
        ended = revocation.revoke_sign_in(sign_in=SignIn.objects.get(membership=world.mikko), at=at)
    assert (ended.sign_ins, ended.token_families) == (1, 1)
    assert Session.objects.filter(session_key="browser").exists() is not ends_session
    assert Session.objects.filter(session_key="other").exists()
    for model in (SignIn, TokenFamily):
        assert dict(model.objects.values_list("membership_id", "ended_at")) == {
            world.mikko.id: at,
            world.olli.id: None,
        }


def test_revocation_of_all_memberships_of_a_person_revokes_the_person(world: World) -> None:
    session(world.mikko, "browser")
    revoke(world.mikko, world.mikko_at_pohjola)
    assert epochs(world.mikko) == (2, 2)
    assert epochs(world.mikko_at_pohjola) == (2, 2)
    assert not Session.objects.exists()


def test_revocation_of_a_membership_raises_its_epoch_by_one_and_ends_its_tokens(
    world: World,
) -> None:
    grants.token_pair(world.mikko)
    grants.token_pair(world.mikko_at_pohjola)
    grants.token_pair(world.olli, session="other")
    ended = revoke(world.mikko)
    assert ended == Revoked(sign_ins=1, token_families=1, sessions=0)
    for model in (SignIn, TokenFamily):
        rows = model.objects.exclude(ended_at=None)
        assert [row.membership_id for row in rows] == [world.mikko.id]
    revoke(world.mikko)
    assert epochs(world.mikko) == (1, 3)


def test_revocation_of_ended_rows_does_not_change_their_end(world: World) -> None:
    grants.token_pair(world.olli)
    first = clock.now()
    for model in (SignIn, TokenFamily):
        model.objects.update(ended_at=first)
    assert revoke(world.olli) == Revoked(sign_ins=0, token_families=0, sessions=1)
    with worlds.bypassing_commands():
        revocation.revoke_users(users=[world.olli.user_id], at=first + HOUR)
        revocation.revoke_session(user=world.olli.user_id, session_key="browser", at=first + HOUR)
    assert {SignIn.objects.get().ended_at, TokenFamily.objects.get().ended_at} == {first}


ENDINGS: dict[str, tuple[Callable[[Membership], Revoked], int]] = {
    "membership": (revoke, 1),
    "user": (lambda who: revocation.revoke_users(users=[who.user_id], at=clock.now()), 1),
    "open session": (
        lambda who: revocation.revoke_session(user=who.user_id, session_key="open", at=clock.now()),
        1,
    ),
    "expired session": (
        lambda who: revocation.revoke_session(user=who.user_id, session_key="expired", at=clock.now()),
        0,
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_revocation_deletes_expired_sessions_and_does_not_count_them(world: World, ending: str) -> None:
    session(world.olli, "open")
    session(world.olli, "expired", expires=-HOUR)
    end, count = ENDINGS[ending]
    with worlds.bypassing_commands():
        assert end(world.olli).sessions == count
    left = {"open session": ["expired"], "expired session": ["open"]}.get(ending, [])
    assert list(Session.objects.values_list("session_key", flat=True)) == left


def test_revoke_session_ends_one_browser_of_one_person(world: World) -> None:
    for who, key in ((world.mikko, "one"), (world.mikko, "two"), (world.olli, "three")):
        session(who, key)
        grants.token_pair(who, session=key)
    grants.token_pair(world.mikko_at_pohjola, session="one")
    at = clock.now()
    assert revocation.revoke_session(user=world.olli.user_id, session_key="one", at=at) == Revoked(0, 0, 0)
    assert revocation.revoke_session(user=world.mikko.user_id, session_key="one", at=at) == Revoked(2, 2, 1)
    assert sorted(Session.objects.values_list("session_key", flat=True)) == ["three", "two"]
    open_sign_ins = SignIn.objects.filter(ended_at=None)
    assert sorted(open_sign_ins.values_list("session_key", flat=True)) == ["three", "two"]
    families = TokenFamily.objects.filter(ended_at=None)
    assert sorted(families.values_list("sign_in__session_key", flat=True)) == ["three", "two"]
    assert epochs(world.mikko) == (1, 1)


def test_revoke_users_ends_sessions_and_grants_of_these_people_only(world: World) -> None:
    for who, key in ((world.mikko, "one"), (world.vilma, "two"), (world.olli, "three")):
        session(who, key)
        grants.token_pair(who, session=key)
    grants.token_pair(world.mikko_at_pohjola, session="one")
    with worlds.bypassing_commands():
        ended = revocation.revoke_users(users=[world.mikko.user_id, world.vilma.user_id], at=clock.now())
    assert ended == Revoked(sign_ins=3, token_families=3, sessions=2)
    assert [epochs(member) for member in (world.mikko, world.vilma, world.olli)] == [(2, 1), (2, 1), (1, 1)]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["three"]
    assert SignIn.objects.get(ended_at=None).membership_id == world.olli.id
    assert TokenFamily.objects.get(ended_at=None).membership_id == world.olli.id


PERIODS: dict[str, tuple[dict[str, dt.timedelta | None], dict[str, dt.timedelta | None] | None]] = {
    "open": ({"from": -HOUR, "until": None}, {"from": -HOUR, "until": HOUR * 0}),
    "ends later": ({"from": -HOUR, "until": HOUR}, {"from": -HOUR, "until": HOUR * 0}),
    "ended before": ({"from": -2 * HOUR, "until": -HOUR}, {"from": -2 * HOUR, "until": -HOUR}),
    "begins at the instant": ({"from": HOUR * 0, "until": None}, None),
    "begins later": ({"from": HOUR, "until": 2 * HOUR}, None),
}


@pytest.mark.parametrize("period", PERIODS)
def test_end_of_a_membership_ends_its_period_and_deletes_one_not_begun(world: World, period: str) -> None:
    at = clock.now()
    before, after = PERIODS[period]

    def instants(offsets: dict[str, dt.timedelta | None]) -> dict[str, dt.datetime | None]:
        return {f"valid_{name}": None if off is None else at + off for name, off in offsets.items()}

    periods = MembershipPeriod.objects.filter(membership=world.mikko)
    others = list(MembershipPeriod.objects.exclude(membership=world.mikko).order_by("id").values())
    with worlds.bypassing_commands():
        periods.update(**instants(before))
        lifecycle.end(memberships=[world.mikko.id], at=at)
    assert list(periods.values("valid_from", "valid_until")) == ([instants(after)] if after else [])
    assert list(MembershipPeriod.objects.exclude(membership=world.mikko).order_by("id").values()) == others


def test_revoke_session_keeps_the_end_of_a_family_revoked_before(world: World) -> None:
    """The client revoked its refresh token; the sign-in stayed open."""
    pair = grants.token_pair(world.mikko, session="one")
    assert tokens.revoke(token=pair.refresh, client="ordering")
    before = TokenFamily.objects.get().ended_at
    at = clock.now() + HOUR
    ended = revocation.revoke_session(user=world.mikko.user_id, session_key="one", at=at)
    assert ended == Revoked(sign_ins=1, token_families=0, sessions=0)
    assert TokenFamily.objects.get().ended_at == before
    assert SignIn.objects.get().ended_at == at
