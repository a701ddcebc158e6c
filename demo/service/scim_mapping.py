"""From a SCIM user to the person this service works with.

What cannot be understood is refused at the door, with a sentence, so that no page ever meets it.
"""

import datetime as dt
import decimal

import scim2_models

from demo.service import clock, people, schema

PERIODS = frozenset({"order", "day", "week", "month", "quarter", "year"})

User = scim2_models.User[schema.Keyholder]


def person(user: User) -> people.Person:
    """Read a stored user.

    Raises InvalidValueException where this service could not act on what it is told.
    """
    said = schema.extension(user)
    return people.Person(
        id=user.id or "",
        sub=subject(user),
        name=name(user),
        email=email(user),
        active=user.active is True,
        organizations=tuple(organization(one) for one in said.organizations or ()),
        grants=tuple(grant(one) for one in said.grants or ()),
        limits=tuple(limit(one) for one in said.limits or ()),
    )


def subject(user: User) -> str:
    if not user.external_id:
        raise scim2_models.InvalidValueException(detail="externalId is missing: it is who signs in here.")
    return user.external_id


def name(user: User) -> str:
    formatted = user.name.formatted if user.name else None
    return user.display_name or formatted or user.user_name or ""


def email(user: User) -> str:
    values = [one.value for one in user.emails or () if one.value]
    return str(values[0] if values else user.user_name or "")


def organization(said: schema.Organization) -> people.Organization:
    return people.Organization(
        id=said.id or "",
        key=said.key or "",
        name=said.name or said.key or "",
        customer_number=said.customer_number or "",
        active=said.active is True,
    )


def grant(said: schema.Grant) -> people.Grant:
    return people.Grant(
        organization=said.organization or "",
        role=said.role or "",
        entitlement=said.entitlement or "",
        site=said.site or None,
        site_name=said.site_name or said.site or "",
        valid_from=instant(said.from_),
        valid_until=instant(said.until),
    )


def instant(value: dt.datetime | None) -> dt.datetime | None:
    return clock.aware(value) if value else None


def limit(said: schema.Limit) -> people.Limit:
    if said.period not in PERIODS:
        raise scim2_models.InvalidValueException(detail=f"This service counts no period {said.period!r}.")
    return people.Limit(
        organization=said.organization or "",
        entitlement=said.entitlement or "",
        site=said.site or None,
        amount=amount(said.amount or ""),
        currency=said.currency or "",
        period=said.period,
    )


def amount(text: str) -> decimal.Decimal:
    try:
        value = decimal.Decimal(text)
    except decimal.InvalidOperation:
        value = decimal.Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise scim2_models.InvalidValueException(detail=f"{text!r} is not an amount.")
    return value
