"""The last activity of members: absent for one who never signed in, and for one who did so elsewhere."""

import datetime as dt

import pytest

from audit.foundation import clock
from delegation.people import sessions
from identity.memberships.models import Membership, MembershipPeriod
from identity.people.models import User
from identity.sessions.models import Session
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


def _last_seen(member: Membership) -> sessions.LastSeen | None:
    return sessions.last_seen(memberships=[member.id], at=clock.now()).get(member.id)


def _set_period(member: Membership, *, ago: dt.timedelta, until: dt.timedelta | None = None) -> None:
    at = clock.now()
    ends = None if until is None else at - until
    MembershipPeriod.objects.filter(membership=member).update(valid_from=at - ago, valid_until=ends)


def _set_last_login(member: Membership, *, ago: dt.timedelta) -> dt.datetime:
    at = clock.now() - ago
    User.objects.filter(id=member.user_id).update(last_login=at)
    return at


def test_member_after_sign_out_was_last_seen_at_the_sign_in(world: World) -> None:
    assert _last_seen(world.olli) is None
    browser = BrowserClient().sign_in(world.olli.user)
    browser.logout()
    assert not Session.objects.filter(user=world.olli.user).exists()
    world.olli.user.refresh_from_db()
    last_seen = _last_seen(world.olli)
    assert last_seen is not None
    assert last_seen.at == world.olli.user.last_login is not None


def test_sign_in_during_two_memberships_looks_like_none(world: World) -> None:
    here, there = world.mikko, world.mikko_at_pohjola
    with bypassing_commands():
        for member in (here, there):
            _set_period(member, ago=3 * HOUR)
        _set_last_login(here, ago=2 * HOUR)
    assert [_last_seen(member) for member in (here, there)] == [None, None]


def test_earlier_membership_elsewhere_does_not_hide_a_later_sign_in(world: World) -> None:
    here, there = world.mikko, world.mikko_at_pohjola
    with bypassing_commands():
        _set_period(here, ago=5 * HOUR)
        _set_period(there, ago=4 * HOUR, until=3 * HOUR)
        at = _set_last_login(here, ago=2 * HOUR)
    assert [_last_seen(member) for member in (here, there)] == [
        sessions.LastSeen(at),
        None,
    ]


def test_former_member_was_last_seen_at_the_sign_in_before_the_removal(world: World) -> None:
    with bypassing_commands():
        _set_period(world.olli, ago=3 * HOUR)
        at = _set_last_login(world.olli, ago=2 * HOUR)
    world.remove(world.olli)
    assert _last_seen(world.olli) == sessions.LastSeen(at)


def test_person_of_two_organizations_was_last_seen_where_a_page_was_opened(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    browser.get("/o/koskela/me")
    at = Session.objects.get(user=world.mikko.user).created_at
    assert _last_seen(world.mikko) == sessions.LastSeen(at)
    assert _last_seen(world.mikko_at_pohjola) is None


def test_sign_in_after_the_end_of_the_membership_is_not_shown(world: World) -> None:
    with bypassing_commands():
        _set_period(world.olli, ago=4 * HOUR, until=2 * HOUR)
        _set_last_login(world.olli, ago=1 * HOUR)
        assert _last_seen(world.olli) is None
        at = _set_last_login(world.olli, ago=3 * HOUR)
    assert _last_seen(world.olli) == sessions.LastSeen(at)
