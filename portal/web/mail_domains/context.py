"""The page of mail domains shows the state of each, and the DNS record that proves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from delegation.authorization.verbs import Verb
from delegation.domain_verifications import queries as domains_queries
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.mail_domains.forms import AddDomainForm, WithdrawForm
from portal.wording import dates, domain_states
from portal.wording.domain_states import DomainRow
from provisioning.domain_checks import queries as checks_queries


@dataclass(frozen=True, kw_only=True)
class MailDomainsPage(PageModel):
    """Lists the organization's mail domains with the DNS record that proves each, and adds one."""

    template: ClassVar[str] = "web/mail_domains/list.html"

    organization: str
    rows: Sequence[DomainRow]
    form: AddDomainForm
    withdraw_url: str
    can_check: bool


@dataclass(frozen=True, kw_only=True)
class WithdrawDomainPage(PageModel):
    """Says what ends when a domain is withdrawn, and withdraws it."""

    template: ClassVar[str] = "web/mail_domains/withdraw.html"

    domain: str
    is_verified: bool
    form: WithdrawForm
    back_url: str


def domains_page(page: PageContext, form: AddDomainForm) -> MailDomainsPage:
    """Return the list. Two statements."""
    clock = dates.Clock(page.at, page.zone)
    checked = checks_queries.last_checks(organization=page.organization_id)
    own = domains_queries.own_domains(organization=page.organization.row)
    return MailDomainsPage(
        organization=page.organization.name,
        rows=[domain_states.row(one, checked.get(one.domain), clock) for one in own],
        form=form,
        withdraw_url=page.url("domain_withdraw"),
        can_check=Verb.MAIL_DOMAIN_VERIFY in page.abilities,
    )


def withdraw_page(page: PageContext, domain: str, form: WithdrawForm) -> WithdrawDomainPage:
    """Return the question. One statement."""
    own = domains_queries.own_domains(organization=page.organization.row)
    return WithdrawDomainPage(
        domain=domain,
        is_verified=any(one.domain == domain and one.verified_at for one in own),
        form=form,
        back_url=page.url("domains"),
    )
