"""Each condition of a valid grant by itself: changed, no operation answers; changed back, every operation does."""

from collections.abc import Callable, Mapping

import pytest
from allauth.account.models import EmailAddress

from audit.foundation import clock, ids
from identity.clients import queries as clients_queries
from identity.clients.models import Application, Client
from identity.grants import introspection, tokens
from identity.grants.models import AccessToken, RefreshToken, TokenFamily
from identity.grants.tokens import TokenPair
from identity.grants.validity import GrantContext
from identity.organizations.models import BusinessUnit, CustomerNumber
from identity.sessions.models import SignIn
from tests.fixtures import grant_conditions, grants
from tests.fixtures import world as worlds
from tests.fixtures.grant_conditions import HOUR, Change
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ACCESS = {"access token checked", "access token introspected"}
REFRESH = {"refresh token checked", "refresh token introspected", "refresh token used"}
CODE = {"code redeemed"}
ALL = ACCESS | REFRESH | CODE


def answering_operations(code: str, pair: TokenPair) -> set[str]:
    """Names of the operations that give an answer. Those that use up their token or code come last."""
    operations: Mapping[str, Callable[[], object]] = {
        "access token checked": lambda: tokens.check(token=pair.access),
        "access token introspected": lambda: introspection.introspect(client="ordering", token=pair.access)[
            1
        ],
        "refresh token checked": lambda: tokens.check_refresh(token=pair.refresh),
        "refresh token introspected": lambda: introspection.introspect(client="ordering", token=pair.refresh)[
            1
        ],
        "refresh token used": lambda: tokens.refresh(token=pair.refresh, client="ordering", scopes=[]),
        "code redeemed": lambda: grants.redeem(code),
    }
    return {name for name, operation in operations.items() if operation() is not None}


OF_ONE_KIND: dict[str, tuple[Change, set[str]]] = {
    "family ended": (
        lambda w: grant_conditions.changed(grant_conditions.family(w), ended_at=clock.now()),
        ACCESS | REFRESH,
    ),
    "family expires now": (
        lambda w: grant_conditions.changed(grant_conditions.family(w), expires_at=clock.now()),
        ACCESS | REFRESH,
    ),
    "access token expires now": (
        lambda w: grant_conditions.changed(
            AccessToken.objects.filter(family__membership=w.mikko.id), expires_at=clock.now()
        ),
        ACCESS,
    ),
    "refresh token used": (
        lambda w: grant_conditions.changed(
            RefreshToken.objects.filter(family__membership=w.mikko.id), used_at=clock.now()
        ),
        REFRESH,
    ),
    "code expires now": (
        lambda w: grant_conditions.changed(grant_conditions.code(w), expires_at=clock.now()),
        CODE,
    ),
    "code used": (lambda w: grant_conditions.changed(grant_conditions.code(w), used_at=clock.now()), CODE),
    "code of another client": (
        lambda w: grant_conditions.changed(grant_conditions.code(w), client="crm"),
        CODE,
    ),
    "code for another address": (
        lambda w: grant_conditions.changed(grant_conditions.code(w), redirect_uri="x"),
        CODE,
    ),
    "code for another verifier": (
        lambda w: grant_conditions.changed(grant_conditions.code(w), code_challenge="x"),
        CODE,
    ),
}
TABLE = {name: (change, ALL) for name, change in grant_conditions.SHARED.items()} | OF_ONE_KIND


@pytest.mark.parametrize("condition", TABLE)
def test_grant_with_one_condition_changed_is_invalid(world: World, condition: str) -> None:
    """Other members' grants are valid, so that none of their rows may be taken instead."""
    grants.token_pair(world.vilma, session="of Vilma")
    grants.token_pair(world.mikko_at_pohjola, session="of Mikko elsewhere")
    pair, code = grants.token_pair(world.mikko), grants.code(world.mikko)
    change, stopped = TABLE[condition]
    with change(world):
        assert answering_operations(code, pair) == ALL - stopped
    if stopped == ALL:
        assert answering_operations(code, pair) == ALL


@pytest.mark.parametrize("condition", OF_ONE_KIND)
def test_grant_with_its_own_condition_changed_back_is_valid(world: World, condition: str) -> None:
    pair, code = grants.token_pair(world.mikko), grants.code(world.mikko)
    with OF_ONE_KIND[condition][0](world):
        pass
    assert answering_operations(code, pair) == ALL


PERSONAL = [
    name for name in grant_conditions.SHARED if not name.startswith(("organization", "client", "application"))
]


@pytest.mark.parametrize("condition", [*PERSONAL, "user not active"])
def test_grant_of_another_member_with_a_foreign_condition_changed_is_valid(
    world: World, condition: str
) -> None:
    grants.token_pair(world.mikko)
    pair, code = grants.token_pair(world.olli, session="other"), grants.code(world.olli, session="other")
    with grant_conditions.SHARED[condition](world):
        assert answering_operations(code, pair) == ALL


def test_grant_of_the_same_person_s_other_membership_is_valid(world: World) -> None:
    pair, code = grants.token_pair(world.mikko_at_pohjola), grants.code(world.mikko_at_pohjola)
    grants.token_pair(world.mikko)
    for name in PERSONAL:
        if not name.startswith("user"):
            with grant_conditions.SHARED[name](world):
                assert tokens.check(token=pair.access) is not None, name
    assert answering_operations(code, pair) == ALL


def test_grant_that_ends_later_is_valid(world: World) -> None:
    pair, code = grants.token_pair(world.mikko), grants.code(world.mikko)
    later = clock.now() + HOUR
    with (
        grant_conditions.changed(grant_conditions.period(world), valid_until=later),
        grant_conditions.changed(grant_conditions.family(world), expires_at=later),
        grant_conditions.changed(grant_conditions.code(world), expires_at=later),
    ):
        assert answering_operations(code, pair) == ALL


def _grant(pair: TokenPair) -> GrantContext:
    checked = tokens.check(token=pair.access)
    assert checked is not None
    return checked.grant


def test_email_without_the_person_s_own_verified_address_is_not_verified(world: World) -> None:
    pair, own_address = grants.token_pair(world.mikko), EmailAddress.objects.filter(user=world.mikko.user_id)
    assert _grant(pair).email_verified
    with grant_conditions.changed(own_address, verified=False):
        assert not _grant(pair).email_verified
    with grant_conditions.changed(own_address, email="other@koskela.example"):
        assert not _grant(pair).email_verified
    with grant_conditions.changed(own_address, user=world.stina.user_id, primary=False):
        assert not _grant(pair).email_verified
    with grant_conditions.changed(own_address, email="MIKKO@koskela.example"):
        assert _grant(pair).email_verified


def test_customer_number_of_a_grant_is_that_of_the_application_s_unit(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    with worlds.bypassing_commands():
        other = BusinessUnit.objects.create(id=ids.uuid7(), key="other", name="Other")
        CustomerNumber.objects.create(organization=world.koskela, unit=other, number="X-1")
    assert _grant(pair).customer_number == "K-koskela"
    with grant_conditions.changed(Application.objects.filter(key="ordering"), unit=other):
        assert _grant(pair).customer_number == "X-1"
    numbers = CustomerNumber.objects.filter(organization=world.koskela, number="K-koskela")
    with grant_conditions.changed(numbers, organization=world.pohjola.id, unit=other):
        assert _grant(pair).customer_number == ""


def test_grant_after_a_later_authentication_has_its_own(world: World) -> None:
    proved_at = clock.now() - HOUR
    code = grants.code(world.mikko, before=grants.authentication(world.mikko, at=proved_at))
    with grant_conditions.changed(grant_conditions.sign_in(world), auth_time=clock.now(), amr=["pwd"]):
        redeemed = grants.redeem(code)
        assert redeemed is not None
        refreshed = tokens.refresh(token=redeemed[1].refresh, client="ordering", scopes=[])
        assert refreshed is not None
        for grant in (redeemed[0], _grant(redeemed[1]), refreshed[0]):
            assert (grant.auth_time, grant.amr) == (proved_at, ["pwd", "otp", "mfa"])
    family = TokenFamily.objects.get()
    assert (family.auth_time, family.nonce) == (proved_at, "n-1")


def test_access_token_has_the_grant_of_its_own_family(world: World) -> None:
    mikko, olli = grants.token_pair(world.mikko), grants.token_pair(world.olli, session="other")
    assert [_grant(pair).membership for pair in (mikko, olli)] == [world.mikko.id, world.olli.id]
    for pair, who in ((mikko, world.mikko), (olli, world.olli)):
        checked = tokens.check_refresh(token=pair.refresh)
        assert checked is not None
        assert checked.grant.membership == who.id
        sid = SignIn.objects.get(membership=who.id).id
        assert (checked.grant.sid, _grant(pair).sid) == (sid, sid)


def test_refresh_by_another_client_does_not_use_the_token_up(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    with grant_conditions.changed(grant_conditions.family(world), client="crm"):
        assert tokens.refresh(token=pair.refresh, client="ordering", scopes=[]) is None
    assert tokens.refresh(token=pair.refresh, client="ordering", scopes=[]) is not None


@pytest.mark.parametrize(
    ("grant_types", "has_refresh"),
    [
        ("authorization_code\nrefresh_token", True),
        ("refresh_token", True),
        ("authorization_code", False),
        ("authorization_code\nrefresh_tokens", False),
        ("", False),
    ],
)
def test_refresh_token_for_a_client_without_exactly_that_grant_type_is_not_issued(
    world: World,
    grant_types: str,
    has_refresh: bool,  # noqa: FBT001
) -> None:
    protocol = type(Client.objects.get(protocol="ordering").protocol).objects.filter(id="ordering")
    with grant_conditions.changed(protocol, grant_types=grant_types):
        assert bool(grants.token_pair(world.mikko).refresh) is has_refresh


CLIENT: dict[str, Change] = {
    "client not active": grant_conditions.SHARED["client not active"],
    "application not active": grant_conditions.SHARED["application not active"],
}


@pytest.mark.parametrize("condition", CLIENT)
def test_client_with_one_condition_changed_is_unknown_and_others_are_known(
    world: World, condition: str
) -> None:
    pair = grants.token_pair(world.mikko)
    with CLIENT[condition](world):
        assert clients_queries.find(client="ordering") is None
        assert clients_queries.find(client="crm") is not None
        assert introspection.introspect(client="ordering", token=pair.access) == (None, None)
        assert introspection.introspect(client="crm", token=pair.access)[1] is None
    client, token_found = introspection.introspect(client="ordering", token=pair.access)
    assert (client and client.id, token_found and token_found.grant.client) == ("ordering", "ordering")
    assert clients_queries.find(client="nobody") is None


def test_introspection_of_an_unknown_token_returns_the_client_only(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    for token in ("", "kha_unknown", "khr_unknown"):
        client, token_found = introspection.introspect(client="crm", token=token)
        assert (client and client.id, token_found) == ("crm", None)
    assert introspection.introspect(client="nobody", token=pair.access) == (None, None)


def test_client_has_the_type_secret_and_consent_of_its_row(world: World) -> None:
    protocol = type(Client.objects.get(protocol="ordering").protocol).objects.filter(id="ordering")
    client = clients_queries.find(client="ordering")
    assert client is not None
    assert (client.confidential, client.asks_consent) == (True, False)
    assert client.verify_secret(world.secrets["ordering"])
    assert not client.verify_secret(world.secrets["crm"])
    assert not client.verify_secret("")
    for values, expected in (({"type": "public"}, (False, False)), ({"skip_consent": False}, (True, True))):
        with grant_conditions.changed(protocol, **values):
            other = clients_queries.find(client="ordering")
            assert other is not None
            assert (other.confidential, other.asks_consent) == expected
    with grant_conditions.changed(protocol, secret=""):
        other = clients_queries.find(client="ordering")
        assert other is not None
        assert not other.verify_secret("")
        assert not other.verify_secret(world.secrets["ordering"])
