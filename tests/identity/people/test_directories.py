"""One table of users with three directories: rows that the database refuses, and users that sign-in can find."""

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
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


def create_user(directory: str, **fields: Any) -> User:
    with bypassing_commands():
        user = User(
            directory=directory, name="Sanna Salminen", sort_key="s", created_at=clock.now(), **fields
        )
        user.save(force_insert=True)
    return user


def staff(**fields: Any) -> User:
    return create_user("staff", **{"password": "!", "contact": "staff@kivisalo.example", **fields})


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
def test_user_with_credentials_of_another_directory_is_refused(
    world: World, directory: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        create_user(directory, **fields)


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


@pytest.mark.parametrize("create", [_membership, _staff_membership, _address, _factor])
def test_staff_user_with_a_customer_s_membership_address_or_factor_is_refused(
    world: World, create: Callable[[User, World], None]
) -> None:
    """Refused by the foreign keys on (id, directory), by the statement and not at the commit."""
    user = staff()
    with transaction.atomic(), pytest.raises(IntegrityError), bypassing_commands():
        create(user, world)


def test_directory_of_a_user_with_a_membership_cannot_change(world: World) -> None:
    with pytest.raises(IntegrityError), bypassing_commands():
        User.all_directories.filter(id=world.aino.user_id).update(
            directory="staff", email="", password="!", contact="a@kivisalo.example"
        )


def test_customer_manager_with_a_staff_user_finds_customers_only(world: World) -> None:
    user = staff()
    assert User.all_directories.filter(id=user.id).exists()
    assert not User.objects.filter(id=user.id).exists()
    assert User._default_manager.model.objects.filter(contact="staff@kivisalo.example").count() == 0
    assert filter_users_by_email("staff@kivisalo.example") == []
    assert addresses.owners(addresses=["staff@kivisalo.example", ""]) == {}
    assert user not in credentials.able_to_sign_in(strong=False)


def test_owners_of_addresses_are_those_of_primary_and_verified_ones(world: World) -> None:
    with bypassing_commands():
        for email, verified in (("further@koskela.example", True), ("claimed@koskela.example", False)):
            EmailAddress.objects.create(user=world.mikko.user, email=email, verified=verified)
    emails = ["further@koskela.example", "claimed@koskela.example", world.aino.user.email, "no@body.example"]
    assert addresses.owners(addresses=emails) == {
        "further@koskela.example": world.mikko.user,
        world.aino.user.email: world.aino.user,
    }
