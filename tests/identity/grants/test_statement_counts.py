"""How many statements: literal, so that a further one is seen."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.clients import queries as clients_queries
from identity.grants import codes, retries, tokens
from tests.fixtures import grants
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_operation_on_a_grant_is_one_statement(world: World) -> None:
    code = grants.code(world.mikko)
    counts = {}
    with CaptureQueriesContext(connection) as captured:
        redeemed = grants.redeem(code)
        counts["redeem"] = len(captured)
    assert redeemed is not None
    pair = redeemed[1]
    calls: dict[str, Callable[[], object]] = {
        "check": lambda: tokens.check(token=pair.access),
        "check_refresh": lambda: tokens.check_refresh(token=pair.refresh),
        "refresh": lambda: tokens.refresh(token=pair.refresh, client="ordering", scopes=[]),
        "retry": lambda: retries.answer(token=pair.refresh, client="ordering", scopes=[]),
        "revoke": lambda: tokens.revoke(token=pair.access, client="ordering"),
        "find a client": lambda: clients_queries.find(client="ordering"),
        "not replayed": lambda: codes.revoke_if_replayed(
            code="khc_none", client="ordering", verb="token.replayed"
        ),
    }
    for name, call in calls.items():
        with CaptureQueriesContext(connection) as captured:
            call()
            counts[name] = len(captured)
    assert counts == dict.fromkeys(counts, 1)
