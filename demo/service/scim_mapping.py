"""A SCIM user is mapped to the person that this service works with.

What cannot be understood is refused at once, with a sentence, so that no page receives it.
"""

import datetime as dt
import decimal

import scim2_models

from demo.service import clock, people, schema

PERIODS = frozenset({"order", "day", "week", "month", "quarter", "year"})

User = scim2_models.User[schema.Keyholder]


def person(user: User) -> people.Person:
    """Read a stored user.

    Raises InvalidValueException for a value that this service cannot act on.
    """
    record = schema.extension(user)
    return people.Person(
        id=user.id or "",
        sub=subject(user),
        name=name(user),
        email=email(user),
        active=user.active is True,
        organizations=tuple(organization(value) for value in record.organizations or ()),
        grants=tuple(grant(value) for value in record.grants or ()),
        limits=tuple(limit(value) for value in record.limits or ()),
    )


def subject(user: User) -> str:
    if not user.external_id:
        raise scim2_models.InvalidValueException(detail="externalId is missing: it is who signs in here.")
    return user.external_id


def name(user: User) -> str:
    formatted = user.name.formatted if user.name else None
    return user.display_name or formatted or user.user_name or ""


def email(user: User) -> str:
    values = [value.value for value in user.emails or () if value.value]
    return str(values[0] if values else user.user_name or "")


def organization(record: schema.Organization) -> people.Organization:
    return people.Organization(
        id=record.id or "",
        key=record.key or "",
        name=record.name or record.key or "",
        customer_number=record.customer_number or "",
        active=record.active is True,
    )


def grant(record: schema.Grant) -> people.Grant:
    return people.Grant(
        organization=record.organization or "",
        role=record.role or "",
        entitlement=record.entitlement or "",
        site=record.site or None,
        site_name=record.site_name or record.site or "",
        valid_from=instant(record.from_),
        valid_until=instant(record.until),
    )


def instant(value: dt.datetime | None) -> dt.datetime | None:
    return clock.aware(value) if value else None


def limit(record: schema.Limit) -> people.Limit:
    if record.period not in PERIODS:
        raise scim2_models.InvalidValueException(detail=f"This service counts no period {record.period!r}.")
    return people.Limit(
        organization=record.organization or "",
        entitlement=record.entitlement or "",
        site=record.site or None,
        amount=amount(record.amount or ""),
        currency=record.currency or "",
        period=record.period,
    )


def amount(text: str) -> decimal.Decimal:
    try:
        value = decimal.Decimal(text)
    except decimal.InvalidOperation:
        value = decimal.Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise scim2_models.InvalidValueException(detail=f"{text!r} is not an amount.")
    return value
