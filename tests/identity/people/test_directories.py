"""One table of users, three directories: what the database itself refuses, and whom the customers' door finds."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from audit.foundation import clock
from identity.memberships.models import Membership
from identity.people import addresses, credentials
from identity.people.models import User
from tests.fixtures.world import World, by_hand

pytestmark = pytest.mark.django_db(transaction=True)


def made(directory: str, **fields: Any) -> User:
    with by_hand():
        user = User(directory=directory, name="Somebody Else", sort_key="s", created_at=clock.now(), **fields)
        user.save(force_insert=True)
    return user


def staff(**fields: Any) -> User:
    return made("staff", **{"password": "!", "contact": "staff@kivisalo.example", **fields})


@pytest.mark.parametrize(
    ("directory", "fields"),
    [
        ("staff", {"password": "argon2$x"}),
        ("staff", {"password": ""}),
        ("service", {"password": "argon2$x"}),
        ("staff", {"password": "!", "email": "staff@kivisalo.example"}),
        ("service", {"password": "!", "email": "x@kivisalo.example"}),
        ("customer", {"password": "!", "email": ""}),
        ("customer", {"password": "!", "email": "c@c.example", "contact": "d@d.example"}),
        ("customer", {"password": "!", "email": "c@c.example", "is_superuser": True}),
        ("customer", {"password": "!", "email": "AINO@koskela.example"}),
    ],
)
def test_no_user_has_what_another_directory_has(world: World, directory: str, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        made(directory, **fields)


def _membership(user: User, world: World) -> None:
    Membership.objects.create(organization=world.koskela, user=user, sort_key="s", created_at=clock.now())


def _staff_membership(user: User, world: World) -> None:
    Membership.objects.create(
        organization=world.koskela, user=user, directory="staff", sort_key="s", created_at=clock.now()
    )


def _address(user: User, world: World) -> None:
    EmailAddress.objects.create(user=user, email="staff@kivisalo.example", verified=True, primary=True)


def _factor(user: User, world: World) -> None:
    Authenticator.objects.create(user=user, type="totp", data={})


@pytest.mark.parametrize("give", [_membership, _staff_membership, _address, _factor])
def test_staff_get_nothing_of_a_customers(world: World, give: Callable[[User, World], None]) -> None:
    """By the foreign keys on (id, directory), at once and not at the end of the transaction."""
    user = staff()
    with transaction.atomic(), pytest.raises(IntegrityError), by_hand():
        give(user, world)


def test_nobody_changes_directory_with_a_membership(world: World) -> None:
    with pytest.raises(IntegrityError), by_hand():
        User.everyone.filter(id=world.aino.user_id).update(
            directory="staff", email="", password="!", contact="a@kivisalo.example"
        )


def test_the_customers_door_finds_customers_alone(world: World) -> None:
    user = staff()
    assert User.everyone.filter(id=user.id).exists()
    assert not User.objects.filter(id=user.id).exists()
    assert User._default_manager.model.objects.filter(contact="staff@kivisalo.example").count() == 0
    assert filter_users_by_email("staff@kivisalo.example") == []
    assert addresses.owners(addresses=["staff@kivisalo.example", ""]) == {}
    assert user not in credentials.able_to_sign_in(strong=False)


def test_whose_an_address_is(world: World) -> None:
    with by_hand():
        for email, verified in (("further@koskela.example", True), ("claimed@koskela.example", False)):
            EmailAddress.objects.create(user=world.mikko.user, email=email, verified=verified)
    wanted = ["further@koskela.example", "claimed@koskela.example", world.aino.user.email, "no@body.example"]
    found = addresses.owners(addresses=wanted)
    assert found == {"further@koskela.example": world.mikko.user, world.aino.user.email: world.aino.user}
