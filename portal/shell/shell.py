"""The context processor provides `shell`, as templates/base_page.html describes it; it is evaluated on first use."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from delegation.authorization.verbs import Verb
from identity.memberships.queries import ActiveMembership
from identity.organizations.queries import OrganizationView
from portal.http import current_organization, request_context
from portal.http.request_context import Request
from portal.shell import looking_along
from portal.wording import brands

_NAVIGATION: Mapping[str, tuple[str, Verb | None]] = {
    "home": ("home", None),
    "people": ("people", Verb.MEMBER_VIEW),
    "reviews": ("reviews", Verb.REVIEW_VIEW),
    "activity": ("activity", Verb.ACTIVITY_VIEW),
    "access": ("my_access", None),
    "admins": ("my_admins", None),
}
"""Key in the template: name of the route (with `organization`), and the verb that shows the entry."""

_OF_COLLEAGUES = {"admins"}
"""Entries for readers who see no other people; others find the page through their own access."""

_PARENT: Mapping[str, str] = {"removal": "people", "duties": "reviews", "duty_exception": "reviews"}
"""Routes whose address does not begin with their entry's, and that entry."""


def shell_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context processor: evaluates `shell` only where a template reads it."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def mail_brand(organization: OrganizationView | None = None) -> dict[str, str]:
    """Return the supplier in mails about this organization: `accent` and `on_accent` are #rrggbb."""
    return brands.brand(organization.number_and_brand[1] if organization and settings.BRANDS else "")


def _shell(request: HttpRequest) -> dict[str, Any]:
    shell: dict[str, Any] = {
        "brand": brands.brand(),
        "current_url": request.get_full_path(),
        "links": _links(),
        "nav": [],
    }
    user = getattr(request, "user", None)
    if request_context.context_of(request) and user is not None and user.is_authenticated:
        shell["person"] = {"name": user.name, "email": user.email}
        shell |= _organizations(request_context.require_context(request))
        shell["look"] = looking_along.strip_of(request)
        shell["prepared"] = getattr(request, "prepared", None)
        if "organization" in shell:
            shell["brand"] = brands.brand(shell["organization"]["brand"])
    return shell


def _links() -> dict[str, str]:
    return {
        "home": "/",
        "language": reverse("language"),
        "sign_out": reverse("account_logout"),
        "security": reverse("mfa_index"),
        "accessibility": settings.ACCESSIBILITY_URL or reverse("accessibility"),
        "privacy": settings.PRIVACY_URL or reverse("privacy"),
    }


def _organizations(request: Request) -> dict[str, Any]:
    memberships, current = request.context.memberships, request.context.current_membership
    entries = [_entry(membership, current=membership is current) for membership in memberships]
    if current is None:
        return {"organizations": entries}
    return {
        "organization": next(entry for entry in entries if entry["current"]),
        "organizations": entries,
        "nav": _nav(request, current),
        "links": _links() | _own_links(request, current, others=len(memberships) > 1),
    }


def _own_links(request: Request, current: ActiveMembership, *, others: bool) -> dict[str, str]:
    """Return the links that lead back to the current organization; the security pages belong to none."""
    key = current.organization.key
    abilities = request.context.abilities(current.organization.id)
    query = f"?{urlencode({current_organization.PARAMETER: key})}" if others else ""
    return {
        "home": _address("home", key) or "/",
        "security": f"{reverse('mfa_index')}{query}",
        "support": _address("look_help", key),
        "domains": _address("domains", key) if Verb.MAIL_DOMAINS_SET in abilities else "",
        "programs": _address("programs", key) if Verb.SERVICE_USER_VIEW in abilities else "",
    }


def _entry(membership: ActiveMembership, *, current: bool) -> dict[str, Any]:
    organization = membership.organization
    url = _address("home", organization.key) or "/"
    number, brand_key = organization.number_and_brand
    return {
        "name": organization.name,
        "customer_number": number,
        "brand": brand_key,
        "url": url,
        "current": current,
    }


def _nav(request: Request, membership: ActiveMembership) -> list[dict[str, Any]]:
    abilities = request.context.abilities(membership.organization.id)
    current_route = request.resolver_match.url_name if request.resolver_match else ""
    entries = []
    for key, (route, verb) in _NAVIGATION.items():
        url = _address(route, membership.organization.key)
        is_hidden = key in _OF_COLLEAGUES and Verb.MEMBER_VIEW in abilities
        if url and not is_hidden and (verb is None or verb in abilities):
            entries.append(
                {
                    "key": key,
                    "url": url,
                    "current": key == _PARENT.get(current_route or "")
                    or (request.path.startswith(url) and (key != "home" or request.path == url)),
                }
            )
    return entries


def _address(route: str, organization: str) -> str:
    try:
        return reverse(route, kwargs={"organization": organization})
    except NoReverseMatch:
        return ""
