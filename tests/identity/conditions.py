"""The conditions on which an issued grant rests, each changed alone and changed back, with the row left in place."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db.models import Model, QuerySet

from audit import clock
from identity.models import (
    Application,
    AuthorizationCode,
    Client,
    Membership,
    MembershipPeriod,
    Organization,
    RefreshFamily,
    SignIn,
    User,
)
from tests import world as worlds
from tests.world import World

HOUR = dt.timedelta(hours=1)
Change = Callable[[World], AbstractContextManager[None]]


@contextmanager
def changed(row: QuerySet[Any], **values: Any) -> Iterator[None]:
    """Give the one row these values, and at the end the values it had."""
    (before,) = row.values("pk", *values)
    same: QuerySet[Model] = row.model._base_manager.filter(pk=before.pop("pk"))
    with worlds.by_hand():
        assert same.update(**values) == 1
    yield
    with worlds.by_hand():
        assert same.update(**before) == 1


def user(world: World) -> QuerySet[User]:
    return User.everyone.filter(id=world.mikko.user_id)


def membership(world: World) -> QuerySet[Membership]:
    return Membership.objects.filter(id=world.mikko.id)


def period(world: World) -> QuerySet[MembershipPeriod]:
    return MembershipPeriod.objects.filter(membership=world.mikko.id)


def sign_in(world: World) -> QuerySet[SignIn]:
    return SignIn.objects.filter(membership=world.mikko.id)


def family(world: World) -> QuerySet[RefreshFamily]:
    return RefreshFamily.objects.filter(membership=world.mikko.id)


def code(world: World) -> QuerySet[AuthorizationCode]:
    """The one that is not used yet."""
    return AuthorizationCode.objects.filter(membership=world.mikko.id, used_at=None)


def _earlier(world: World) -> AbstractContextManager[None]:
    now = clock.now()
    return changed(period(world), valid_from=now - 2 * HOUR, valid_until=now - HOUR)


SHARED: dict[str, Change] = {
    "user not active": lambda w: changed(user(w), is_active=False),
    "user epoch higher": lambda w: changed(user(w), epoch=2),
    "user epoch lower": lambda w: changed(user(w), epoch=0),
    "membership epoch higher": lambda w: changed(membership(w), epoch=2),
    "membership epoch lower": lambda w: changed(membership(w), epoch=0),
    "membership suspended": lambda w: changed(period(w), state="suspended"),
    "period ends now": lambda w: changed(period(w), valid_until=clock.now()),
    "period ended an hour ago": _earlier,
    "period begins in an hour": lambda w: changed(period(w), valid_from=clock.now() + HOUR),
    "organization closed": lambda w: changed(Organization.objects.filter(id=w.koskela.id), status="closed"),
    "client not active": lambda _: changed(Client.objects.filter(protocol="ordering"), is_active=False),
    "application not active": lambda _: changed(Application.objects.filter(key="ordering"), is_active=False),
    "sign-in ended": lambda w: changed(sign_in(w), ended_at=clock.now()),
}
"""What every grant of Mikko's at Koskela rests on. Another member's grants rest on the last four only in part."""
