"""Sign-ins: each statement changes its own rows and no others."""

import dataclasses
import datetime as dt

import pytest

from audit.foundation import clock
from identity.memberships.models import Membership
from identity.sessions import sign_ins
from identity.sessions.models import SignIn
from identity.sessions.sign_ins import AuthenticationContext, ProofTooOld
from tests.fixtures import bypass, grants
from tests.fixtures.grant_conditions import HOUR
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = dt.timedelta(seconds=1)


def opened_sign_in(authentication: AuthenticationContext) -> SignIn:
    return SignIn.objects.get(id=sign_ins.get_or_open(authentication=authentication, at=clock.now()))


@pytest.mark.parametrize("epochs", [(2, 1), (0, 1), (1, 2), (1, 0)])
def test_sign_in_of_another_epoch_is_ended_and_a_new_one_opened(
    world: World, epochs: tuple[int, int]
) -> None:
    authentication = grants.authentication(world.mikko)
    others = [
        opened_sign_in(grants.authentication(world.mikko, session="another browser")),
        opened_sign_in(grants.authentication(world.mikko_at_pohjola)),
        opened_sign_in(grants.authentication(world.olli, session="a colleague's browser")),
    ]
    first = opened_sign_in(authentication)
    assert opened_sign_in(authentication).id == first.id
    user_epoch, membership_epoch = epochs
    changed = dataclasses.replace(authentication, user_epoch=user_epoch, membership_epoch=membership_epoch)
    second = opened_sign_in(changed)
    assert second.id != first.id
    assert (second.user_epoch, second.membership_epoch) == epochs
    first.refresh_from_db()
    assert first.ended_at is not None
    open_sign_ins = set(SignIn.objects.filter(ended_at=None).values_list("id", flat=True))
    assert open_sign_ins == {second.id, *(sign_in.id for sign_in in others)}


def test_sign_in_that_ended_is_not_opened_again(world: World) -> None:
    authentication = grants.authentication(world.mikko)
    first = opened_sign_in(authentication)
    then = clock.now()
    SignIn.objects.update(ended_at=then)
    again = dataclasses.replace(authentication, user_epoch=2, auth_time=then + SECOND)
    second = opened_sign_in(again)
    assert second.id != first.id
    first.refresh_from_db()
    assert first.ended_at == then


def test_sign_in_after_an_ended_one_in_the_same_browser_needs_a_later_proof(world: World) -> None:
    authentication = grants.authentication(world.mikko)
    opened_sign_in(authentication)
    then = clock.now()
    SignIn.objects.update(ended_at=then)
    for proved_at in (authentication.auth_time, then):
        with pytest.raises(ProofTooOld) as refusal:
            opened_sign_in(dataclasses.replace(authentication, auth_time=proved_at))
        assert refusal.value.since == then
    others = [
        grants.authentication(world.mikko, session="another browser"),
        grants.authentication(world.mikko_at_pohjola),
    ]
    assert [opened_sign_in(other).ended_at for other in others] == [None, None]
    assert opened_sign_in(dataclasses.replace(authentication, auth_time=then + SECOND)).ended_at is None


def test_sign_in_after_a_revocation_of_the_membership_needs_a_later_proof(world: World) -> None:
    authentication = grants.authentication(world.mikko)
    then = clock.now()
    bypass.update(Membership.objects.filter(id=world.mikko.id), revoked_at=then)
    with pytest.raises(ProofTooOld):
        opened_sign_in(authentication)
    assert opened_sign_in(grants.authentication(world.mikko_at_pohjola)).ended_at is None
    assert opened_sign_in(dataclasses.replace(authentication, auth_time=then + SECOND)).ended_at is None


@pytest.mark.parametrize("last", ["revocation", "end"])
def test_sign_in_needs_a_proof_later_than_both_the_revocation_and_the_last_end(
    world: World, last: str
) -> None:
    authentication = grants.authentication(world.mikko)
    opened_sign_in(authentication)
    first, second = clock.now(), clock.now() + 2 * SECOND
    revoked_at, ended_at = (second, first) if last == "revocation" else (first, second)
    SignIn.objects.update(ended_at=ended_at)
    bypass.update(Membership.objects.filter(id=world.mikko.id), revoked_at=revoked_at)
    with pytest.raises(ProofTooOld) as refusal:
        opened_sign_in(dataclasses.replace(authentication, auth_time=first + SECOND))
    assert refusal.value.since == second


def test_sign_in_used_again_has_the_later_authentication_and_the_first_start(world: World) -> None:
    authentication = grants.authentication(world.mikko)
    first = opened_sign_in(authentication)
    later = authentication.auth_time + HOUR
    second = opened_sign_in(dataclasses.replace(authentication, auth_time=later, amr=("swk", "user", "mfa")))
    assert (second.id, second.started_at) == (first.id, first.started_at)
    assert (second.auth_time, second.amr) == (later, ["swk", "user", "mfa"])
    assert second.last_seen_at > first.last_seen_at


def test_add_client_is_new_once_for_each_client_and_sign_in(world: World) -> None:
    first, second = (
        opened_sign_in(grants.authentication(world.mikko, session=key)).id for key in ("one", "two")
    )
    uses = [
        (first, "ordering"),
        (first, "ordering"),
        (first, "crm"),
        (second, "ordering"),
        (second, "ordering"),
    ]
    assert [sign_ins.add_client(sid=sid, client=client) for sid, client in uses] == [
        True,
        False,
        True,
        True,
        False,
    ]
    assert sorted(SignIn.objects.get(id=first).clients.values_list("pk", flat=True)) == ["crm", "ordering"]
