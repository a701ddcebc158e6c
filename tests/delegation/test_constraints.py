"""Constraints of the database that no command can reach: they hold against SQL alone."""

import pytest
from django.db import IntegrityError, connection

from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE delegation_role SET key = 'viewer' WHERE key = 'orderer'", "delegation_role_key"),
        (
            "UPDATE delegation_entitlement SET key = (SELECT min(key) FROM delegation_entitlement)",
            "delegation_entitlement_key",
        ),
    ],
)
def test_two_rows_of_one_key_are_refused(world: World, statement: str, constraint: str) -> None:
    with (
        pytest.raises(IntegrityError, match=f'unique constraint "{constraint}'),
        bypassing_commands(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
