"""The pages of onboarding show a form with what happens, and then what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.invitations import links
from delegation.onboarding import queries, rules
from delegation.organizations import overview
from delegation.organizations.overview import OfferedEntitlement
from portal.desk.desk_page import OrganizationPage
from portal.desk.onboarding.forms import CURRENCY, OnboardForm
from portal.shell import forms as shell_forms
from portal.shell.page_model import PageModel
from portal.signin.staff.reader import StaffReader
from portal.wording import access, cldr, dates, record_events, supplier_texts, time_zones


@dataclass(frozen=True, slots=True)
class OnboardingEffect:
    """Says one thing that happens: `subject` comes first and stands out, `sub` adds to it."""

    subject: str
    text: str
    sub: str = ""


@dataclass(frozen=True, slots=True)
class ServiceOption:
    """Names a service that can be offered."""

    value: str
    label: str
    disabled_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class OnboardPage(PageModel):
    """Shows the form, and beside it what happens once the form is complete."""

    template: ClassVar[str] = "desk/onboarding/form.html"

    form: OnboardForm
    services: Sequence[ServiceOption]
    onboard_url: str
    list_url: str
    currency: str
    has_templates: bool
    effects: Sequence[OnboardingEffect]
    """Empty until the form was checked."""
    customer_name: str
    seen: str
    """The digest of what `effects` are about."""


@dataclass(frozen=True, slots=True)
class SentInvitation:
    """Describes a first admin's invitation; `invitation` is its id where a new link can be sent, else empty."""

    name: str
    email: str
    state: str
    sub: str
    invitation: str


@dataclass(frozen=True, slots=True)
class DoneLine:
    """Names what was created, with its details."""

    what: str
    sub: str


@dataclass(frozen=True, kw_only=True)
class OnboardedPage(PageModel):
    """Shows what was created and sent, and what the first admin does next."""

    template: ClassVar[str] = "desk/onboarding/onboarded.html"

    name: str
    first_admin: str
    """The name on the open invitation; empty without one."""
    waits: bool
    """Whether no person has joined yet."""
    created: str
    invitations: Sequence[SentInvitation]
    lines: Sequence[DoneLine]
    again_url: str
    """POST."""
    idempotency_key: str
    customer_url: str
    another_url: str


def onboard_page(reader: StaffReader, form: OnboardForm, *, checked: bool) -> OnboardPage:
    """Return the page; `checked`: the form is valid, and what happens is shown."""
    return OnboardPage(
        form=form,
        services=[ServiceOption(one.key, supplier_texts.in_language(one.name)) for one in form.offered],
        onboard_url=reverse("staff_onboard"),
        list_url=reverse("staff_organizations"),
        currency=cldr.currency_sign(CURRENCY),
        has_templates=bool(form.templates),
        effects=_effects(reader, form) if checked else [],
        customer_name=form.cleaned_data["name"] if checked else "",
        seen=form.digest if checked else "",
    )


def _effects(reader: StaffReader, form: OnboardForm) -> list[OnboardingEffect]:
    customer, unit = form.customer, form.unit_of_customer
    new = customer.organization
    sites = ngettext("%(number)d site", "%(number)d sites", len(new.sites)) % {"number": len(new.sites)}
    known = _("Customer %(number)s, %(unit)s. Address: /o/%(key)s/")
    created = (
        _("is created with %(sites)s") % {"sites": sites} if new.sites else _("is created without sites")
    )
    values = {"number": new.numbers[unit.key], "unit": unit.name, "key": new.key}
    clock = dates.Clock(reader.at, time_zones.first_known(new.time_zone))
    expiry = _("The link works until %(day)s, once") % {"day": clock.day(reader.at + links.VALIDITY)}
    invited = [
        OnboardingEffect(
            admin.name or admin.email,
            _("gets an invitation as admin, in %(language)s")
            % {"language": cldr.language_name(admin.language)},
            f"{admin.email}. {expiry}" if admin.name else expiry,
        )
        for admin in customer.admins
    ]
    return [
        OnboardingEffect(new.name, created, known % values),
        *invited,
        *_contacts(form),
        _offered(form),
        _continuity(len(invited)),
    ]


def _contacts(form: OnboardForm) -> list[OnboardingEffect]:
    effects = [
        OnboardingEffect(one.name, record_events.CONTACT_KINDS[one.kind]().lower(), one.email or one.phone)
        for one in form.customer.contacts
    ]
    if domains := form.customer.organization.mail_domains:
        text = _("The page of the customer shows the DNS records for %(domains)s")
        effects.append(OnboardingEffect("", text % {"domains": cldr.joined(domains)}))
    return effects


def _offered(form: OnboardForm) -> OnboardingEffect:
    if form.chosen_template is not None:
        name = supplier_texts.in_language(form.chosen_template.name)
        return OnboardingEffect("", _("The offer “%(name)s” can be assigned") % {"name": name})
    chosen, limit = form.cleaned_data["services"], form.cleaned_data["limit"]
    names = [supplier_texts.in_language(one.name) for one in form.offered if one.key in chosen]
    if not names:
        return OnboardingEffect("", _("Nothing is offered yet"), _("The admins can assign no services"))
    takes_amount = any(one.takes_amount for one in form.offered if one.key in chosen)
    sub = _("Orders up to %(amount)s") % {"amount": cldr.money(limit, CURRENCY)} if takes_amount else ""
    return OnboardingEffect("", _("%(services)s can be assigned") % {"services": cldr.joined(names)}, sub)


def _continuity(admins: int) -> OnboardingEffect:
    sub = _("A second admin keeps the customer working when the first one is away") if admins == 1 else ""
    text = ngettext("%(number)d admin from the start", "%(number)d admins from the start", admins)
    return OnboardingEffect("", text % {"number": admins}, sub)


def onboarded_page(found: OrganizationPage) -> OnboardedPage:
    """Return what the customer has now: the page may be opened again at any time."""
    page = found.page
    clock = dates.Clock(page.at, page.zone)
    waits = not rules.has_members(organization=page.organization_id)
    sent = [
        SentInvitation(
            name=row.name or row.email,
            email=row.email,
            state="joined" if row.accepted_at else "expired" if row.expires_at <= page.at else "pending",
            sub=_sub(row.email, clock.day(row.expires_at), joined=row.accepted_at is not None),
            invitation=str(row.id) if waits else "",
        )
        for row in queries.first_invitations(organization=page.organization_id)
    ]
    return OnboardedPage(
        name=page.organization.name,
        first_admin=next((one.name for one in sent if one.state == "pending"), ""),
        waits=waits,
        created=clock.date_time(page.organization.row.created_at),
        invitations=sent,
        lines=_lines(found),
        customer_url=reverse("staff_organization", args=[page.organization.key]),
        again_url=reverse("staff_onboarded", args=[page.organization.key]),
        idempotency_key=shell_forms.new_idempotency_key(),
        another_url=reverse("staff_onboard"),
    )


def _sub(email: str, day: str, *, joined: bool) -> str:
    return email if joined else _("%(email)s. Expires %(day)s") % {"email": email, "day": day}


def _lines(found: OrganizationPage) -> list[DoneLine]:
    customer = overview.load(organization=found.page.organization_id, at=found.page.at)
    sites = customer.sites
    parts = [f"{one.number}, {one.unit}" for one in found.numbers]
    parts.append(ngettext("%(number)s site", "%(number)s sites", sites) % {"number": cldr.number(sites)})
    return [
        DoneLine(_("Organization"), " · ".join(parts)),
        DoneLine(_("Offer"), " · ".join(_offer(customer.offer)) or _("Nothing is offered yet")),
    ]


def _offer(offered: Sequence[OfferedEntitlement]) -> list[str]:
    """Return the offered services, each followed by its entitlements that take an amount, with their limits."""
    texts: dict[str, list[str]] = {}
    for one in offered:
        service = supplier_texts.in_language(one.service)
        of_service = texts.setdefault(service, [service])
        if one.takes_amount:
            limit = access.limit(one.limit.amount, one.limit.currency, one.limit.period)
            does = supplier_texts.in_language(one.text)
            of_service.append(_("%(does)s, %(limit)s") % {"does": does, "limit": limit})
    return [text for of_service in texts.values() for text in of_service]
