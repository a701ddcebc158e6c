"""The assurance of a session and the required assurance: each condition by itself."""

import datetime as dt
from typing import Any

import pytest
from allauth.account.internal import userkit
from allauth.account.internal.flows import login
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.test import RequestFactory

from audit.foundation import clock
from delegation.authorization.models.assignments import Assignment
from identity.memberships.models import Membership
from identity.people import credentials
from identity.people.models import User
from portal.signin import authentication_methods
from portal.signin.customers import adapter as customers_adapter
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


def request_of(user: User | AnonymousUser, records: list[Record], *, ago: float = 0) -> Any:
    """A request in a session with these proofs, all of one moment, the last one made last."""
    request = RequestFactory().get("/")
    now = clock.wall().timestamp() - ago
    request.session = SessionBase()
    request.session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "at": now + place} for place, record in enumerate(records)
    ]
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
    "app and key": ([TOTP, KEY], ["otp", "swk"]),
    "password twice": ([PASSWORD, PASSWORD], ["pwd"]),
    "unknown method": ([UNKNOWN], []),
    "password and unknown method": ([PASSWORD, UNKNOWN], ["pwd"]),
    "unknown kind of factor": ([{"method": "mfa", "type": "other"}], []),
}


@pytest.mark.parametrize("what", AMR)
def test_authentication_lists_methods_and_mfa_only_for_two_factors(world: World, what: str) -> None:
    records, expected = AMR[what]
    proved_at, amr = authentication_methods.last_authentication(request_of(world.mikko.user, records))
    assert amr == expected
    if not expected:
        assert proved_at == dt.datetime.fromtimestamp(0, dt.UTC)


def test_authentication_is_the_last_known_record(world: World) -> None:
    request = request_of(world.mikko.user, [PASSWORD, TOTP, UNKNOWN])
    known = request.session[login.AUTHENTICATION_METHODS_SESSION_KEY][1]["at"]
    assert authentication_methods.last_authentication(request)[0].timestamp() == pytest.approx(
        known, abs=0.001
    )


def test_authentication_without_sign_in_or_of_another_person_is_empty(world: World) -> None:
    assert authentication_methods.last_authentication(request_of(AnonymousUser(), [PASSWORD, TOTP]))[1] == []
    request = request_of(world.mikko.user, [PASSWORD, TOTP])
    request.user = world.olli.user
    assert authentication_methods.last_authentication(request)[1] == []


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


def enough(who: Membership, *records: Record) -> bool:
    return customers_adapter.meets_required_assurance(
        request_of(User.objects.get(id=who.user_id), list(records))
    )


@pytest.mark.parametrize(
    ("records", "weak", "strong"),
    [
        ([], False, False),
        ([UNKNOWN], False, False),
        ([PASSWORD], True, False),
        ([TOTP], True, False),
        ([PASSWORD, TOTP], True, True),
        ([PASSKEY], True, True),
    ],
)
def test_session_meets_assurance_by_methods_and_role(
    world: World,
    records: list[Record],
    weak: bool,  # noqa: FBT001
    strong: bool,  # noqa: FBT001
) -> None:
    assert (enough(world.vilma, *records), enough(world.aino, *records)) == (weak, strong)


def test_password_is_not_enough_for_one_weak_and_one_strong_role(world: World) -> None:
    for first, second in ((world.vilma, STRONG), (world.aino, WEAK)):
        _give(world, first, second)
        assert not enough(first, PASSWORD)
        strong = _assignment(first, STRONG)
        with grant_conditions.changed(strong, valid_until=clock.now()):
            assert enough(first, PASSWORD)
        with grant_conditions.changed(strong, valid_from=clock.now() + grant_conditions.HOUR):
            assert enough(first, PASSWORD)
        assert not enough(first, PASSWORD)
        assert enough(first, PASSWORD, TOTP)


def test_password_is_not_enough_when_another_organization_demands_more(world: World) -> None:
    """The session is the person's: it is as strong as their most demanding role anywhere."""
    _give(world, world.mikko_at_pohjola, STRONG)
    with worlds.bypassing_commands():
        Assignment.objects.filter(membership=world.mikko.id).delete()
    assert not enough(world.mikko, PASSWORD)
    with grant_conditions.changed(_assignment(world.mikko_at_pohjola, STRONG), membership=world.olli.id):
        assert enough(world.mikko, PASSWORD)


def requires_reauthentication(request: Any) -> bool:
    with context.request_context(request):
        return customers_adapter.AccountAdapter().is_reauthentication_required(app="mfa")


@pytest.mark.parametrize(
    ("ago", "is_required"), [(0, False), (-60, True), (15 * 60 - 5, False), (15 * 60 + 5, True)]
)
def test_reauthentication_is_required_by_the_age_of_the_record(
    world: World,
    ago: float,
    is_required: bool,  # noqa: FBT001
) -> None:
    request = request_of(world.mikko.user, [PASSWORD], ago=ago)
    assert requires_reauthentication(request) is is_required


def test_reauthentication_is_required_without_sign_in_or_records(world: World) -> None:
    for request in (request_of(world.mikko.user, []), request_of(AnonymousUser(), [PASSWORD]), None):
        assert requires_reauthentication(request)


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
