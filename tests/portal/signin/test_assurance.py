"""The assurance of a session and the required assurance: each condition by itself."""

from typing import Any

import hypothesis
import pytest
from allauth.account.internal import userkit
from allauth.account.internal.flows import login
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import strategies

from audit.foundation import clock
from delegation.authorization.models.assignments import Assignment
from identity.memberships.models import Membership
from identity.people import credentials
from identity.people.models import User
from portal.signin import proofs
from portal.signin.customers import adapter as customers_adapter
from portal.signin.customers import assurance, demands, gate
from portal.signin.customers.assurance import Demand
from tests.fixtures import grant_conditions
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

Record = dict[str, Any]
PASSWORD: Record = {"method": "password"}
TOTP: Record = {"method": "mfa", "type": "totp"}
CODES: Record = {"method": "mfa", "type": "recovery_codes"}
KEY: Record = {"method": "mfa", "type": "webauthn"}
PASSKEY: Record = {**KEY, "passwordless": True}
UNKNOWN: Record = {"method": "socialaccount", "provider": "x"}


def request_of(
    user: User | AnonymousUser,
    records: list[Record],
    *,
    ago: float = 0,
    exact: list[Record] | None = None,
) -> Any:
    """A request in a session with these proofs, the last one made last, a millisecond apart; or with `exact` ones."""
    request = RequestFactory().get("/")
    now = clock.wall().timestamp() - ago
    request.session = SessionBase()
    request.session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "at": now - (len(records) - place) / 1000} for place, record in enumerate(records)
    ]
    if exact is not None:
        request.session[login.AUTHENTICATION_METHODS_SESSION_KEY] = exact
    if isinstance(user, User):
        request.session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = userkit.user_id_to_str(user)
    request.user = user
    return request


AMR: dict[str, tuple[list[Record], list[str]]] = {
    "nothing": ([], []),
    "password": ([PASSWORD], ["pwd"]),
    "password and app": ([PASSWORD, TOTP], ["pwd", "otp", "mfa"]),
    "password and recovery code": ([PASSWORD, CODES], ["pwd", "otp", "mfa"]),
    "password and key": ([PASSWORD, KEY], ["pwd", "swk", "mfa"]),
    "passkey": ([PASSKEY], ["swk", "user", "mfa"]),
    "hardware passkey": ([{**PASSKEY, "amr": "hwk"}], ["hwk", "user", "mfa"]),
    "app alone": ([TOTP], ["otp"]),
    "key alone": ([KEY], ["swk"]),
    "app and key": ([TOTP, KEY], ["swk"]),
    "password twice": ([PASSWORD, PASSWORD], ["pwd"]),
    "unknown method": ([UNKNOWN], []),
    "password and unknown method": ([PASSWORD, UNKNOWN], ["pwd"]),
    "unknown kind of factor": ([{"method": "mfa", "type": "other"}], []),
}


@pytest.mark.parametrize("what", AMR)
def test_authentication_lists_methods_and_mfa_only_for_two_factors(world: World, what: str) -> None:
    records, expected = AMR[what]
    proof = proofs.strongest(request_of(world.mikko.user, records))
    assert list(proof.amr) == expected
    assert proof.is_full is ("mfa" in expected)
    if not expected:
        assert proof == proofs.NOTHING


def test_authentication_without_sign_in_or_of_another_person_is_empty(world: World) -> None:
    assert proofs.strongest(request_of(AnonymousUser(), [PASSWORD, TOTP])) == proofs.NOTHING
    request = request_of(world.mikko.user, [PASSWORD, TOTP])
    request.user = world.olli.user
    assert proofs.strongest(request) == proofs.NOTHING


VALUES = {"pwd": PASSWORD, "otp": TOTP, "swk": KEY, "user": PASSKEY}


@hypothesis.given(
    steps=strategies.lists(
        strategies.tuples(strategies.sampled_from([*VALUES, "unknown"]), strategies.integers(0, 3)),
        max_size=7,
    )
)
@hypothesis.settings(
    max_examples=300,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_instant_and_methods_are_of_one_and_the_same_proof(
    world: World, steps: list[tuple[str, int]]
) -> None:
    """Whatever the person proved in whatever order: each method of `amr` was proved at `auth_time` or later."""
    at, records, proved = 1_000_000, [], []
    for name, seconds in steps:
        at += seconds
        records.append({**VALUES.get(name, UNKNOWN), "at": at})
        if name in VALUES:
            proved.append((at, name))
    request = request_of(world.mikko.user, [], exact=records)
    proof = proofs.strongest(request)
    instants = {
        instant
        for instant, _ in proved
        if {"pwd"} < {name for later, name in proved if later >= instant}
        or "user" in {name for later, name in proved if later >= instant}
    }
    if not instants:
        last = [("swk" if name == "user" else name) for _, name in proved][-1:]
        assert (list(proof.amr), proof.is_full) == (last, False)
        return
    assert proof.is_full
    assert proof.at.timestamp() == max(instants), "the newest instant since when two factors were proved"
    since = {name for instant, name in proved if instant >= proof.at.timestamp()}
    assert set(proof.amr) - {"mfa"} <= since | ({"swk"} if "user" in since else set())
    assert "user" in proof.amr or {"pwd"} < set(proof.amr) - {"mfa"}


WEAK, STRONG = "viewer", "organization_admin"


def _give(world: World, who: Membership, role: str) -> None:
    """One more assignment, a copy of another member's."""
    source = {WEAK: world.vilma, STRONG: world.aino}[role]
    copy = _assignment(source, role).get()
    copy.pk, copy.membership_id = None, who.id
    copy.id = Assignment._meta.pk.get_default()
    with worlds.bypassing_commands():
        copy.save(force_insert=True)


def _assignment(who: Membership, role: str) -> QuerySet[Assignment]:
    return Assignment.objects.filter(membership=who.id, role__key=role)


def step(who: Membership, *records: Record, demand: Demand = demands.ACCESS, ago: float = 0) -> str:
    """What the person must do first, in a session with these proofs."""
    request = request_of(User.objects.get(id=who.user_id), list(records), ago=ago)
    return str(assurance.assess(request, demand).step)


def without_factor(*people: Membership) -> None:
    with worlds.bypassing_commands():
        Authenticator.objects.filter(user__in=[who.user_id for who in people]).delete()


@pytest.mark.parametrize(
    ("records", "weak", "strong"),
    [
        ([], "sign_in", "sign_in"),
        ([UNKNOWN], "sign_in", "sign_in"),
        ([PASSWORD], "none", "add_factor"),
        ([PASSWORD, TOTP], "none", "none"),
        ([PASSKEY], "none", "none"),
    ],
)
def test_person_without_a_factor_needs_one_by_role(
    world: World, records: list[Record], weak: str, strong: str
) -> None:
    without_factor(world.vilma, world.aino)
    assert (step(world.vilma, *records), step(world.aino, *records)) == (weak, strong)
    for demand in (demands.OWN_SIGN_IN, demands.OWN_FACTORS):
        assert step(world.aino, *records, demand=demand) == ("none" if strong == "add_factor" else strong)


@pytest.mark.parametrize("demand", [demands.ACCESS, demands.OWN_SIGN_IN, demands.OWN_FACTORS])
@pytest.mark.parametrize("records", [[PASSWORD], [TOTP], [KEY], [CODES], [TOTP, KEY], [PASSWORD, PASSWORD]])
def test_person_with_a_factor_needs_both_for_every_role_and_page(
    world: World, records: list[Record], demand: Demand
) -> None:
    assert (step(world.vilma, *records, demand=demand), step(world.aino, *records, demand=demand)) == (
        "sign_in",
        "sign_in",
    )


@pytest.mark.parametrize("demand", [demands.ACCESS, demands.OWN_SIGN_IN, demands.OWN_FACTORS])
def test_session_older_than_the_role_that_requires_a_factor_signs_in_again(
    world: World, demand: Demand
) -> None:
    """Otherwise a stolen session of a viewer adds the thief's factor when the viewer becomes an admin."""
    without_factor(world.vilma)
    assert step(world.vilma, PASSWORD) == "none"
    request = request_of(User.objects.get(id=world.vilma.user_id), [PASSWORD])
    world.change(world.vilma, world.access("organization_admin"))
    assert assurance.assess(request, demand).step == "sign_in"
    assert step(world.vilma, PASSWORD) == "add_factor"


def test_password_is_not_enough_for_one_weak_and_one_strong_role(world: World) -> None:
    without_factor(world.vilma, world.aino)
    for first, second in ((world.vilma, STRONG), (world.aino, WEAK)):
        _give(world, first, second)
        assert step(first, PASSWORD) == "add_factor"
        strong = _assignment(first, STRONG)
        with grant_conditions.changed(strong, valid_until=clock.now()):
            assert step(first, PASSWORD) == "none"
        with grant_conditions.changed(strong, valid_from=clock.now() + grant_conditions.HOUR):
            assert step(first, PASSWORD) == "none"
        assert step(first, PASSWORD) == "add_factor"
        assert step(first, PASSWORD, TOTP) == "none"


def test_password_is_not_enough_when_another_organization_demands_more(world: World) -> None:
    """The session is the person's: it is as strong as their most demanding role anywhere."""
    without_factor(world.mikko)
    _give(world, world.mikko_at_pohjola, STRONG)
    with worlds.bypassing_commands():
        Assignment.objects.filter(membership=world.mikko.id).delete()
    assert step(world.mikko, PASSWORD) == "add_factor"
    with grant_conditions.changed(_assignment(world.mikko_at_pohjola, STRONG), membership=world.olli.id):
        assert step(world.mikko, PASSWORD) == "none"


@pytest.mark.parametrize(("has_factor", "clocks"), [(True, 1), (False, 2)])
def test_page_that_asks_for_a_new_proof_takes_the_listed_statements(
    world: World,
    has_factor: bool,  # noqa: FBT001
    clocks: int,
) -> None:
    """The factors are looked up for the decision, and for the page that comes next.

    The second reading of the clock is for the role that may require a factor; a request that passed the middleware has
    an instant for it.
    """
    if not has_factor:
        without_factor(world.vilma)
    records = [PASSWORD, TOTP] if has_factor else [PASSWORD]
    request = request_of(User.objects.get(id=world.vilma.user_id), records, ago=3 * 3600)
    with CaptureQueriesContext(connection) as statements:
        led = gate.require(request, demands.OWN_FACTORS)
    assert led is not None
    assert led.headers["Location"] == reverse("account_reauthenticate")
    texts = [statement["sql"] for statement in statements]
    assert sum(text.startswith("SELECT clock_timestamp()") for text in texts) == clocks
    assert sum("mfa_authenticator" in text for text in texts) == 2


QUARTER = 15 * 60


@pytest.mark.parametrize(
    ("ago", "expected"), [(0, "none"), (-60, "confirm"), (QUARTER - 5, "none"), (QUARTER + 5, "confirm")]
)
def test_own_factors_need_a_proof_of_the_last_quarter_of_an_hour(
    world: World, ago: float, expected: str
) -> None:
    assert step(world.mikko, PASSWORD, TOTP, demand=demands.OWN_FACTORS, ago=ago) == expected
    assert step(world.mikko, PASSKEY, demand=demands.OWN_FACTORS, ago=ago) == expected
    assert step(world.mikko, PASSWORD, TOTP, ago=ago) == "none"
    without_factor(world.vilma)
    assert step(world.vilma, PASSWORD, demand=demands.OWN_FACTORS, ago=ago) == expected


@pytest.mark.parametrize("again", [PASSWORD, TOTP, CODES, KEY])
def test_one_factor_proved_again_is_no_new_proof_of_two(world: World, again: Record) -> None:
    at = clock.wall().timestamp()
    old = [{**PASSWORD, "at": at - 3000}, {**TOTP, "at": at - 3000}]
    request = request_of(world.mikko.user, [], exact=[*old, {**again, "at": at - 1}])
    assert assurance.assess(request, demands.OWN_FACTORS).step == "confirm"
    with context.request_context(request):
        assert customers_adapter.AccountAdapter().is_reauthentication_required(app="mfa")
    other = PASSWORD if again is not PASSWORD else TOTP
    request = request_of(world.mikko.user, [], exact=[*old, {**again, "at": at - 2}, {**other, "at": at - 1}])
    assert assurance.assess(request, demands.OWN_FACTORS).step == "none"
    with context.request_context(request):
        assert not customers_adapter.AccountAdapter().is_reauthentication_required(app="mfa")


def test_reauthentication_is_required_without_sign_in_or_records(world: World) -> None:
    for request in (request_of(world.mikko.user, []), request_of(AnonymousUser(), [PASSWORD]), None):
        with context.request_context(request):
            assert customers_adapter.AccountAdapter().is_reauthentication_required(app="mfa")


def _resident() -> dict[str, Any]:
    return {"credential": {"clientExtensionResults": {"credProps": {"rk": True}}}, "name": "Key"}


KEY_ON_TOKEN = {"credential": {"clientExtensionResults": {"credProps": {"rk": False}}}, "name": "Key"}
SIGN_IN_METHODS: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, Any]]], tuple[bool, bool]]] = {
    "password and app": ({}, [("totp", {})], (True, True)),
    "password alone": ({}, [], (True, False)),
    "password and key": ({}, [("webauthn", KEY_ON_TOKEN)], (True, True)),
    "password and recovery codes": ({}, [("recovery_codes", {})], (True, False)),
    "passkey alone": ({"password": "!"}, [("webauthn", _resident())], (True, True)),
    "key alone": ({"password": "!"}, [("webauthn", KEY_ON_TOKEN)], (False, False)),
    "app alone": ({"password": "!x"}, [("totp", {})], (False, False)),
    "empty password and app": ({"password": ""}, [("totp", {})], (False, False)),
    "blocked": ({"is_active": False}, [("totp", {}), ("webauthn", _resident())], (False, False)),
    "mail bounced": ({"mail_bounced_at": True}, [("totp", {}), ("webauthn", _resident())], (False, False)),
}


@pytest.mark.parametrize("case", SIGN_IN_METHODS)
def test_person_with_these_sign_in_methods_is_able_to_sign_in_or_not(world: World, case: str) -> None:
    values, methods, expected = SIGN_IN_METHODS[case]
    user = User.objects.filter(id=world.mikko.user_id)
    if values.get("mail_bounced_at"):
        values = {"mail_bounced_at": clock.now()}
    with worlds.bypassing_commands():
        Authenticator.objects.filter(user=world.mikko.user_id).delete()
        authenticators = [
            Authenticator.objects.create(user=world.mikko.user, type=kind, data=data)
            for kind, data in methods
        ]
        user.update(**values)
    able = tuple(
        user.filter(pk__in=credentials.able_to_sign_in(strong=strong).values("pk")).exists()
        for strong in (False, True)
    )
    assert able == expected
    removed = [authenticator.pk for authenticator in authenticators]
    able_without = credentials.able_to_sign_in(strong=True, without=removed)
    assert not user.filter(pk__in=able_without.values("pk")).exists()
    assert able_without.filter(pk=world.olli.user_id).exists()
