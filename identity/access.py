"""Ending what was issued. Revocation is the raised epoch; the rest is tidying up and telling others."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from identity import memberships
from identity.models import Membership, RefreshFamily, Session, SignIn, User


@dataclass(frozen=True, slots=True)
class Ended:
    """What an ending reached, by membership: how many sign-ins of services, families of tokens and sessions."""

    sign_ins: int
    families: int
    sessions: int


def end(*, memberships_ended: Iterable[uuid.UUID], at: dt.datetime) -> Ended:
    """End everything issued for these memberships, and nothing of the same persons' other ones.

    Where it was a person's last active membership, the person's sessions end as well. The caller has closed the
    memberships' periods. Statements: constant, whatever the size of the set.
    """
    ended = list(memberships_ended)
    users = set(Membership.objects.filter(id__in=ended).values_list("user_id", flat=True))
    Membership.objects.filter(id__in=ended).update(epoch=F("epoch") + 1)
    sign_ins = SignIn.objects.filter(membership__in=ended, ended_at=None).update(ended_at=at)
    families = RefreshFamily.objects.filter(membership__in=ended, ended_at=None).update(ended_at=at)
    left = users - memberships.users_active(users=users, at=at)
    sessions = end_person(users=left, at=at).sessions if left else 0
    return Ended(sign_ins=sign_ins, families=families, sessions=sessions)


def end_session(*, user: uuid.UUID, session_key: str, at: dt.datetime) -> Ended:
    """End one browser session of this person, by its stored key, and what services have from it."""
    held = SignIn.objects.filter(user=user, session_key=session_key, ended_at=None)
    families = RefreshFamily.objects.filter(sign_in__in=held, ended_at=None).update(ended_at=at)
    sign_ins = held.update(ended_at=at)
    sessions, _ = Session.objects.filter(user=user, session_key=session_key).delete()
    return Ended(sign_ins=sign_ins, families=families, sessions=sessions)


def end_person(*, users: Iterable[uuid.UUID], at: dt.datetime) -> Ended:
    """End everything issued to these persons anywhere: the last membership, a block, "sign out everywhere"."""
    who = list(users)
    User.everyone.filter(id__in=who).update(epoch=F("epoch") + 1)
    sign_ins = SignIn.objects.filter(user__in=who, ended_at=None).update(ended_at=at)
    families = RefreshFamily.objects.filter(user__in=who, ended_at=None).update(ended_at=at)
    sessions, _ = Session.objects.filter(user__in=who).delete()
    return Ended(sign_ins=sign_ins, families=families, sessions=sessions)
