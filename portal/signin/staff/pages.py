"""Staff sign-in has these pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from delegation.activity.staff_session_endings import StaffEnding
from identity.staff.models import ABSOLUTE_LIMIT, IDLE_LIMIT
from identity.staff.sessions import OpenSession
from portal.http import request_data
from portal.shell.page_model import PageModel
from portal.signin.staff import allowed_roles, proof_names
from portal.signin.staff.configuration import Configuration
from portal.signin.staff.errors import RefusalCode
from portal.wording import time_zones

_HOURS = int(ABSOLUTE_LIMIT.total_seconds()) // 3600
SIGNED_OUT, BY_PROVIDER, ENDED = "signed-out", "by-provider", "ended"
"""Name what led to the page before the sign-in: a sign-out, one that went on at the provider, and a break-glass one."""


@dataclass(frozen=True, kw_only=True)
class SignInPage(PageModel):
    """Offers the way to the supplier's identity provider."""

    template: ClassVar[str] = "staff/sign_in.html"

    start_url: str
    """Empty where the provider is not configured: only a break-glass link signs in."""
    customers_url: str
    provider_host: str
    hours: int
    minutes: int
    signed_out: str
    """A sentence after the end of a session."""


@dataclass(frozen=True, kw_only=True)
class RefusedPage(PageModel):
    """Says why no session was opened, and what the reader can do."""

    template: ClassVar[str] = "staff/refused.html"

    heading: str
    sentence: str
    again_url: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class LeavingPage(PageModel):
    """Continues by itself to the provider, which ends its own session."""

    template: ClassVar[str] = "staff/leaving.html"

    provider_host: str
    target_url: str


@dataclass(frozen=True, slots=True)
class RoleLine:
    """Holds a role that the groups allow; `missing` names what a sign-in must prove for it, where it has not."""

    name: str
    missing: str


@dataclass(frozen=True, kw_only=True)
class SignInFacts:
    """Says by which groups the reader is here, and until when, for staff/_sign_in_facts.html."""

    roles: Sequence[RoleLine]
    groups: Sequence[str]
    proved: str
    signed_in_at: str
    expires_at: str
    idle_minutes: int


def sign_in_page(configured: Configuration, *, start_url: str, customers_url: str, after: str) -> SignInPage:
    """Return the page before the sign-in. `after` is a name above, a `StaffEnding`, or empty."""
    host = _host(configured)
    sentence = _AFTER[after]() if after else ""
    return SignInPage(
        start_url=start_url if configured.is_complete else "",
        customers_url=customers_url,
        provider_host=host,
        hours=_HOURS,
        minutes=_idle_minutes(),
        signed_out=sentence % {"host": host, "hours": _HOURS, "minutes": _idle_minutes()},
    )


def _host(configured: Configuration) -> str:
    address = request_data.split_url(configured.issuer)
    return (address.hostname if address else "") or ""


def leaving_page(configured: Configuration, *, target_url: str) -> LeavingPage:
    """Return the page between the sign-out here and that of the provider."""
    return LeavingPage(provider_host=_host(configured), target_url=target_url)


def refused_page(code: RefusalCode, *, again_url: str, reference: str) -> RefusedPage:
    """Return the page of a refusal."""
    heading, sentence = _REFUSALS[code]()
    return RefusedPage(heading=heading, sentence=sentence, again_url=again_url, reference=reference)


def unavailable_page(*, again_url: str, reference: str) -> RefusedPage:
    """Return the page for an identity provider that cannot be reached."""
    return RefusedPage(
        heading=_("Sign-in is not available"),
        sentence=_(
            "The company’s sign-in service does not answer. Try again in a minute. Customers are not affected."
        ),
        again_url=again_url,
        reference=reference,
    )


def sign_in_facts(configured: Configuration, session: OpenSession) -> SignInFacts:
    """Return the facts of this session's sign-in; its groups and proofs decide the roles."""
    assured = allowed_roles.allowed(configured, session)
    mapped = {group for _role, group in configured.groups}
    return SignInFacts(
        roles=[
            RoleLine(
                ROLES[role](),
                "" if role in assured else proof_names.alternatives(sorted(configured.sufficient(role))),
            )
            for role in allowed_roles.of_groups(configured, session)
        ],
        groups=[group for group in session.proof.groups if group in mapped],
        proved=proof_names.describe(session.proof.proved),
        signed_in_at=time_zones.date_time(session.created_at, None),
        expires_at=time_zones.date_time(session.expires_at, None),
        idle_minutes=_idle_minutes(),
    )


def _idle_minutes() -> int:
    return int(IDLE_LIMIT.total_seconds()) // 60


ROLES: Mapping[str, Callable[[], str]] = {
    "support": lambda: _("Support"),
    "senior_support": lambda: _("Senior support"),
    "account_manager": lambda: _("Account manager"),
    "catalogue_owner": lambda: _("Catalogue owner"),
    "operator": lambda: _("Operator"),
    "auditor": lambda: _("Auditor"),
    "owner": lambda: _("Owner"),
}
_AFTER: Mapping[str, Callable[[], str]] = {
    SIGNED_OUT: lambda: _("You are signed out of the staff pages. %(host)s may still keep you signed in."),
    BY_PROVIDER: lambda: _(
        "You are signed out of the staff pages. On a shared computer, check that %(host)s has signed you out too."
    ),
    ENDED: lambda: _("The break-glass sign-in has ended."),
    StaffEnding.BREAK_GLASS: lambda: _("The break-glass sign-in has ended."),
    StaffEnding.PROVIDER: lambda: _(
        "The company’s sign-in service ended your session on the staff pages. If you should still have access, sign in"
        " again."
    ),
    StaffEnding.PERSON: lambda: _("This session was signed out."),
    StaffEnding.IDLE: lambda: _(
        "You were signed out, because you did not use the staff pages for %(minutes)s minutes."
    ),
    StaffEnding.ABSOLUTE: lambda: _(
        "You were signed out, because a session on the staff pages lasts %(hours)s hours at most."
    ),
    StaffEnding.LIMITS: lambda: _(
        "Your session has ended: it lasts %(hours)s hours at most, and %(minutes)s minutes without use."
    ),
}
_REFUSALS: Mapping[RefusalCode, Callable[[], tuple[str, str]]] = {
    RefusalCode.ASSURANCE: lambda: (
        _("A stronger sign-in is needed"),
        _("Your role requires more proof than this sign-in gave. Sign in again with your second factor."),
    ),
    RefusalCode.BLOCKED: lambda: (
        _("You cannot sign in"),
        _("Your staff user is blocked. Ask an owner of this portal."),
    ),
    RefusalCode.LINK: lambda: (
        _("This link cannot be used"),
        _(
            "It is wrong, was used already, has expired or was closed. A new one is opened on the server with:"
            " manage.py staff open"
        ),
    ),
    RefusalCode.NO_GROUP: lambda: (
        _("You have no access to staff pages"),
        _(
            "None of your groups has a role here. Ask your manager to have you added to a group, then sign in again."
        ),
    ),
    RefusalCode.PASSKEY: lambda: (
        _("Sign-in failed"),
        _("The passkey did not work. Nothing was opened. Try again."),
    ),
    RefusalCode.PROVIDER: lambda: (
        _("Sign-in failed"),
        _("The company’s sign-in service ended the sign-in. Nothing has happened here."),
    ),
    RefusalCode.SIGNED_OUT: lambda: (
        _("You were signed out"),
        _("The company’s sign-in service signed you out during the sign-in. Sign in again."),
    ),
    RefusalCode.STATE: lambda: (
        _("This sign-in has expired"),
        _(
            "It was not started in this browser, was finished already or took longer than 10 minutes. Start again."
        ),
    ),
    RefusalCode.TOKEN: lambda: (
        _("Sign-in failed"),
        _("The company’s sign-in service sent a response that cannot be trusted. Nothing has happened here."),
    ),
}
