"""What the supplier does: bring a customer in, offer, register services. By the system, until staff have their door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from allauth.idp.oidc.models import Client as ProtocolClient
from django.db.models import Q

from audit import ids
from audit.actor import Actor
from audit.ledger import Subject
from delegation.act import Act, Founding, Outcome, Supplier, acting, command
from delegation.models import Ceiling, Entitlement
from delegation.verbs import Verb
from delegation.wanted import Limit
from identity import lifecycle, secret
from identity.models import Application, BusinessUnit, Client, Organization


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What is known of a customer on the first day. Sites are (name, external id); numbers by business unit's key."""

    key: str
    name: str
    register_id: str = ""
    language: str = "en"
    time_zone: str = "Europe/Helsinki"
    sites: Sequence[tuple[str, str]] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)


@command
def create_organization(*, actor: Actor, new: NewOrganization, once: str | None = None) -> Outcome:
    """A customer company with its sites and customer numbers; its chain begins with this event."""
    with acting(actor, Verb.ORGANIZATION_CREATE, on=Founding(ids.uuid7()), once=once) as act:
        made = lifecycle.create_organization(
            organization=act.organization,
            key=new.key,
            name=new.name,
            at=act.at,
            register_id=new.register_id,
            language=new.language,
            time_zone=new.time_zone,
        )
        sites = lifecycle.add_sites(organization=made, sites=new.sites, at=act.at)
        units = dict(BusinessUnit.objects.filter(key__in=list(new.numbers)).values_list("key", "id"))
        for unit, number in new.numbers.items():
            lifecycle.number(organization=made, unit=units[unit], customer_number=number)
        act.changed(made.id, before={}, after={"key": new.key, "sites": [str(site.id) for site in sites]})
    return act.outcome


@command
def add_sites(
    *, actor: Actor, organization: Organization, sites: Sequence[tuple[str, str]], once: str | None = None
) -> Outcome:
    """Further sites, as (name, external id)."""
    with acting(actor, Verb.SITE_ADD, on=organization, once=once) as act:
        (fresh,) = act.on
        made = lifecycle.add_sites(organization=fresh, sites=sites, at=act.at)
        act.changed(fresh.id, before={}, after={"sites": [str(site.id) for site in made]})
    return act.outcome


@command
def set_ceiling(
    *, actor: Actor, organization: Organization, offer: Mapping[str, Limit | None], once: str | None = None
) -> Outcome:
    """Offer these entitlements up to these amounts from now on; None takes an entitlement away.

    No assignment is touched: what people may do is computed when asked.
    """
    affects = Supplier(affects=(organization.id,))
    with acting(actor, Verb.CEILING_SET, on=affects, once=once) as act:
        known = {row.key: row for row in Entitlement.objects.filter(key__in=list(offer))}
        now = Ceiling.objects.filter(organization=organization, entitlement__in=known.values())
        now.filter(Q(valid_until=None) | Q(valid_until__gt=act.at)).update(valid_until=act.at)
        Ceiling.objects.bulk_create(
            [
                _ceiling(act, organization, known[key], limit)
                for key, limit in offer.items()
                if limit is not None
            ]
        )
        facts = {"offer": {key: _amount(limit) for key, limit in sorted(offer.items())}}
        act.say(organization=str(organization.id), **facts)
        act.also(
            Verb.CEILING_SET,
            Subject("organization", organization.id),
            because=Verb.CEILING_SET,
            facts=facts,
            chain=organization.id,
        )
    return act.outcome


def _ceiling(act: Act, organization: Organization, entitlement: Entitlement, limit: Limit) -> Ceiling:
    return Ceiling(
        organization=organization,
        entitlement=entitlement,
        amount=limit.amount if entitlement.takes_amount else None,
        currency=limit.currency if entitlement.takes_amount else "",
        valid_from=act.at,
    )


def _amount(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"amount": None if limit.amount is None else f"{limit.amount:.2f}", "currency": limit.currency}


@dataclass(frozen=True, slots=True)
class NewClient:
    """An OpenID Connect client. Redirect URIs are matched exactly."""

    client_id: str
    name: str
    redirect_uris: Sequence[str]
    initiate_login_uri: str = ""
    backchannel_logout_uri: str = ""
    post_logout_redirect_uris: Sequence[str] = ()
    scopes: Sequence[str] = ("openid", "profile", "email")
    public: bool = False
    skip_consent: bool = True


@command
def register_application(
    *,
    actor: Actor,
    key: str,
    name: Mapping[str, str],
    unit: str,
    client: NewClient | None = None,
    once: str | None = None,
) -> Outcome:
    """A service people sign in to. The outcome's data holds `application` and, with a client, its `secret`, once."""
    shown = secret.fresh(prefix="khs")
    with acting(actor, Verb.APPLICATION_REGISTER, on=Supplier(), once=once, asked={"key": key}) as act:
        made = Application.objects.create(
            key=key, name=dict(name), unit=BusinessUnit.objects.get(key=unit), created_at=act.at
        )
        if client is not None:
            _client(made, client, shown)
        act.say(application=str(made.id), client=client.client_id if client else None)
        act.answer(application=str(made.id))
    outcome = act.outcome
    return Outcome(outcome.act, outcome.at, None, outcome.subjects, {**outcome.data, "secret": shown})


def _client(application: Application, new: NewClient, shown: str) -> Client:
    kinds = ProtocolClient.Type
    row = ProtocolClient(
        id=new.client_id,
        name=new.name,
        secret="" if new.public else f"machine${secret.hashed(shown)}",
        type=kinds.PUBLIC if new.public else kinds.CONFIDENTIAL,
        skip_consent=new.skip_consent,
        grant_types="authorization_code\nrefresh_token",
    )
    row.set_redirect_uris(list(new.redirect_uris))
    row.set_scopes(list(new.scopes))
    row.set_post_logout_redirect_uris(list(new.post_logout_redirect_uris))
    row.save(force_insert=True)
    return Client.objects.create(
        protocol=row,
        application=application,
        initiate_login_uri=new.initiate_login_uri,
        backchannel_logout_uri=new.backchannel_logout_uri,
    )
