"""A stored outcome is replayed only for a request with the same arguments."""

import dataclasses
import datetime as dt
import importlib
import inspect
import itertools
import json
import pkgutil
import types
import typing
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args, get_origin

import pytest
from django.db.models import Model

import delegation
import provisioning
from delegation.acts import fingerprint, idempotency
from delegation.acts.acting import acting
from delegation.acts.subjects import MembershipSet
from delegation.applications.clients import SecretMade
from delegation.applications.commands import ApplicationRegistered
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.authorization.verbs import Verb
from delegation.handovers.commands import HandoverOpened
from delegation.invitations.commands.accept import Newcomer
from delegation.invitations.commands.send import InvitationSent, InvitationsSent
from delegation.looking_along.commands import LookAllowed
from delegation.onboarding.commands import Onboarded
from delegation.orphan_cases.commands.decisions import Notified
from delegation.orphan_cases.commands.evidence import LetterSent
from delegation.orphan_cases.commands.outcome import Invited
from delegation.orphan_cases.commands.requests import Requested
from delegation.people.commands.enrollment import PersonToEnroll
from delegation.service_users.commands import ServiceUserCreated
from identity.memberships.models import Membership
from tests.fixtures.world import World, actor_of

NOT_COMPARED = {(Newcomer, "password"), (PersonToEnroll, "password")}
"""A salted hash of the same password differs each time."""
NOT_RETURNED_AGAIN = {
    (InvitationSent, "link"): "",
    (InvitationsSent, "links"): (),
    (ApplicationRegistered, "secret"): "",
    (Onboarded, "links"): (),
    (HandoverOpened, "link"): "",
    (Requested, "link"): "",
    (LetterSent, "link"): "",
    (Notified, "links"): (),
    (Invited, "link"): "",
    (SecretMade, "secret"): "",
    (LookAllowed, "code"): "",
    (ServiceUserCreated, "secret"): "",
}
"""The fields of a result that are not stored, with what a repeated request gets."""
PLAIN: Mapping[Any, Sequence[Any]] = {
    str: ("a", "b"),
    bytes: (b"a", b"b"),
    bool: (False, True),
    int: (1, 2),
    Decimal: (Decimal(1), Decimal(2)),
    uuid.UUID: (uuid.UUID(int=1), uuid.UUID(int=2)),
    dt.datetime: tuple(dt.datetime(2030, 1, day, tzinfo=dt.UTC) for day in (1, 2)),
    type(None): (None,),
    Any: ("a", ["a"], True),
    Verb: (Verb.MEMBER_INVITE, Verb.MEMBER_REMOVE),
}


def commands() -> list[Callable[..., Any]]:
    """All commands of all modules."""
    for package in (delegation, provisioning):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in found.name and ".management." not in found.name:
                importlib.import_module(found.name)
    return sorted(idempotency.COMMANDS, key=lambda one: f"{one.__module__}.{one.__name__}")


def values(hint: Any) -> list[Any]:
    """Different values of a type; the first is the one to start from."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return list(PLAIN[hint])
    if origin in {typing.Union, types.UnionType}:
        return [value for one in inside for value in values(one)]
    if dataclasses.is_dataclass(hint):
        return list(_dataclasses(hint))
    if inspect.isclass(hint) and issubclass(hint, Model):
        return [hint(pk=uuid.UUID(int=number)) for number in (1, 2)]
    if origin is Mapping:
        key, other = values(inside[0])[:2]
        return [{key: value} for value in values(inside[1])] + [{other: values(inside[1])[0]}, {}]
    if origin is tuple and inside[-1] is not Ellipsis:
        return list(_changed([values(one) for one in inside]))
    if origin in {Collection, Sequence, tuple, frozenset}:
        made = frozenset if origin is frozenset else tuple
        found = values(inside[0])
        return [made([one]) for one in found] + [made(found[:2]), made([])]
    raise AssertionError(f"no values of {hint}: teach this test, or pass plain values to commands")


def _dataclasses(kind: Any) -> Iterator[Any]:
    hints = typing.get_type_hints(kind)
    names = [one.name for one in dataclasses.fields(kind) if (kind, one.name) not in NOT_COMPARED]
    rest = {name: "x" for which, name in NOT_COMPARED if which is kind}
    for some in _changed([values(hints[name]) for name in names]):
        yield kind(**dict(zip(names, some, strict=True)), **rest)


def _changed(choices: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """The first value of each argument, then each other value in its place."""
    first = [some[0] for some in choices]
    yield tuple(first)
    for place, some in enumerate(choices):
        for other in some[1:]:
            yield (*first[:place], other, *first[place + 1 :])


def arguments(command: Callable[..., Any]) -> dict[str, list[Any]]:
    hints = typing.get_type_hints(inspect.unwrap(command))
    named = inspect.signature(command).parameters
    return {name: values(hints[name]) for name in named if name not in {"actor", "idempotency_key"}}


def fingerprint_of(command: Callable[..., Any], **named: Any) -> str:
    return fingerprint.call_of(inspect.unwrap(command), **{"actor": None, **named}).fingerprint


COMMANDS = commands()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_every_argument_of_a_command_changes_its_fingerprint(command: Callable[..., Any]) -> None:
    choices = arguments(command)
    seen = [
        fingerprint_of(command, **dict(zip(choices, some, strict=True)))
        for some in _changed(list(choices.values()))
    ]
    assert len(set(seen)) == len(seen) >= 1


def test_command_discovery_finds_the_known_commands() -> None:
    assert len(COMMANDS) >= 18
    assert {"remove", "change", "invite", "accept", "enroll", "register"} <= {
        one.__name__ for one in COMMANDS
    }


def test_two_commands_with_the_same_argument_have_different_fingerprints() -> None:
    seen = {
        (one.__name__, fingerprint_of(one, **{name: some[0] for name, some in arguments(one).items()}))
        for one in COMMANDS
    }
    for (_, first), (_, second) in itertools.combinations(seen, 2):
        assert first != second


def test_actor_key_salted_hash_and_row_order_do_not_change_the_fingerprint() -> None:
    remove = next(one for one in COMMANDS if one.__name__ == "remove" and "memberships" in arguments(one))
    accept = next(one for one in COMMANDS if one.__name__ == "accept" and "invitation" in arguments(one))
    some = [Membership(pk=uuid.UUID(int=number)) for number in (1, 2)]
    first = fingerprint_of(remove, memberships=some)
    assert first == fingerprint_of(
        remove, actor="other", idempotency_key="k", memberships=[*reversed(some), some[0]], reason=""
    )
    invitation = arguments(accept)["invitation"][0]
    with_hash = [
        fingerprint_of(accept, invitation=invitation, link="l", accepted_by=Newcomer("Mikko", salted, "en"))
        for salted in ("a", "b")
    ]
    assert len(set(with_hash)) == 1


def test_fingerprint_of_an_access_ignores_only_the_order_of_sites_and_limits() -> None:
    command = next(one for one in COMMANDS if one.__name__ == "change" and "access" in arguments(one))
    places = [uuid.UUID(int=number) for number in range(5)]
    limits = {name: AmountLimit(Decimal(5)) for name in "ab"}

    def of(access: AccessSpec) -> str:
        return fingerprint_of(command, memberships=[], access=access)

    first = of(AccessSpec("orderer", sites=frozenset(places), limits=limits))
    again = AccessSpec("orderer", sites=frozenset(reversed(places)), limits=dict(reversed(limits.items())))
    assert of(again) == first
    assert (
        of(dataclasses.replace(again, limits={**limits, "b": AmountLimit(Decimal(5), period="day")})) != first
    )


def test_argument_without_a_canonical_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="canonical"):
        fingerprint_of(COMMANDS[0], **{name: object() for name in arguments(COMMANDS[0]) or ["x"]})


@pytest.mark.django_db(transaction=True)
def test_idempotency_key_outside_a_command_is_an_error(world: World) -> None:
    with (
        pytest.raises(TypeError, match="@command"),
        acting(
            actor_of(world.aino), Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma]), idempotency_key="k"
        ),
    ):
        pass


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_repeated_request_gets_the_same_result_without_unstored_fields(command: Callable[..., Any]) -> None:
    kind = idempotency.result_type(inspect.unwrap(command))
    for result in values(kind):
        again = idempotency.result_from_json(kind, json.loads(json.dumps(idempotency.result_to_json(result))))
        hidden = {name: left for (which, name), left in NOT_RETURNED_AGAIN.items() if which is kind}
        assert again == (dataclasses.replace(result, **hidden) if hidden else result)


def test_outcome_omits_secrets_only() -> None:
    kinds = {idempotency.result_type(inspect.unwrap(one)) for one in COMMANDS} - {type(None)}
    found = {
        (kind, one.name)
        for kind in kinds
        for one in dataclasses.fields(kind)
        if not one.metadata.get("stored", True)
    }
    assert found == set(NOT_RETURNED_AGAIN)


def test_call_is_current_only_while_its_command_runs() -> None:
    outer, inner = (fingerprint.call_of(lambda text: text, text) for text in ("outer", "inner"))
    with fingerprint.calling(outer):
        with fingerprint.calling(inner):
            assert fingerprint.current() is inner
        with pytest.raises(ZeroDivisionError), fingerprint.calling(inner):
            raise ZeroDivisionError
        assert fingerprint.current() is outer
    with pytest.raises(TypeError, match="@command"):
        fingerprint.current()
