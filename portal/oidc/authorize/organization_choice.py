"""A person uses a service for the requested organization, the only possible one, or a chosen one."""

import uuid
from collections.abc import Collection, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from delegation.authorization import entitlements
from identity.clients import subjects
from identity.clients.queries import RegisteredClient
from identity.grants import codes
from identity.memberships import eligible_memberships
from identity.memberships.eligible_memberships import EligibleMembership
from identity.sessions.store import SessionStore
from portal.http.request_context import Request
from portal.oidc import metadata
from portal.oidc.authorize import client_redirect
from portal.oidc.authorize.request import AuthorizationError, AuthorizationRequest

_DENIED = AuthorizationError("access_denied")


def memberships_with_rights(
    request: Request, authorization: AuthorizationRequest
) -> list[EligibleMembership]:
    """Return the person's memberships that hold any right in this service now. Two statements."""
    client, user = authorization.target.client, request.user.pk
    if user is None:
        return []
    eligible = eligible_memberships.for_application(
        user=user, application=client.application, at=request.context.now
    )
    rights = entitlements.rights_of(
        memberships=[candidate.id for candidate in eligible],
        at=request.context.now,
        application=client.application_key,
    )
    return [candidate for candidate in eligible if rights[candidate.id]]


def subjects_of(request: Request, client: RegisteredClient) -> set[str]:
    """Return what the service may know this person by: one `sub`, or one for each organization (one statement)."""
    user = request.user.pk
    if not client.subject_per_organization or user is None:
        return {str(user)}
    eligible = eligible_memberships.for_application(
        user=user, application=client.application, at=request.context.now
    )
    return {_subject(user, one, client) for one in eligible}


def _subject(user: uuid.UUID, membership: EligibleMembership, client: RegisteredClient) -> str:
    return subjects.subject(
        user=user,
        membership=membership.id,
        application=client.application,
        per_organization=client.subject_per_organization,
    )


def matching(
    request: Request,
    candidates: Sequence[EligibleMembership],
    authorization: AuthorizationRequest,
    named: Collection[str],
) -> list[EligibleMembership]:
    """Return the candidates of the requested organization (by key or id); all of them where the request names none.

    A request that names a `sub` gets no code for another one (OIDC Core §5.5.1): `named` is empty or holds it.
    """
    requested, user = authorization.organization, request.user.pk
    if requested:
        candidates = [one for one in candidates if requested in {one.organization_key, str(one.organization)}]
    if named and user is not None:
        client = authorization.target.client
        candidates = [one for one in candidates if _subject(user, one, client) in named]
    return list(candidates)


def used_before(
    request: Request,
    authorization: AuthorizationRequest,
    candidates: Sequence[EligibleMembership],
    hinted: str,
) -> list[EligibleMembership]:
    """Return the candidate of the organization `hinted`, or else the one that this session last used the service for.

    A service that renews a sign-in silently gets the same organization or none, never another one. One statement where
    there is a choice or a silent request, and no hint.
    """
    is_silent = "none" in authorization.prompts
    if authorization.organization or (len(candidates) == 1 and not is_silent):
        return list(candidates)
    if hinted:
        return [candidate for candidate in candidates if str(candidate.organization) == hinted]
    key = request.session.stored_key() if isinstance(request.session, SessionStore) else ""
    last = codes.last_membership(session_key=key, client=authorization.target.client.id)
    if last is None and len(candidates) == 1:
        return list(candidates)
    return [candidate for candidate in candidates if candidate.id == last]


def choice_page(
    request: Request,
    authorization: AuthorizationRequest,
    candidates: Sequence[EligibleMembership],
    hidden_fields: list[dict[str, str]],
    someone_else: str,
) -> HttpResponse:
    """Show a form that repeats the request with the choice; another person signs in at `someone_else`."""
    context = {
        "application": client_redirect.application_name(request, authorization.target.client),
        "organizations": [
            {
                "key": one.organization_key,
                "name": one.organization_name,
                "customer_number": one.customer_number,
            }
            for one in candidates
        ],
        "action_url": metadata.AUTHORIZE,
        "method": "get",
        "hidden_fields": hidden_fields,
        "signed_in_as": request.context.actor.label,
        "someone_else": someone_else,
    }
    return render(request, "oidc/choose_organization.html", context)


def refusal_page(
    request: Request,
    authorization: AuthorizationRequest,
    candidates: Sequence[EligibleMembership],
    someone_else: str,
) -> HttpResponse:
    """Refuse a foreign organization in the same words as for an own one without rights."""
    application = client_redirect.application_name(request, authorization.target.client)
    reason = (
        _("You have access to {application}, but not for this organization.")
        if candidates
        else _("You are signed in, but you do not have access to {application}.")
    )
    context = {
        "application": application,
        "why": reason.format(application=application),
        # A service that takes its response as a form does not read it from a link.
        "back_url": ""
        if authorization.target.form_post
        else client_redirect.error_url(authorization.target, _DENIED),
        "signed_in_as": request.context.actor.label,
        "someone_else": someone_else,
    }
    return render(request, "oidc/authorize_refused.html", context, status=403)
