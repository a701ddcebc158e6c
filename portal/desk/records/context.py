"""The pages of a customer's contacts show who is known now and who was; those of its domains what proves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from delegation.authorization.verbs import Verb
from delegation.customer_contacts import queries as contacts_queries
from delegation.customer_contacts.queries import ContactView
from delegation.domain_verifications import queries as domains_queries
from portal.desk.records.forms import ContactForm, DomainsForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, domain_states, record_events
from portal.wording.domain_states import DomainRow
from provisioning.domain_checks import queries as checks_queries


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Describes a contact; `url` is empty where the reader cannot change it."""

    name: str
    kind: str
    email: str
    phone: str
    since: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactsPage(PageModel):
    """Lists a customer's contacts, and what was known of them before."""

    template: ClassVar[str] = "desk/records/contacts.html"

    customer: str
    back_url: str
    add_url: str
    """Empty for a reader who adds none."""
    rows: Sequence[ContactRow]
    former: Sequence[ContactRow]


@dataclass(frozen=True, slots=True)
class ContactKindChoice:
    """Describes a kind of contact for `kh.choice`."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class ContactPage(PageModel):
    """Asks for the details of a contact."""

    template: ClassVar[str] = "desk/records/contact.html"

    customer: str
    back_url: str
    form: ContactForm
    kinds: Sequence[ContactKindChoice]
    contact: str
    """The name of the contact that is changed; empty for a new one."""
    can_remove: bool


@dataclass(frozen=True, kw_only=True)
class DomainsPage(PageModel):
    """Lists the customer's own mail domains with the DNS record that proves each."""

    template: ClassVar[str] = "desk/records/domains.html"

    customer: str
    back_url: str
    rows: Sequence[DomainRow]
    idempotency_key: str
    can_check: bool
    form: DomainsForm | None
    """None for a reader who sets no domains."""


def contacts_page(page: PageContext) -> ContactsPage:
    """Return the list. Two statements."""
    clock, may_change = dates.Clock(page.at, page.zone), Verb.CUSTOMER_CONTACT_CHANGE in page.abilities
    present = contacts_queries.in_force(organization=page.organization_id, at=page.at)
    former = contacts_queries.history(organization=page.organization_id)
    return ContactsPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        add_url=page.url("staff_contact_add") if Verb.CUSTOMER_CONTACT_ADD in page.abilities else "",
        rows=[
            _row(row, clock.date(row.valid_from), page.url("staff_contact", contact=row.contact))
            if may_change
            else _row(row, clock.date(row.valid_from))
            for row in present
        ],
        former=[
            _row(row, f"{clock.date(row.valid_from)}–{clock.date(row.valid_until)}")
            for row in former
            if row.valid_until
        ],
    )


def _row(row: ContactView, since: str, url: str = "") -> ContactRow:
    return ContactRow(row.name, record_events.CONTACT_KINDS[row.kind](), row.email, row.phone, since, url)


def contact_page(page: PageContext, form: ContactForm, row: ContactView | None) -> ContactPage:
    """Return the form of a new contact, or of one that is changed."""
    kind = form["kind"].value()
    return ContactPage(
        customer=page.organization.name,
        back_url=page.url("staff_contacts"),
        form=form,
        kinds=[
            ContactKindChoice(code, text(), code == kind)
            for code, text in record_events.CONTACT_KINDS.items()
        ],
        contact=row.name if row else "",
        can_remove=row is not None and Verb.CUSTOMER_CONTACT_END in page.abilities,
    )


def domains_page(page: PageContext, form: DomainsForm | None, key: str) -> DomainsPage:
    """Return the domains. Two statements."""
    clock = dates.Clock(page.at, page.zone)
    checked = checks_queries.last_checks(organization=page.organization_id)
    own = domains_queries.own_domains(organization=page.organization.row)
    return DomainsPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        rows=[domain_states.row(one, checked.get(one.domain), clock) for one in own],
        idempotency_key=key,
        can_check=Verb.MAIL_DOMAIN_VERIFY in page.abilities,
        form=form,
    )


def initial_of(row: ContactView | None) -> dict[str, str]:
    """Return what the form shows first."""
    if row is None:
        return {"kind": "invoice"}
    return {"kind": row.kind, "name": row.name, "email": row.email, "phone": row.phone}
