"""A working admin cannot remove the last factor; two admins cannot remove theirs at the same time."""

import threading
from contextlib import suppress

import pytest
from allauth.mfa.models import Authenticator

from audit.foundation import clock
from audit.log import observations
from audit.log.ledger import Subject
from delegation.authorization import admin_queries
from delegation.authorization.event_types import Observation
from identity.memberships.models import Membership
from identity.people.models import User
from portal.signin.customers import factors
from tests.fixtures import concurrency
from tests.fixtures.world import World, actor_of, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def with_passkey_alone(who: Membership) -> Authenticator:
    """A passkey that is both factors, an app, and no password: the app alone gives no sign-in."""
    data = {"credential": {"clientExtensionResults": {"credProps": {"rk": True}}}, "name": "Key"}
    with bypassing_commands():
        User.objects.filter(id=who.user_id).update(password="!")
        return Authenticator.objects.create(user=who.user, type=Authenticator.Type.WEBAUTHN, data=data)


def may_go(one: Authenticator) -> bool:
    return factors.MFAAdapter().can_delete_authenticator(one)


def test_only_admin_cannot_remove_the_last_factor(world: World) -> None:
    key = with_passkey_alone(world.tiina)
    app = Authenticator.objects.get(user=world.tiina.user, type=Authenticator.Type.TOTP)
    assert may_go(app)
    assert not may_go(key)
    with bypassing_commands():
        User.objects.filter(id=world.tiina.user_id).update(password=world.aino.user.password)
    assert may_go(key)


def test_second_of_two_admins_cannot_remove_the_last_factor(world: World) -> None:
    mine, theirs = with_passkey_alone(world.aino), with_passkey_alone(world.paivi)
    assert may_go(mine)
    assert may_go(theirs)
    with bypassing_commands():
        mine.delete()
    assert not may_go(theirs)


def test_last_factor_check_covers_every_administered_organization(world: World) -> None:
    world.change(world.mikko, world.access("organization_admin"))
    world.change(world.mikko_at_pohjola, world.access("organization_admin"), by=world.tiina)
    key = with_passkey_alone(world.mikko)
    assert may_go(key)
    with bypassing_commands():
        User.objects.filter(id=world.tiina.user_id).update(mail_bounced_at=clock.now())
    assert not may_go(key)


def test_concurrent_factor_removals_of_two_admins_leave_one_factor(world: World) -> None:
    keys = [with_passkey_alone(world.aino), with_passkey_alone(world.paivi)]
    asked = threading.Barrier(2, timeout=1)

    def remove(key: Authenticator, who: Membership) -> None:
        with observations.recording(actor=actor_of(who)) as batch:
            if may_go(key):
                batch.add(
                    Observation.FACTOR_REMOVED,
                    subject=Subject("user", who.user_id),
                    chain=who.user_id,
                    facts={"factor": "webauthn"},
                )
                with suppress(threading.BrokenBarrierError):
                    asked.wait()
                key.delete()

    concurrency.run_concurrently(lambda: remove(keys[0], world.aino), lambda: remove(keys[1], world.paivi))
    left = admin_queries.working_admins(organization=world.koskela.id, at=clock.now())
    assert left.count() == 1
