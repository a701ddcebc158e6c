"""Changes of state without permission. Only `delegation.commands` may import this (contract); they have asked."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from allauth.account.models import EmailAddress
from django.db.models import Q

from audit import ledger
from audit.models import Chain, Label
from identity import access, names
from identity.models import CustomerNumber, Membership, MembershipPeriod, Organization, Site, User

_STATE = MembershipPeriod.State


def create_organization(
    *,
    organization: uuid.UUID,
    key: str,
    name: str,
    at: dt.datetime,
    register_id: str = "",
    language: str = "en",
    time_zone: str = "Europe/Helsinki",
) -> Organization:
    """A customer company with its chain in the log."""
    ledger.open_chain(chain=organization, kind=Chain.Kind.ORGANIZATION)
    made = Organization.objects.create(
        id=organization,
        key=key,
        name=name,
        sort_key=names.sort_key(name),
        register_id=register_id,
        language=language,
        time_zone=time_zone,
        created_at=at,
    )
    _label("organization", {made.id: name})
    return made


def number(*, organization: Organization, unit: uuid.UUID, customer_number: str) -> None:
    """What one business unit calls this customer."""
    CustomerNumber.objects.create(organization=organization, unit_id=unit, number=customer_number)


def add_sites(*, organization: Organization, sites: Sequence[tuple[str, str]], at: dt.datetime) -> list[Site]:
    """Sites from (name, external id) pairs."""
    made = [
        Site(
            organization=organization,
            name=name,
            sort_key=names.sort_key(name, longest=240),
            external_id=external,
            created_at=at,
        )
        for name, external in sites
    ]
    _label("site", {site.id: site.name for site in made})
    return Site.objects.bulk_create(made)


def create_person(*, email: str, name: str, password: str, language: str, at: dt.datetime) -> User:
    """A customer's person with a proven address. `password` is already hashed: hashing is slow and takes no lock."""
    user = User(
        email=email.lower(),
        name=name,
        sort_key=names.sort_key(name),
        language=language,
        password=password,
        created_at=at,
    )
    user.save(force_insert=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    ledger.open_chain(chain=user.id, kind=Chain.Kind.PERSON)
    _label("user", {user.id: name})
    return user


def join(*, organization: Organization, user: User, at: dt.datetime, title: str = "") -> Membership:
    """Make this person a member from `at` on; one who was a member before gets a new period of the same membership."""
    membership, _ = Membership.objects.get_or_create(
        organization=organization,
        user=user,
        defaults={"title": title, "sort_key": user.sort_key, "directory": user.directory, "created_at": at},
    )
    begin(memberships=[membership.id], at=at)
    return membership


def begin(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """An active period from `at` on. Nothing that was issued before comes back: the epochs have moved."""
    MembershipPeriod.objects.bulk_create(
        [MembershipPeriod(membership_id=one, state=_STATE.ACTIVE, valid_from=at) for one in memberships]
    )


def end(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> access.Ended:
    """Close these memberships at `at`, and with them everything that was issued for them."""
    ended = list(memberships)
    periods = MembershipPeriod.objects.filter(membership__in=ended)
    periods.filter(valid_from__gte=at).delete()
    periods.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at)).update(valid_until=at)
    return access.end(memberships_ended=ended, at=at)


def _label(kind: str, texts: Mapping[uuid.UUID, str]) -> None:
    """Names for showing events: the log itself holds ids."""
    labels = [Label(id=one, kind=kind, text=text[:320]) for one, text in texts.items()]
    Label.objects.bulk_create(labels, update_conflicts=True, unique_fields=["id"], update_fields=["text"])
