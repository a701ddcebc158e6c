"""The pages of a customer's ceiling show what is offered by unit, and the form."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.forms import BoundField
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.defaults import CeilingTemplateSpec, EntitlementSpec
from delegation.catalogue.display_names import DisplayNames
from portal.desk.ceilings import offers
from portal.desk.ceilings.forms import CURRENCY, CeilingForm
from portal.desk.ceilings.offers import Offerable, UnitOffer
from portal.desk.desk_page import OrganizationPage
from portal.shell import query_string
from portal.shell.page_model import PageModel
from portal.wording import access, cldr, dates, supplier_texts


@dataclass(frozen=True, slots=True)
class OfferedService:
    """Names a service and what is offered in it."""

    name: str
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class UnitSection:
    """Lists what a business unit offers; `change_url` is empty where the reader cannot change it."""

    name: str
    number: str
    services: Sequence[OfferedService]
    change_url: str


@dataclass(frozen=True, kw_only=True)
class CeilingPage(PageModel):
    """Lists what each business unit offers a customer."""

    template: ClassVar[str] = "desk/ceilings/list.html"

    customer: str
    back_url: str
    units: Sequence[UnitSection]
    several: bool


@dataclass(frozen=True, slots=True)
class EntitlementLine:
    """Describes a line of the form: the entitlement, and its limit where it takes an amount."""

    key: str
    text: str
    is_offered: bool
    is_unlimited: bool
    limit: BoundField | None


@dataclass(frozen=True, slots=True)
class ServiceFields:
    """Holds the lines of a service."""

    name: str
    lines: Sequence[EntitlementLine]


@dataclass(frozen=True, slots=True)
class TemplateLink:
    """Leads to the form with the values of a template."""

    name: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class ChangeCeilingPage(PageModel):
    """Asks what a business unit offers."""

    template: ClassVar[str] = "desk/ceilings/change.html"

    customer: str
    unit: str
    back_url: str
    form: CeilingForm
    services: Sequence[ServiceFields]
    templates: Sequence[TemplateLink]
    currency: str


def back_url(found: OrganizationPage) -> str:
    """Return the list's address; the catalogue's for a reader who reads no customers."""
    page = found.page
    return page.url("staff_ceiling") if Verb.MEMBER_VIEW in page.abilities else reverse("staff_catalogue")


def list_page(found: OrganizationPage) -> CeilingPage:
    """Return the list. Three statements."""
    names = display_names.load(organization=None)
    units = offers.units(found)
    return CeilingPage(
        customer=found.page.organization.name,
        back_url=found.page.url("staff_organization"),
        units=[
            UnitSection(
                name=unit_name(unit),
                number=unit.number,
                services=_services(unit.offer, names),
                change_url=_change_url(found, unit=unit.key) if unit.may_change else "",
            )
            for unit in units
        ],
        several=len(units) > 1,
    )


def unit_name(unit: UnitOffer) -> str:
    """Return the name of the unit that offers something."""
    return unit.name or _("The supplier")


def _change_url(found: OrganizationPage, **values: str) -> str:
    return query_string.with_values(found.page.url("staff_ceiling_change"), values)


def _services(offer: Mapping[str, AmountLimit], names: DisplayNames) -> list[OfferedService]:
    keys = [key for key in names.entitlements if key in offer]
    return [
        OfferedService(
            supplier_texts.in_language(names.applications.get(service, {"en": service})),
            [_offered(key, offer[key], names) for key in of_service],
        )
        for service, of_service in itertools.groupby(keys, key=_service)
    ]


def _service(key: str) -> str:
    return key.partition(":")[0]


def _offered(key: str, limit: AmountLimit, names: DisplayNames) -> str:
    does = dates.first_upper(entitlement_text(key, names))
    if not limit.currency:
        return does
    return _("%(does)s, %(limit)s") % {"does": does, "limit": limit_text(limit)}


def entitlement_text(key: str, names: DisplayNames) -> str:
    """Return what people can do with an entitlement."""
    return supplier_texts.in_language(names.entitlements.get(key, {"en": key}))


def limit_text(limit: AmountLimit) -> str:
    """Return a limit in words."""
    return access.limit(limit.amount, limit.currency, limit.period)


def change_page(
    found: OrganizationPage,
    unit: UnitOffer,
    form: CeilingForm,
    offerable: Offerable,
    chosen: CeilingTemplateSpec | None,
) -> ChangeCeilingPage:
    """Return the form."""
    return ChangeCeilingPage(
        customer=found.page.organization.name,
        unit=unit_name(unit),
        back_url=back_url(found),
        form=form,
        services=_fields(form, offerable),
        templates=[
            TemplateLink(
                name=supplier_texts.in_language(one.name),
                url=_change_url(found, unit=unit.key, template=one.key),
                is_chosen=one is chosen,
            )
            for one in offers.templates_of(offerable, unit)
        ],
        currency=cldr.currency_sign(CURRENCY),
    )


def _fields(form: CeilingForm, offerable: Offerable) -> list[ServiceFields]:
    return [
        ServiceFields(
            supplier_texts.in_language(offerable.services.get(service, {"en": service})),
            [_line(spec, form) for spec in of_service],
        )
        for service, of_service in itertools.groupby(
            offerable.entitlements, key=lambda spec: _service(spec.key)
        )
    ]


def _line(spec: EntitlementSpec, form: CeilingForm) -> EntitlementLine:
    return EntitlementLine(
        key=spec.key,
        text=dates.first_upper(supplier_texts.in_language(spec.text)),
        is_offered=spec.key in (form["offered"].value() or ()),
        is_unlimited=spec.key in (form["unlimited"].value() or ()),
        limit=form.limit_field(spec),
    )
